using Gateway.Broker.Hosting;
using Gateway.Cli.Lab;
using Gateway.Cryptography;
using Gateway.Node.Identity;
using Gateway.Node.Neutrality;
using Gateway.Node.Tests.Network;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Tests.Neutrality;

/// <summary>
/// A broker that shows two members two logs: two real brokers with one log key, each of which goes on from the same store by itself, and a real node at each. The nodes gossip with each other.
/// </summary>
internal sealed class ForkedNetwork : IAsyncDisposable
{
    private const string Network = "fork.test";

    private readonly string _folder = Directory.CreateTempSubdirectory("gw-fork-").FullName;
    private readonly List<WebApplication> _brokers = [];

    public RunningNode First { get; private set; } = null!;

    public RunningNode Second { get; private set; } = null!;

    public byte[] GenesisHash { get; private set; } = [];

    private BrokerOptions[] Options { get; set; } = [];

    /// <summary>Makes the network's folders once: a broker with two members, all stopped.</summary>
    public static async Task<string> PrepareAsync()
    {
        string folder = Directory.CreateTempSubdirectory("gw-fork-").FullName;
        BrokerOptions options = OptionsAt(Path.Combine(folder, "broker"));
        await new BrokerInitialiser(RandomSource.System, TimeProvider.System).InitialiseAsync(options, TwoOperators.Names, CancellationToken.None);
        await using WebApplication broker = await ServeAsync(options);
        foreach (string name in (string[])["first", "second"]) await new TwoOperators(options).EnrolAsync(new NodeDirectory(Path.Combine(folder, name)), name, MemberRole.Retailer, [], 0);
        await broker.StopAsync();
        return folder;
    }

    /// <summary>Starts both halves from copies of the folders.</summary>
    public static async Task<ForkedNetwork> StartAsync(string prepared)
    {
        ForkedNetwork network = new();
        Copy(Path.Combine(prepared, "broker"), Path.Combine(network._folder, "broker-0"));
        Copy(Path.Combine(prepared, "broker"), Path.Combine(network._folder, "broker-1"));
        Copy(Path.Combine(prepared, "first"), Path.Combine(network._folder, "first"));
        Copy(Path.Combine(prepared, "second"), Path.Combine(network._folder, "second"));
        network.Options = [OptionsAt(Path.Combine(network._folder, "broker-0")), OptionsAt(Path.Combine(network._folder, "broker-1"))];
        int[] ports = [FreePort.Next(), FreePort.Next()];
        network.First = network.Node("first", 0, ports);
        network.Second = network.Node("second", 1, ports);
        network.GenesisHash = Convert.FromHexString(network.First.Directory.ReadSettings().GenesisHash);
        foreach (BrokerOptions options in network.Options) network._brokers.Add(await ServeAsync(options));
        await network.First.StartAsync();
        await network.Second.StartAsync();
        return network;
    }

    /// <summary>Lets one of the brokers go on by some entries, and waits until its node has verified them.</summary>
    public async Task GoOnAsync(int half, string prefix, int entries)
    {
        RunningNode node = half == 0 ? First : Second;
        for (int i = 0; i < entries; i++) await new TwoOperators(Options[half]).DecideAsync(TestPolicy.Of($"{prefix}-{i}", First, Second));
        ulong size = _brokers[half].Services.GetRequiredService<BrokerCore>().Signal.Size;
        await node.UntilAsync(status => status.LogSize >= size);
    }

    public static Task RoundAsync(RunningNode node) => node.Services.GetRequiredService<GossipPeers>().RunOnceAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await First.StopAsync();
        await Second.StopAsync();
        foreach (WebApplication broker in _brokers)
        {
            await broker.StopAsync();
            await broker.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private RunningNode Node(string name, int half, int[] ports)
    {
        NodeDirectory directory = new(Path.Combine(_folder, name));
        directory.WriteSettings(directory.ReadSettings() with { Broker = Options[half].AdvertisedAddress, GossipListen = $"127.0.0.1:{ports[half]}", GossipPeers = [$"https://localhost:{ports[1 - half]}"] });
        return new RunningNode(directory);
    }

    private static BrokerOptions OptionsAt(string folder)
    {
        int port = FreePort.Next();
        return new BrokerOptions { Directory = folder, Network = Network, Listen = $"127.0.0.1:{port}", AdvertisedAddress = $"https://localhost:{port}" };
    }

    private static async Task<WebApplication> ServeAsync(BrokerOptions options)
    {
        WebApplication broker = await BrokerHost.BuildAsync(options, new BrokerSeams { Logging = logging => logging.ClearProviders() });
        await broker.StartAsync();
        return broker;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(folder.Replace(from, to, StringComparison.Ordinal));
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, file.Replace(from, to, StringComparison.Ordinal));
    }
}
