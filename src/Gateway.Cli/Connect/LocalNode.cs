using System.Net.Sockets;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Gateway.Cli.Connect;

/// <summary>The running node of a folder, over its socket: whoever may open the socket file may ask.</summary>
public sealed class LocalNode : IDisposable
{
    private const int MaximumMessage = 8 * 1_048_576;

    private readonly GrpcChannel _channel;

    private LocalNode(GrpcChannel channel)
    {
        _channel = channel;
        Contributions = new ContributionsService.ContributionsServiceClient(channel);
        Officers = new OfficersService.OfficersServiceClient(channel);
        Screening = new ScreeningService.ScreeningServiceClient(channel);
        Watch = new WatchService.WatchServiceClient(channel);
        Disputes = new DisputeOfficeService.DisputeOfficeServiceClient(channel);
        Outcomes = new OutcomeOfficeService.OutcomeOfficeServiceClient(channel);
        Casework = new CaseworkService.CaseworkServiceClient(channel);
        Neutrality = new NeutralityService.NeutralityServiceClient(channel);
        Circles = new CirclesService.CirclesServiceClient(channel);
        Life = new LifeService.LifeServiceClient(channel);
    }

    /// <summary>Contributions, records, state.</summary>
    public ContributionsService.ContributionsServiceClient Contributions { get; }

    /// <summary>What the member's officers do.</summary>
    public OfficersService.OfficersServiceClient Officers { get; }

    /// <summary>Screening.</summary>
    public ScreeningService.ScreeningServiceClient Screening { get; }

    /// <summary>Sellers, alerts, dismissals.</summary>
    public WatchService.WatchServiceClient Watch { get; }

    /// <summary>Disputes.</summary>
    public DisputeOfficeService.DisputeOfficeServiceClient Disputes { get; }

    /// <summary>Outcomes of hits.</summary>
    public OutcomeOfficeService.OutcomeOfficeServiceClient Outcomes { get; }

    /// <summary>Cases.</summary>
    public CaseworkService.CaseworkServiceClient Casework { get; }

    /// <summary>Whether the broker shows everybody one log.</summary>
    public NeutralityService.NeutralityServiceClient Neutrality { get; }

    /// <summary>Circles.</summary>
    public CirclesService.CirclesServiceClient Circles { get; }

    /// <summary>What becomes of records.</summary>
    public LifeService.LifeServiceClient Life { get; }

    /// <summary>Opens the way to the node.</summary>
    /// <exception cref="RefusalException">The folder holds no node, or the node does not run.</exception>
    public static LocalNode Open(string folder)
    {
        NodeDirectory directory = new(folder);
        directory.ReadSettings();
        if (!File.Exists(directory.SocketFile)) throw NotRunning(directory.Path);
        SocketsHttpHandler handler = new()
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(directory.SocketFile), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new LocalNode(GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaximumMessage,
            MaxSendMessageSize = MaximumMessage,
        }));
    }

    /// <summary>A failed call in the words of the command line.</summary>
    public static RefusalException Explain(RpcException fault, string folder)
    {
        Refusal refusal = fault.ToRefusal("node");
        return refusal is { Code: "PEER_UNAVAILABLE", Which: "node" } ? NotRunning(folder) : new RefusalException(refusal);
    }

    /// <summary>One call, its failure in the words of the command line.</summary>
    public static async Task<T> AskAsync<T>(string folder, Func<LocalNode, AsyncUnaryCall<T>> call)
    {
        using LocalNode node = Open(folder);
        try
        {
            return await call(node);
        }
        catch (RpcException fault)
        {
            throw Explain(fault, folder);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static RefusalException NotRunning(string folder) =>
        new(Refusal.Unavailable("NODE_UNAVAILABLE", "The node does not run.", folder, $"Start it: gateway node run --dir {folder}"));
}
