using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cli.Lab;
using Gateway.Cryptography;
using Gateway.Node;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd;

/// <summary>A broker and nodes in this process, with real sockets, real certificates and real stores in a temporary folder.</summary>
public sealed class LocalNetwork : IAsyncDisposable
{
    public const string Network = "e2e.test";

    private readonly List<LocalNode> _nodes = [];
    private WebApplication? _broker;

    private LocalNetwork(string folder) => Folder = folder;

    public string Folder { get; }

    public BrokerOptions Options { get; private set; } = new();

    public byte[] GenesisHash { get; private set; } = [];

    public Uri Address => new(Options.AdvertisedAddress);

    /// <summary>The running broker.</summary>
    public BrokerCore Broker => _broker!.Services.GetRequiredService<BrokerCore>();

    public string BrokerFolder => Path.Combine(Folder, "broker");

    public X509Certificate2 Authority => X509CertificateLoader.LoadCertificateFromFile(Options.Files.AuthorityCertificate);

    /// <summary>Starts a broker, with its store in its folder or in a PostgreSQL database.</summary>
    public static async Task<LocalNetwork> StartAsync(string store = "")
    {
        LocalNetwork network = new(Directory.CreateTempSubdirectory("gw-").FullName);
        int port = FreePort.Next();
        network.Options = new BrokerOptions
        {
            Directory = network.BrokerFolder,
            Network = Network,
            Listen = $"127.0.0.1:{port}",
            AdvertisedAddress = $"https://localhost:{port}",
            Store = store,
        };
        network.GenesisHash = await new BrokerInitialiser(RandomSource.System, TimeProvider.System).InitialiseAsync(network.Options, TwoOperators.Names, CancellationToken.None);
        await network.StartBrokerAsync();
        return network;
    }

    public async Task StartBrokerAsync()
    {
        _broker = await BrokerHost.BuildAsync(Options, new BrokerSeams { Logging = Quiet });
        await _broker.StartAsync();
    }

    public async Task StopBrokerAsync()
    {
        await _broker!.StopAsync();
        await _broker.DisposeAsync();
        _broker = null;
    }

    internal TwoOperators Operators => new(Options);

    public BrokerConnection AsOperator() => Operators.Connect(TwoOperators.First);

    /// <summary>Members whose nodes are ours, in the order in which they came.</summary>
    public IReadOnlyList<NodeDirectory> Members => [.. _nodes.Select(node => node.Directory)];

    public async Task<LocalNode> AddNodeAsync(string name, MemberRole role)
    {
        LocalNode node = new(Path.Combine(Folder, name));
        await Operators.EnrolAsync(node.Directory, name, role, Members);
        await node.StartAsync();
        _nodes.Add(node);
        return node;
    }

    public Task CreateCircleAsync(string name, LocalNode steward, params LocalNode[] others) => CreateCircleAsync(name, [], steward, others);

    public Task CreateCircleAsync(string name, NameMatching names, LocalNode steward, params LocalNode[] others) => CreateCircleAsync(name, [], names, steward, others);

    /// <summary>Founds a circle in which there are members whose nodes are not ours, too.</summary>
    public Task CreateCircleAsync(string name, IReadOnlyList<Foreign.ForeignPeer> foreigners, LocalNode steward, params LocalNode[] others) =>
        CreateCircleAsync(name, foreigners, NameMatching.CompoundOnly, steward, others);

    private async Task CreateCircleAsync(string name, IReadOnlyList<Foreign.ForeignPeer> foreigners, NameMatching names, LocalNode steward, LocalNode[] others)
    {
        CirclePolicy policy = new()
        {
            Name = name,
            Purpose = "Test",
            LegalBasis = "Test",
            StewardId = ByteString.CopyFrom(steward.Member.ToArray()),
            MinimumEvidenceGrade = EvidenceGrade.Suspected,
            MaximumRetentionDays = 730,
            NameMatching = names,
        };
        policy.FoundingMemberIds.AddRange(others.Prepend(steward).Select(node => node.Member).Concat(foreigners.Select(peer => peer.Member)).Select(member => ByteString.CopyFrom(member.ToArray())));
        MemberRole[] all = [MemberRole.Retailer, MemberRole.Customs, MemberRole.Police, MemberRole.RightsHolder, MemberRole.Intermediary];
        policy.PublishingRoles.AddRange(all);
        policy.ReadingRoles.AddRange(all);
        await Operators.DecideAsync(policy);
        await steward.AcceptAsync(name, [.. policy.FoundingMemberIds.Select(id => Convert.ToHexStringLower(id.Span))]);
        foreach (LocalNode node in others) await node.AcceptAsync(name);
        foreach (Foreign.ForeignPeer peer in foreigners) await peer.AcceptAsync(name);
        foreach (LocalNode node in others.Prepend(steward)) await node.UntilAsync(status => status.Circles.Any(circle => circle.Policy.Name == name && circle.Epoch == 0), $"the key of circle {name}");
    }

