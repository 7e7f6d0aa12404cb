using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cli.Lab;
using Gateway.Node.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Tests.Postgres;

namespace Gateway.EndToEnd.Replicas;

/// <summary>Two broker processes on one PostgreSQL, and two nodes that know both addresses: a retailer and a customs administration in the circle "protocol".</summary>
public sealed class Replicas : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly GatewayProcess[] _processes = new GatewayProcess[2];

    private Replicas(PostgresCluster cluster, LocalNetwork network)
    {
        Cluster = cluster;
        Network = network;
    }

    public PostgresCluster Cluster { get; }

    public LocalNetwork Network { get; }

    public int[] Ports { get; } = [FreePort.Next(), FreePort.Next()];

    public string[] Folders { get; } = new string[2];

    public LocalNode Retailer { get; private set; } = null!;

    public LocalNode Customs { get; private set; } = null!;

    /// <summary>Starts them. A broker's way to the database may be another than the plain one.</summary>
    public static async Task<Replicas> StartAsync(Func<int, string, string>? store = null)
    {
        PostgresCluster cluster = new();
        string schema = cluster.NewSchema();
        Replicas replicas = new(cluster, await LocalNetwork.StartAsync(schema));
        replicas.Retailer = await replicas.Network.AddNodeAsync("retailer", MemberRole.Retailer);
        replicas.Customs = await replicas.Network.AddNodeAsync("customs", MemberRole.Customs);
        await replicas.Network.CreateCircleAsync("protocol", replicas.Customs, replicas.Retailer);
        await replicas.Retailer.StopAsync();
        await replicas.Customs.StopAsync();
        await replicas.Network.StopBrokerAsync();
        for (int i = 0; i < 2; i++)
        {
            replicas.Folders[i] = replicas.CopyBroker(i, store?.Invoke(i, schema) ?? schema);
            replicas.Start(i);
        }

        foreach (LocalNode node in new[] { replicas.Retailer, replicas.Customs })
        {
            NodeSettings settings = node.Directory.ReadSettings();
            node.Directory.WriteSettings(settings with { Broker = replicas.AddressOf(0), BrokerAlsoAt = [replicas.AddressOf(1)] });
            await node.StartAsync();
        }

        await replicas.UntilServedAsync();
        return replicas;
    }

    public string AddressOf(int broker) => $"https://localhost:{Ports[broker]}";

    public void Start(int broker) => _processes[broker] = GatewayProcess.Start(Path.Combine(Network.Folder, $"broker-{broker}.out"), "broker", "run", "--dir", Folders[broker]);

    /// <summary>SIGKILL, and up again after a pause.</summary>
    public async Task KillAsync(int broker, TimeSpan pause)
    {
        Assert.False(_processes[broker].HasExited, $"{Folders[broker]} ended by itself; see its log");
        _processes[broker].Kill();
        _processes[broker].Dispose();
        await Task.Delay(pause);
        Start(broker);
    }

    /// <summary>SIGTERM, and up again.</summary>
    public async Task RestartAsync(int broker)
    {
        Assert.Equal(0, await _processes[broker].TerminateAsync());
        _processes[broker].Dispose();
        Start(broker);
    }

    /// <summary>Waits until both serve.</summary>
    public async Task UntilServedAsync()
    {
        for (int broker = 0; broker < 2; broker++) await UntilHealthyAsync(broker, "ok");
    }

    /// <summary>Waits until a broker says of itself what is wanted.</summary>
    public async Task UntilHealthyAsync(int broker, string says)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!(await HealthAsync(broker)).StartsWith(says, StringComparison.Ordinal)) await Task.Delay(250, patience.Token); // Each question is a handshake, and the machine is busy.
    }

    /// <summary>What it says of itself; empty where it does not answer.</summary>
    public async Task<string> HealthAsync(int broker)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(new BrokerFiles(Folders[broker]).AuthorityCertificate);
        using HttpClient client = new(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } }) { Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri($"{AddressOf(broker)}/healthz"));
            return await response.Content.ReadAsStringAsync();
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return "";
        }
    }

    /// <summary>Tells at each growth of the log at the publisher how long it had not grown.</summary>
    public async Task WatchGrowthAsync(Action<TimeSpan> silence, CancellationToken stop)
    {
        Stopwatch since = Stopwatch.StartNew();
        for (ulong before = 0; !stop.IsCancellationRequested; await Task.Delay(50, CancellationToken.None))
        {
            if ((await Retailer.StatusAsync()).LogSize is var size && size == before) continue;
            before = size;
            silence(since.Elapsed);
            since.Restart();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (GatewayProcess? process in _processes) process?.Dispose();
        await Network.DisposeAsync();
        Cluster.Dispose();
    }

    private string CopyBroker(int broker, string store)
    {
        string folder = Path.Combine(Network.Folder, $"broker-{broker}");
        LabFounding.Copy(Network.BrokerFolder, folder);
        BrokerOptions options = BrokerOptions.Load(folder) with { Listen = $"127.0.0.1:{Ports[broker]}", Store = store };
        File.WriteAllBytes(options.Files.Options, options.ToJson());
        return folder;
    }
}
