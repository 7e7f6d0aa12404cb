using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Circles;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Gateway.Storage.Sqlite;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Gateway.Benchmarks;

/// <summary>A broker in this process, on loopback with mutual TLS and a store on disk, and members in one circle whose nodes are stopped until a bench starts them.</summary>
internal sealed class BenchNetwork : IAsyncDisposable
{
    private const string Network = "bench.test";
    private const string Circle = "bench";

    private WebApplication? _broker;

    private BenchNetwork(string folder) => Folder = folder;

    public string Folder { get; }

    public BrokerOptions Options { get; private set; } = new();

    public IReadOnlyList<BenchMember> Members { get; private set; } = [];

    public byte[] GenesisHash { get; private set; } = [];

    /// <summary>Leaves in the log.</summary>
    public ulong LogSize => Core.Signal.Size;

    /// <summary>The running broker.</summary>
    public BrokerCore Core => (BrokerCore)_broker!.Services.GetService(typeof(BrokerCore))!;

    private X509Certificate2 Authority => X509CertificateLoader.LoadCertificateFromFile(Options.Files.AuthorityCertificate);

    public static Task<BenchNetwork> StartAsync(params string[] names) => StartAsync(NameMatching.CompoundOnly, names);

    public static async Task<BenchNetwork> StartAsync(NameMatching matching, params string[] names)
    {
        BenchNetwork network = new(Directory.CreateDirectory(Path.Combine(Machine.WorkFolder, $"gw-bench-{Environment.ProcessId}")).FullName);
        int port = FreePort();
        network.Options = new BrokerOptions
        {
            Directory = Path.Combine(network.Folder, "broker"),
            Network = Network,
            Listen = $"127.0.0.1:{port}",
            AdvertisedAddress = $"https://localhost:{port}",

            // A bench sends in minutes what a member sends in months.
            Store = Environment.GetEnvironmentVariable("GATEWAY_BENCH_STORE") ?? "",
            Quotas = new QuotaOptions { RecordsPerDay = 100_000_000, RecordsPerYear = 100_000_000, RecordsPerSecond = 10_000_000, RecordBurst = 10_000_000 },
        };
        network.GenesisHash = await new BrokerInitialiser(RandomSource.System, TimeProvider.System).InitialiseAsync(network.Options, TwoOperators.Names, CancellationToken.None);
        network._broker = await BrokerHost.BuildAsync(network.Options, new BrokerSeams { Logging = Quiet });
        await network._broker.StartAsync();
        network.Members = await network.FoundCircleAsync(matching, names);
        return network;
    }

    /// <summary>A channel that shows the member's certificate, as its node's.</summary>
    public BrokerConnection Connect(BenchMember member) => BrokerConnection.Authenticated(new Uri(Options.AdvertisedAddress), Network, Authority, NodeCertificate.Load(member.Directory), TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.StopAsync();
            await _broker.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    public static void Quiet(ILoggingBuilder logging) => logging.ClearProviders();

    private async Task<IReadOnlyList<BenchMember>> FoundCircleAsync(NameMatching matching, string[] names)
    {
        TwoOperators operators = new(Options);
        List<NodeDirectory> directories = [];
        foreach (string name in names)
        {
            NodeDirectory directory = new(Path.Combine(Folder, name));
            await operators.EnrolAsync(directory, name, MemberRole.Retailer, directories);
            directories.Add(directory);
        }

        await operators.DecideAsync(PolicyOf(matching, [.. directories.Select(directory => directory.ReadSettings().Member)]));
        List<RunningNode> nodes = [];
        foreach (NodeDirectory directory in directories) nodes.Add(await RunningNode.StartAsync(directory, directory.StoreFile));
        string[] ids = [.. directories.Select(directory => directory.ReadSettings().Member.ToString())];
        foreach (RunningNode node in nodes)
        {
            await node.UntilAsync(view => view.State.FindCircle(Circle) is not null);
            await node.Get<CircleOrders>().AcceptAsync(Circle, node == nodes[0] ? ids : [], CancellationToken.None);
        }

        List<BenchMember> members = [];
        foreach ((NodeDirectory directory, RunningNode node) in directories.Zip(nodes))
        {
            NodeView view = await node.UntilAsync(view => view.Keyring.Keys.Any());
            members.Add(new BenchMember(directory, directory.ReadSettings().Member, directory.ReadKeys(), view.Keyring.Keys.Single(), view.State.OprfKeys!.Version));
        }

        foreach (RunningNode node in nodes) await node.DisposeAsync();
        return members;
    }

    private static CirclePolicy PolicyOf(NameMatching matching, IReadOnlyList<MemberId> members) => new()
    {
        Name = Circle,
        Purpose = "Measuring",
        LegalBasis = "None needed",
        StewardId = ByteString.CopyFrom(members[0].ToArray()),
        FoundingMemberIds = { members.Select(member => ByteString.CopyFrom(member.ToArray())) },
        PublishingRoles = { MemberRole.Retailer },
        ReadingRoles = { MemberRole.Retailer },
        MinimumEvidenceGrade = EvidenceGrade.Suspected,
        MaximumRetentionDays = 730,
        NameMatching = matching,
    };

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
