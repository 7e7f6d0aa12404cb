using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Broker.Hosting;
using Gateway.Protocol.V1;
using Gateway.Storage.Tests.Postgres;
using Google.Protobuf;
using Xunit.Abstractions;

namespace Gateway.EndToEnd;

/// <summary>R6: two broker processes on one PostgreSQL behind one address; either is killed with SIGKILL while records flow. GATEWAY_BROKER_KILLS sets how often; 10 unless set.</summary>
public sealed class TwoBrokersKillTests(ITestOutputHelper output)
{
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_BROKER_KILLS") ?? "10", CultureInfo.InvariantCulture);

    [PostgresFact]
    public async Task Nothing_is_lost_doubled_or_forked_when_either_of_two_brokers_is_killed_again_and_again()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        using PostgresCluster cluster = new();
        await using LocalNetwork network = await LocalNetwork.StartAsync(cluster.NewSchema());
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, retailer);
        await network.StopBrokerAsync();

        int[] ports = [LocalNetwork.FreePort(), LocalNetwork.FreePort()];
        string[] folders = [.. ports.Select((port, i) => CopyBroker(network, $"broker-{i}", port))];
        GatewayProcess[] processes = [.. folders.Select(folder => Start(network, folder))];
        using Exchange exchange = new(network.Address.Port, ports);
        ConcurrentDictionary<string, ByteString> published = [];
        using CancellationTokenSource stop = new();
        try
        {
            Task<int> contributing = KillTests.ContributeForeverAsync(retailer.Directory.SocketFile, published, stop.Token, TimeSpan.FromMilliseconds(200));
            await UntilServedAsync(ports);
            Task<TimeSpan> silence = LongestSilenceAsync(retailer, stop.Token);
            int[] killed = new int[2];
            for (int kill = 0; kill < Kills; kill++)
            {
                await Task.Delay(random.Next(200, 2_000));
                int victim = random.Next(2);
                Assert.False(processes[victim].HasExited, $"{folders[victim]} ended by itself; see its log");
                processes[victim].Kill();
                processes[victim].Dispose();
                killed[victim]++;
                processes[victim] = Start(network, folders[victim]);
                await UntilServedAsync(ports); // One of them is always there, as with a rolling restart.
            }

            await stop.CancelAsync();
            int contributed = await contributing;
            await KillTests.CheckAsync(retailer.Directory.SocketFile, customs.Directory.SocketFile, contributed, published);
            output.WriteLine($"seed {seed}: {killed[0]} and {killed[1]} kills, {contributed} cases, {published.Count} heard as published; longest time in which the log did not grow at the publisher {(await silence).TotalSeconds:0.0} s");
        }
        finally
        {
            await stop.CancelAsync();
            foreach (GatewayProcess process in processes) process.Dispose();
        }
    }

    private static GatewayProcess Start(LocalNetwork network, string folder) => GatewayProcess.Start(Path.Combine(network.Folder, Path.GetFileName(folder) + ".out"), "broker", "run", "--dir", folder);

    private static string CopyBroker(LocalNetwork network, string name, int port)
    {
        string folder = Path.Combine(network.Folder, name);
        if (!OperatingSystem.IsWindows()) Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string file in Directory.GetFiles(network.BrokerFolder).Where(file => Path.GetExtension(file) != ".lock")) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        BrokerOptions options = BrokerOptions.Load(folder) with { Listen = $"127.0.0.1:{port}" };
        File.WriteAllBytes(options.Files.Options, options.ToJson());
        return folder;
    }

    private static async Task UntilServedAsync(int[] ports)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
        foreach (int port in ports)
        {
            while (!await IsServedAsync(port)) await Task.Delay(100, patience.Token);
        }
    }

    private static async Task<bool> IsServedAsync(int port)
    {
        using TcpClient client = new();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<TimeSpan> LongestSilenceAsync(LocalNode publisher, CancellationToken stop)
    {
        TimeSpan longest = TimeSpan.Zero;
        Stopwatch since = Stopwatch.StartNew();
        for (ulong before = 0; !stop.IsCancellationRequested; await Task.Delay(50, CancellationToken.None))
        {
            if ((await publisher.StatusAsync()).LogSize is var size && size == before) continue;
            before = size;
            if (since.Elapsed > longest) longest = since.Elapsed;
            since.Restart();
        }

        return longest;
    }

    /// <summary>One address in front of the brokers, as a load balancer of connections is: TLS passes through it.</summary>
    private sealed class Exchange : IDisposable
    {
        private readonly TcpListener _listener;
        private readonly int[] _ports;
        private int _next;

        public Exchange(int port, int[] ports)
        {
            _ports = ports;
            _listener = new TcpListener(IPAddress.Loopback, port);
            _listener.Start();
            _ = AcceptAsync();
        }

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true) _ = ConnectAsync(await _listener.AcceptSocketAsync());
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ConnectAsync(Socket caller)
        {
            using NetworkStream from = new(caller, ownsSocket: true);
            for (int attempt = 0; attempt < _ports.Length; attempt++)
            {
                using TcpClient broker = new();
                try
                {
                    await broker.ConnectAsync(IPAddress.Loopback, _ports[Interlocked.Increment(ref _next) % _ports.Length]);
                }
                catch (SocketException)
                {
                    continue;
                }

                NetworkStream to = broker.GetStream();
                await Task.WhenAny(PumpAsync(from, to), PumpAsync(to, from));
                return;
            }
        }

        private static async Task PumpAsync(NetworkStream from, NetworkStream to)
        {
            try
            {
                await from.CopyToAsync(to);
            }
            catch (Exception cut) when (cut is IOException or ObjectDisposedException)
            {
                // The other side hears of it by its own end.
            }
        }
    }
}
