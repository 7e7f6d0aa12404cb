using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Gateway.Broker.Hosting;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Benchmarks;

/// <summary>A broker in a process of its own, as `gateway broker run` composes it.</summary>
internal sealed class BrokerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private BrokerProcess(Process process) => _process = process;

    /// <summary>Processor time it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Its resident set, MiB.</summary>
    public double ResidentMebibytes => StatusOf("VmRSS:");

    /// <summary>The largest its resident set was, MiB.</summary>
    public double MostMebibytes => StatusOf("VmHWM:");

    /// <summary>Starts the broker and waits until it listens.</summary>
    public static async Task<BrokerProcess> StartAsync(BrokerOptions options)
    {
        BrokerProcess broker = new(OwnProcess.Start("start-broker", options.Directory));
        Uri address = new(options.AdvertisedAddress);
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            using TcpClient probe = new();
            try
            {
                await probe.ConnectAsync(address.Host, address.Port);
                return broker;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(start) < Patience && !broker._process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>What the process started by <see cref="StartAsync"/> does: serves until it is ended.</summary>
    public static async Task ServeAsync(string folder)
    {
        await using WebApplication broker = await BrokerHost.BuildAsync(BrokerOptions.Load(folder), new BrokerSeams { Logging = BenchNetwork.Quiet });
        await broker.RunAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private double StatusOf(string name)
    {
        string line = File.ReadLines($"/proc/{_process.Id.ToString(CultureInfo.InvariantCulture)}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1_024;
    }
}
