using System.Globalization;
using Gateway.Node.Broker;
using Gateway.Protocol;

namespace Gateway.Benchmarks;

/// <summary>Durable publish: sealed records over mutual TLS through every check, the log and fdatasync, back to a receipt with its proof. Senders and broker share the processors.</summary>
internal sealed class PublishBench(int records)
{
    private const int Runs = 5;

    private static readonly (int Members, int Brokers, int Outstanding, string Name)[] Loads =
    [
        (1, 1, Upload.MessageSize, "1 member, one message of 256 at a time (a node's outbox)"),
        (1, 1, 1_024, "1 member, 1,024 records under way"),
        (2, 1, 1_024, "2 members, 1,024 records under way each"),
        (2, 2, 1_024, "the same, each at a broker of its own"),
    ];

    public async Task RunAsync(TextWriter output)
    {
        await using BenchNetwork network = await BenchNetwork.StartAsync("one", "two");
        bool isShared = network.Options.Store.Length > 0;
        BrokerConnection[] connections = [.. network.Members.Select(network.Connect)];
        BrokerConnection[] apart = isShared ? [connections[0], await network.ConnectToSecondAsync(network.Members[1])] : [];
        int cores = Cores.Use(2), loads = isShared ? Loads.Length : Loads.Length - 1;
        List<Upload>[] uploads = [.. Loads.Select(_ => new List<Upload>())];
        int bytes = 0;
        for (int run = -1; run < Runs; run++)
        {
            // In turns, so that a busy moment of the machine does not fall on one load alone.
            for (int load = 0; load < loads; load++)
            {
                (int members, int brokers, int outstanding, _) = Loads[load];
                SealedRecord[][] own = [.. network.Members.Take(members).Select(member => member.Seal(records / members))];
                bytes = own[0][0].Submission.Item.Length;
                Upload upload = await Upload.RunAsync(brokers == 2 ? apart : connections[..members], own, outstanding);
                if (run >= 0) uploads[load].Add(upload);
            }
        }

        await network.Core.Sequencer.LookAsync(); // What the other broker took last.
        foreach (BrokerConnection connection in connections.Concat(apart.Skip(1))) connection.Dispose();
        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Durable publish: {records:N0} records of {bytes:N0} bytes a run, broker and senders on {cores} cores; {(isShared ? "PostgreSQL" : "SQLite")}; {network.LogSize:N0} leaves in the end; load average {Machine.Load()}"));
        for (int load = 0; load < loads; load++)
        {
            table.AtLeast(Loads[load].Name, uploads[load].Select(upload => upload.RecordsPerSecond), "records/s", isShared ? 3_000 : 5_000);
            table.Note("  processor time a record, broker and senders", uploads[load].Select(upload => upload.ProcessorMicroseconds), "µs");
            table.Note("  from sending to receipt, p50", uploads[load].Select(upload => upload.Percentile(50)), "ms");
            table.Note("  from sending to receipt, p99", uploads[load].Select(upload => upload.Percentile(99)), "ms");
        }

        output.WriteLine();
    }
}
