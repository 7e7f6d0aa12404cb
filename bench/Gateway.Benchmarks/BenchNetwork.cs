using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Broker.Quotas;
using Gateway.Cli.Lab;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Circles;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
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
    private WebApplication? _second;

    private BenchNetwork(string folder) => Folder = folder;

    public string Folder { get; }

    public BrokerOptions Options { get; private set; } = new();

    public IReadOnlyList<BenchMember> Members { get; private set; } = [];

    public byte[] GenesisHash { get; private set; } = [];

    /// <summary>Leaves in the log.</summary>
    public ulong LogSize => Core.Signal.Size;

    /// <summary>The same, asked for over the wire: of a broker in a process of its own.</summary>
    public async Task<ulong> ReadLogSizeAsync()
    {
        using BrokerConnection connection = Connect(Members[0]);
        GetCheckpointResponse response = await new LogService.LogServiceClient(connection.Invoker).GetCheckpointAsync(new GetCheckpointRequest());
        return ulong.Parse(response.Checkpoint.ToStringUtf8().Split('\n')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The running broker.</summary>
    public BrokerCore Core => (BrokerCore)_broker!.Services.GetService(typeof(BrokerCore))!;

    /// <summary>The process the broker was moved to; null while it runs in this one.</summary>
    public BrokerProcess? Process { get; private set; }

    private X509Certificate2 Authority => X509CertificateLoader.LoadCertificateFromFile(Options.Files.AuthorityCertificate);

    public static Task<BenchNetwork> StartAsync(params string[] names) => StartAsync(NameMatching.CompoundOnly, names);

    public static async Task<BenchNetwork> StartAsync(NameMatching matching, params string[] names)
    {
        BenchNetwork network = new(Directory.CreateDirectory(Path.Combine(Machine.WorkFolder, $"gw-bench-{Environment.ProcessId}")).FullName);
        int port = FreePort.Next();
        network.Options = new BrokerOptions
        {
            Directory = Path.Combine(network.Folder, "broker"),
            Network = Network,
            Listen = $"127.0.0.1:{port}",
            AdvertisedAddress = $"https://localhost:{port}",

            // A bench sends in minutes what a member sends in months.
            Store = Environment.GetEnvironmentVariable("GATEWAY_BENCH_STORE") ?? "",
            Quotas = new QuotaOptions { RecordsPerDay = 100_000_000, RecordsPerYear = 100_000_000, RecordsPerSecond = 10_000_000, RecordBurst = 10_000_000, EnrolmentsPerMinutePerAddress = 100_000, EnrolmentsPerMinute = 100_000 },
        };
        network.GenesisHash = await new BrokerInitialiser(RandomSource.System, TimeProvider.System).InitialiseAsync(network.Options, TwoOperators.Names, CancellationToken.None);
        network._broker = await BrokerHost.BuildAsync(network.Options, new BrokerSeams { Logging = Quiet });
        await network._broker.StartAsync();
        network.Members = await network.FoundCircleAsync(matching, names);
        return network;
    }

    /// <summary>A channel that shows the member's certificate, as its node's.</summary>
    public BrokerConnection Connect(BenchMember member) => Connect(member.Directory, Options.AdvertisedAddress);

    /// <summary>Starts a second broker on the same PostgreSQL, also in this process, and opens a member's channel to it.</summary>
    public async Task<BrokerConnection> ConnectToSecondAsync(BenchMember member)
    {
        int port = FreePort.Next();
        string folder = Path.Combine(Folder, "broker-2");
        LabFounding.Copy(Options.Directory, folder);
        _second = await BrokerHost.BuildAsync(Options with { Directory = folder, Listen = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}") }, new BrokerSeams { Logging = Quiet });
        await _second.StartAsync();
        return Connect(member.Directory, string.Create(CultureInfo.InvariantCulture, $"https://localhost:{port}"));
    }

    /// <summary>Lets the broker go on in a process of its own, whose memory and processor time are then its alone.</summary>
    public async Task<BrokerProcess> MoveBrokerAsync()
    {
        await StopBrokerAsync();
        Process = await BrokerProcess.StartAsync(Options);
        return Process;
    }

    /// <summary>SIGKILL for the broker's process.</summary>
    public void KillBroker()
    {
        Process?.Dispose();
        Process = null;
    }

    /// <summary>Starts it again; returns when it listens.</summary>
    public async Task RestartBrokerAsync() => Process = await BrokerProcess.StartAsync(Options);

    public async ValueTask DisposeAsync()
    {
        if (_second is not null) await StopAsync(_second);
        await StopBrokerAsync();
        Process?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    public static void Quiet(ILoggingBuilder logging) => logging.ClearProviders();

    private BrokerConnection Connect(NodeDirectory directory, string address) => BrokerConnection.Authenticated(new Uri(address), Network, Authority, NodeCertificate.Load(directory), TimeProvider.System);

    private async Task StopBrokerAsync()
    {
        if (_broker is null) return;
        await StopAsync(_broker);
        _broker = null;
    }

    private static async Task StopAsync(WebApplication broker)
    {
        await broker.StopAsync();
        await broker.DisposeAsync();
    }

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

        // Two nodes found the circle: its steward's and the one that looks at the key as its second. The others' acceptances are signed here; there may be hundreds.
        RunningNode[] nodes = [.. await Task.WhenAll(directories.Take(2).Select(directory => RunningNode.StartAsync(directory, directory.StoreFile)))];
        foreach (NodeDirectory directory in directories.Skip(nodes.Length)) await AcceptAsync(directory, await nodes[0].UntilAsync(view => view.State.FindCircle(Circle) is not null));
        foreach (RunningNode node in nodes.Reverse())
        {
            await node.UntilAsync(view => view.State.FindCircle(Circle) is not null);
            await node.Get<CircleOrders>().AcceptAsync(Circle, node == nodes[0] ? [.. directories.Select(directory => directory.ReadSettings().Member.ToString())] : [], CancellationToken.None);
        }

        NodeView founded = await nodes[0].UntilAsync(view => view.Keyring.Keys.Any());
        BenchMember[] members = [.. directories.Select(directory => new BenchMember(directory, directory.ReadSettings().Member, directory.ReadKeys(), founded.Keyring.Keys.Single(), founded.State.OprfKeys!.Version))];
        foreach (RunningNode node in nodes) await node.DisposeAsync();
        return members;
    }

    private async Task AcceptAsync(NodeDirectory directory, NodeView view)
    {
        using MemberKeys keys = directory.ReadKeys();
        using BrokerConnection connection = Connect(directory, Options.AdvertisedAddress);
        SignedStatement acceptance = CircleConsent.Accept(view.State, view.State.FindCircle(Circle)!, directory.ReadSettings().Member, [], keys.Member);
        await new MembershipService.MembershipServiceClient(connection.Invoker).AcceptCircleAsync(new AcceptCircleRequest { Acceptance = acceptance });
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
}
