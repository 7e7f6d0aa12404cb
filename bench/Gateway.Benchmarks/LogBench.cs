using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Gateway.Broker.Hosting;
using Gateway.Broker.Sequencing;
using Gateway.Cli.Auditing;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Benchmarks;

/// <summary>
/// The log by itself: entries through the sequencer, each answered with its proof after fdatasync; then the audit of it all from outside by the code of `gateway log verify URL`, over HTTPS on
/// loopback, as any stranger under the broker's ordinary limits; then its backup.
/// </summary>
internal sealed class LogBench(int entries)
{
    private const int Runs = 3, PerRun = 60_000, UnderWay = 16_384;

    public async Task RunAsync(TextWriter output)
    {
        await using BenchNetwork network = await BenchNetwork.StartAsync("one", "two");
        BrokerCore core = network.Core;
        int cores = Cores.Use(2);
        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Log on {cores} cores; load average {Machine.Load()}"));
        List<double> bare = [], items = [], processor = [];
        for (int run = -1; run < Runs; run++)
        {
            AdmittedRecord[] records = Records(network, PerRun, itemSize: 0);
            TimeSpan used = Environment.CpuUsage.TotalTime;
            double first = await AppendAsync(core, records);
            used = Environment.CpuUsage.TotalTime - used;
            double second = await AppendAsync(core, Records(network, PerRun / 3, itemSize: 2_088));
            if (run < 0) continue;
            bare.Add(first);
            processor.Add(used.TotalMicroseconds / PerRun);
            items.Add(second);
        }

        table.AtLeast("entries appended, proven and durable, without items", bare, "entries/s", 20_000);
        table.Note("  processor time an entry, both processors", processor, "µs");
        table.Note("  with items of 2,088 bytes", items, "entries/s");
        while (core.Signal.Size < (ulong)entries) await AppendAsync(core, Records(network, (int)Math.Min(PerRun, (ulong)entries - core.Signal.Size), itemSize: 0));

        NetworkFile file = new TwoOperators(network.Options).Network;
        using HttpTiles source = new(new Uri(network.Options.AdvertisedAddress), AuthoritySet.FromPem(file.CertificateAuthority), TimeProvider.System);
        long start = Stopwatch.GetTimestamp();
        AuditReport report = await new PublicAudit(source, new LogTrust(null, network.GenesisHash), TimeProvider.System).RunAsync(_ => Task.FromResult<AuditState?>(null), CancellationToken.None);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (report.Faults.Count > 0) throw new InvalidOperationException(report.Faults[0].ToString());
        table.AtMost(string.Create(CultureInfo.InvariantCulture, $"audit of {report.Size:N0} entries from outside, from zero"), [seconds], "s", 60);
        table.Note("  leaves", [report.Size / seconds], "leaves/s");
        table.Note("  working set of the process, broker and auditor", [Environment.WorkingSet / 1_048_576.0], "MiB");
        BackUp(network, table);
        output.WriteLine();
    }

    // By the commands an operator gives, while the broker runs.
    private static void BackUp(BenchNetwork network, FigureTable table)
    {
        string saved = Path.Combine(network.Folder, "saved"), restored = Path.Combine(network.Folder, "restored");
        double goal = 300 * network.LogSize / 1e6;
        table.AtMost(string.Create(CultureInfo.InvariantCulture, $"`gateway backup` of {network.LogSize:N0} entries"), [Run("backup", "--dir", network.Options.Directory, "--to", saved)], "s", goal);
        table.AtMost(string.Create(CultureInfo.InvariantCulture, $"`gateway restore` of {network.LogSize:N0} entries, checked leaf by leaf"), [Run("restore", "--from", saved, "--dir", restored)], "s", goal);
    }

    private static double Run(params string[] command)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "gateway.dll"), .. command]) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? Stopwatch.GetElapsedTime(start).TotalSeconds : throw new InvalidOperationException($"gateway {command[0]} ended with {process.ExitCode}: {said}");
    }

    // What the sequencer appends has passed admission; the bytes of keys and signatures are not looked at again.
    private static AdmittedRecord[] Records(BenchNetwork network, int count, int itemSize)
    {
        BenchMember member = network.Members[0];
        uint expiry = UtcDay.Of(DateTimeOffset.UtcNow).Number + 365;
        AdmittedRecord[] records = new AdmittedRecord[count];
        for (int i = 0; i < count; i++)
        {
            byte[] id = RandomNumberGenerator.GetBytes(32), key = RandomNumberGenerator.GetBytes(32);
            Submission submission = new()
            {
                RecordId = ByteString.CopyFrom(id),
                CircleId = ByteString.CopyFrom(member.Circle.Circle.ToArray()),
                Epoch = member.Circle.Epoch,
                Item = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(itemSize)),
                RecordPk = ByteString.CopyFrom(key),
                MemberSignature = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(64)),
                IssuanceSalt = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32)),
                ExpiryDay = expiry,
                Signature = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(64)),
            };
            records[i] = new AdmittedRecord(RecordId.FromBytes(id), member.Circle.Circle, RecordKey.FromBytes(key), member.Id, RandomNumberGenerator.GetBytes(32), submission);
        }

        return records;
    }

    private static async Task<double> AppendAsync(BrokerCore core, AdmittedRecord[] records)
    {
        long start = Stopwatch.GetTimestamp();
        Queue<Task<LogReceipt>> under = new(UnderWay);
        foreach (AdmittedRecord record in records)
        {
            if (under.Count == UnderWay) await under.Dequeue();
            under.Enqueue(core.Sequencer.PublishAsync(record));
        }

        while (under.TryDequeue(out Task<LogReceipt>? one)) await one;
        return records.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
