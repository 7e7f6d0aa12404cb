using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cli.Lab;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Gateway.Storage.Secrets;
using Gateway.Storage.Sqlite;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Tests.Network;

/// <summary>A real broker and real nodes on loopback, in a folder of their own.</summary>
internal sealed class RunningNetwork : IAsyncDisposable
{
    private const string Network = "node.test";

    private readonly string _folder = Directory.CreateTempSubdirectory("gw-").FullName;
    private readonly List<RunningNode> _nodes = [];
    private BrokerOptions _options = new();
    private WebApplication? _broker;

    public string BrokerFolder => _options.Directory;

    /// <summary>The running broker.</summary>
    public BrokerCore Broker => _broker!.Services.GetRequiredService<BrokerCore>();

    public BrokerOptions Options => _options;

    /// <summary>The broker's operators.</summary>
    public TwoOperators Operators => new(_options);

    public static async Task<RunningNetwork> StartAsync(Func<BrokerOptions, BrokerOptions>? change = null)
    {
        RunningNetwork network = new();
        int port = FreePort.Next();
        network._options = new BrokerOptions
        {
            Directory = Path.Combine(network._folder, "broker"),
            Network = Network,
            Listen = $"127.0.0.1:{port}",
            AdvertisedAddress = $"https://localhost:{port}",
        };
        network._options = change?.Invoke(network._options) ?? network._options;
        await new BrokerInitialiser(RandomSource.System, TimeProvider.System).InitialiseAsync(network._options, TwoOperators.Names, CancellationToken.None);
        await network.StartBrokerAsync();
        return network;
    }

    public async Task StartBrokerAsync()
    {
        _broker = await BrokerHost.BuildAsync(_options, new BrokerSeams { Logging = logging => logging.ClearProviders() });
        await _broker.StartAsync();
    }

    public async Task StopBrokerAsync()
    {
        await _broker!.StopAsync();
        await _broker.DisposeAsync();
        _broker = null;
    }

    public async Task<RunningNode> AddNodeAsync(string name, int apiPort = 0, SealingSecret? secret = null, MemberRole role = MemberRole.Retailer)
    {
        NodeDirectory directory = new(Path.Combine(_folder, name), secret);
        await Operators.EnrolAsync(directory, name, role, _nodes.Select(member => member.Directory), apiPort);
        RunningNode node = new(directory);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Founds a circle of running nodes, the first its steward, and waits until each holds its key.</summary>
    public Task CreateCircleAsync(string name, params RunningNode[] members) => CreateCircleAsync(name, null, members);

    /// <summary>The same, with another policy.</summary>
    public async Task CreateCircleAsync(string name, Action<CirclePolicy>? change, params RunningNode[] members)
    {
        CirclePolicy policy = new()
        {
            Name = name,
            Purpose = "Test",
            LegalBasis = "Test",
            StewardId = ByteString.CopyFrom(members[0].Directory.ReadSettings().Member.ToArray()),
            PublishingRoles = { MemberRole.Retailer },
            ReadingRoles = { MemberRole.Retailer },
            MinimumEvidenceGrade = EvidenceGrade.Suspected,
            MaximumRetentionDays = 365,
            NameMatching = NameMatching.CompoundOnly,
        };
        policy.FoundingMemberIds.AddRange(members.Select(node => ByteString.CopyFrom(node.Directory.ReadSettings().Member.ToArray())));
        change?.Invoke(policy);
        await Operators.DecideAsync(policy);
        foreach (RunningNode node in members)
        {
            await node.AcceptAsync(name, node == members[0] ? [.. policy.FoundingMemberIds.Select(id => Convert.ToHexStringLower(id.Span))] : []);
        }

        foreach (RunningNode node in members) await node.UntilAsync(status => status.Circles.Any(circle => circle.Policy.Name == name && circle.Epoch == 0));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RunningNode node in _nodes) await node.StopAsync();
        if (_broker is not null) await StopBrokerAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A node as it is run, with a client on its socket.</summary>
internal sealed class RunningNode(NodeDirectory directory)
{
    public IServiceProvider Services => _application!.Services;

    private WebApplication? _application;
    private GrpcChannel? _channel;

    public NodeDirectory Directory { get; } = directory;

    public ContributionsService.ContributionsServiceClient Contributions => new(_channel);

    public ScreeningService.ScreeningServiceClient Screening => new(_channel);

    public CaseworkService.CaseworkServiceClient Casework => new(_channel);

    public LifeService.LifeServiceClient Life => new(_channel);

    public DisputeOfficeService.DisputeOfficeServiceClient Disputes => new(_channel);

    public OutcomeOfficeService.OutcomeOfficeServiceClient Outcomes => new(_channel);

    /// <summary>What the running node holds to be true.</summary>
    public Gateway.Node.Feed.NodeView View => _application!.Services.GetRequiredService<Func<Gateway.Node.Feed.NodeView>>()();

    public CirclesService.CirclesServiceClient Circles => new(_channel);

    public OfficersService.OfficersServiceClient Officers => new(_channel);

    public NeutralityService.NeutralityServiceClient Neutrality => new(_channel);

    /// <summary>Accepts a circle as soon as the node's log has it.</summary>
    public async Task AcceptAsync(string circle, params string[] confirmed)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await Circles.AcceptAsync(new AcceptRequest { Circle = circle, ConfirmedMembers = { confirmed } });
                return;
            }
            catch (RpcException early) when (early.ToRefusal("node").Code == "CIRCLE_UNKNOWN" && !patience.IsCancellationRequested)
            {
                await Task.Delay(20);
            }
        }
    }

    public async Task StartAsync(Func<CallInvoker, CallInvoker>? transport = null)
    {
        _application = await BuildAsync(transport);
        await _application.StartAsync();
        string socket = Directory.SocketFile;
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellation) =>
                {
                    Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                    return new NetworkStream(connection, ownsSocket: true);
                },
            },
        });
    }

    public Task<WebApplication> BuildAsync(Func<CallInvoker, CallInvoker>? transport = null) => NodeHost.BuildAsync(
        Directory,
        new NodeSeams
        {
            Transport = transport,
            Logging = logging => logging.ClearProviders(),
            OpenStore = async (path, cancellation) => await SqliteNodeStore.OpenAsync(path, TimeProvider.System, cancellation),
        },
        CancellationToken.None);

    public async Task StopAsync()
    {
        if (_application is null) return;
        if (_channel is not null) await _application.StopAsync(); // Else its start failed, and that is what is to be told.
        _channel?.Dispose();
        await _application.DisposeAsync();
        _application = null;
    }

    /// <summary>Waits until the node's status is as wanted.</summary>
    public async Task<GetStatusResponse> UntilAsync(Func<GetStatusResponse, bool> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            GetStatusResponse status = await Contributions.GetStatusAsync(new GetStatusRequest());
            if (holds(status)) return status;
            if (patience.IsCancellationRequested) throw new TimeoutException($"The node's status is {status}");
            await Task.Delay(50);
        }
    }
}