    /// <summary>Several nodes of one member on one PostgreSQL store: folders that are copies of the first one's. None is started.</summary>
    public async Task<LocalNode[]> AddReplicasAsync(string name, MemberRole role, string store, int count)
    {
        LocalNode first = new(Path.Combine(Folder, name));
        await Operators.EnrolAsync(first.Directory, name, role, Members);
        first.Directory.WriteSettings(first.Directory.ReadSettings() with { Store = store });
        LocalNode[] replicas = [first, .. Enumerable.Range(2, count - 1).Select(number => new LocalNode(Path.Combine(Folder, $"{name}-{number}")))];
        foreach (LocalNode replica in replicas.Skip(1))
        {
            LabFounding.Copy(first.Directory.Path, replica.Directory.Path);
        }

        _nodes.AddRange(replicas);
        return replicas;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LocalNode node in _nodes) await node.StopAsync();
        if (_broker is not null) await StopBrokerAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static void Quiet(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        if (Environment.GetEnvironmentVariable("GATEWAY_TEST_LOG") is not null) logging.AddSimpleConsole(options => (options.SingleLine, options.TimestampFormat) = (true, "HH:mm:ss.fff ")).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning);
    }
}

/// <summary>One node of a local network, with clients for its local API.</summary>
public sealed class LocalNode(string folder)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private WebApplication? _application;
    private GrpcChannel? _channel;

    public NodeDirectory Directory { get; } = new(folder);

    public MemberId Member => Directory.ReadSettings().Member;

    public ContributionsService.ContributionsServiceClient Contributions => new(_channel);

    public ScreeningService.ScreeningServiceClient Screening => new(_channel);

    public WatchService.WatchServiceClient Watch => new(_channel);

    public CaseworkService.CaseworkServiceClient Casework => new(_channel);

    public CirclesService.CirclesServiceClient Circles => new(_channel);

    public OfficersService.OfficersServiceClient Officers => new(_channel);

    public LifeService.LifeServiceClient Life => new(_channel);

    public IServiceProvider Services => _application!.Services;

    /// <summary>A node that a process of its own runs in a folder.</summary>
    public static LocalNode RunningIn(string folder)
    {
        LocalNode node = new(folder);
        node._channel = Connect(node.Directory.SocketFile);
        return node;
    }

    public async Task StartAsync(TimeProvider? time = null)
    {
        _application = await NodeHost.BuildAsync(
            Directory,
            new NodeSeams
            {
                Time = time ?? TimeProvider.System,
                Logging = LocalNetwork.Quiet,
                OpenStore = async (path, cancellation) => await Storage.Stores.OpenNodeAsync(Directory.ReadSettings().Store, path, time ?? TimeProvider.System, cancellation),
            },
            CancellationToken.None);
        await _application.StartAsync();
        _channel = Connect(Directory.SocketFile);
    }

    /// <summary>A channel to a node's socket.</summary>
    public static GrpcChannel Connect(string socket) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        DisposeHttpClient = true,
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

    public async Task StopAsync()
    {
        if (_application is null) return;
        _channel!.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        _application = null;
    }

    /// <summary>Accepts a circle as soon as the node's log has it.</summary>
    public async Task AcceptAsync(string circle, params string[] confirmed)
    {
        using CancellationTokenSource patience = new(Patience);
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

    public async Task<GetStatusResponse> StatusAsync() => await Contributions.GetStatusAsync(new GetStatusRequest());

    /// <summary>Waits until the node's status is as wanted.</summary>
    public async Task<GetStatusResponse> UntilAsync(Func<GetStatusResponse, bool> holds, string what)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            GetStatusResponse status = await StatusAsync();
            if (holds(status)) return status;
            if (patience.IsCancellationRequested) throw new TimeoutException($"{Path.GetFileName(Directory.Path)} did not reach {what}; its status is {status}");
            await Task.Delay(50);
        }
    }

    /// <summary>Contributes cases and waits until each is published or refused.</summary>
    public async Task<IReadOnlyList<ContributionOutcome>> ContributeAsync(params Contribution[] contributions)
    {
        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = Contributions.Contribute();
        await call.RequestStream.WriteAsync(new ContributeRequest { Contributions = { contributions } });
        await call.RequestStream.CompleteAsync();
        Dictionary<string, ContributionOutcome> last = [];
        await foreach (ContributeResponse response in call.ResponseStream.ReadAllAsync())
        {
            foreach (ContributionOutcome outcome in response.Outcomes) last[outcome.Reference] = outcome;
        }

        return [.. contributions.Select(contribution => last[contribution.Reference])];
    }

    public async Task<ScreeningResult> ScreenAsync(Shipment shipment) => (await Screening.ScreenAsync(new ScreenRequest { Shipment = shipment, WaitMilliseconds = 60_000 })).Result;

    public static Contribution Case(string circle, string reference, string name, string email = "", string street = "", string city = "", string postcode = "", string country = "DE")
    {
        Contribution contribution = new()
        {
            Circle = circle,
            Reference = reference,
            Summary = new Summary { Kind = RecordKind.BadActor, EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear }, HsCodes = { "64" }, Severity = Severity.High },
            Subject = new Party { Kind = SubjectKind.Organisation, Name = name, Street = street, City = city, Postcode = postcode, Country = country },
        };
        if (email.Length > 0) contribution.Subject.Identifiers.Add(new StatedIdentifier { Type = 1, Value = email });
        return contribution;
    }

    public static Shipment ShipmentOf(string id, string name, string email = "", string street = "", string city = "", string postcode = "", string country = "DE")
    {
        Party consignor = new() { Kind = SubjectKind.Organisation, Name = name, Street = street, City = city, Postcode = postcode, Country = country };
        if (email.Length > 0) consignor.Identifiers.Add(new StatedIdentifier { Type = 1, Value = email });
        return new Shipment { Id = id, HsCode = "640411", CountryOfDeparture = "CN", Parties = { new ShipmentParty { Role = PartyRole.Consignor, Party = consignor } } };
    }
}
