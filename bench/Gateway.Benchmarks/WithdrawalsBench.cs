using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Broker;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using Google.Protobuf;

namespace Gateway.Benchmarks;

/// <summary>How long it takes until every node has deleted what was withdrawn and has said so; and what the digest costs that it says it with.</summary>
internal sealed class WithdrawalsBench(int withdrawals, int members, int digested)
{
    private const int Senders = 32, Runs = 3;

    public async Task RunAsync(TextWriter output)
    {
        await using BenchNetwork network = await BenchNetwork.StartAsync([.. Enumerable.Range(1, members).Select(number => $"member-{number}")]);
        BenchMember sender = network.Members[0];
        List<RunningNode> nodes = [];
        foreach (BenchMember member in network.Members) nodes.Add(await RunningNode.StartAsync(member.Directory, member.Directory.StoreFile));
        using BrokerConnection connection = network.Connect(sender);
        List<double> sent = [], hidden = [], acknowledged = [];
        for (int run = 0; run < Runs; run++)
        {
            SealedRecord[] records = sender.Seal(withdrawals);
            await Upload.RunAsync([connection], [records], 1_024);
            foreach (RunningNode node in nodes) await node.UntilAsync(view => view.Size >= network.LogSize);
            long begun = Stopwatch.GetTimestamp();
            ulong last = await WithdrawAsync(connection, sender, records);
            sent.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            foreach (RunningNode node in nodes) await node.UntilAsync(view => view.Size > last);
            hidden.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            await UntilAcknowledgedAsync(connection, records);
            acknowledged.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }

        foreach (RunningNode node in nodes) await node.DisposeAsync();
        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Withdrawals: {withdrawals:N0} of one member, {members} nodes and the broker in one process, mutual TLS on loopback, stores on disk; load average {Machine.Load()}"));
        table.Note("from the first request to the last receipt", sent, "s");
        table.Note("  until every node has hidden all of them", hidden, "s");
        table.AtMost("  until every node has deleted, erased and acknowledged all of them", acknowledged, "s", 10);
        output.WriteLine();
        await MeasureDigestAsync(network.Folder, output);
    }

    // Over one HTTP/2 connection, as a node's own would be; nodes send theirs one by one, which only makes it longer for the sender.
    private static async Task<ulong> WithdrawAsync(BrokerConnection connection, BenchMember sender, SealedRecord[] records)
    {
        ExchangeService.ExchangeServiceClient exchange = new(connection.Invoker);
        ulong last = 0;
        await Parallel.ForEachAsync(records, new ParallelOptions { MaxDegreeOfParallelism = Senders }, async (record, cancellation) =>
        {
            using RecordKeys keys = sender.Keys.ForRecord(record.Salt);
            WithdrawRequest request = new()
            {
                RecordId = record.Submission.RecordId,
                Reason = WithdrawalReason.Mistake,
                Signature = ByteString.CopyFrom(keys.Signing.Sign(RecordFormat.WithdrawMessage(record.Id, WithdrawalReason.Mistake, null))),
            };
            ulong index = (await exchange.WithdrawAsync(request, cancellationToken: cancellation)).Receipt.Index;
            for (ulong seen = Volatile.Read(ref last); index > seen; seen = Volatile.Read(ref last)) Interlocked.CompareExchange(ref last, index, seen);
        });
        return last;
    }

    private async Task UntilAcknowledgedAsync(BrokerConnection connection, SealedRecord[] records)
    {
        AcknowledgementsService.AcknowledgementsServiceClient client = new(connection.Invoker);
        long begun = Stopwatch.GetTimestamp();
        foreach (SealedRecord[] some in records.Chunk(512))
        {
            GetDeletionsRequest request = new();
            request.RecordIds.AddRange(some.Select(record => record.Submission.RecordId));
            while (!(await client.GetDeletionsAsync(request)).Records.All(record => record.Ended && record.Acknowledged == members))
            {
                if (Stopwatch.GetElapsedTime(begun) > TimeSpan.FromMinutes(5)) throw new TimeoutException("Not all withdrawals are acknowledged.");
                await Task.Delay(10);
            }
        }
    }

    private async Task MeasureDigestAsync(string folder, TextWriter output)
    {
        CircleId circle = CircleId.FromBytes(RandomNumberGenerator.GetBytes(CircleId.Size));
        await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(Path.Combine(folder, "digest.db"), TimeProvider.System, CancellationToken.None);
        int number = 0;
        for (ulong batch = 0; number < digested; batch++)
        {
            NodeRecord[] records = [.. Enumerable.Range(number + 1, Math.Min(20_000, digested - number)).Select(place => new NodeRecord
            {
                Number = place, Id = RecordId.FromBytes(RandomNumberGenerator.GetBytes(RecordId.Size)), Index = batch, Circle = circle, Epoch = 0, RecordKey = RandomNumberGenerator.GetBytes(32), Expiry = new UtcDay(30_000), State = NodeRecordState.Live,
            })];
            number += records.Length;
            await store.ApplyAsync(new FeedApply { Leaves = [new LoggedLeaf(batch, new byte[49], null, null)], Tiles = [], Head = new LogHead(batch + 1, new byte[1]), Records = records }, CancellationToken.None);
        }

        List<double> seconds = [], processor = [];
        for (int run = -1; run < 2 * Runs; run++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long begun = Stopwatch.GetTimestamp();
            (TreeHash _, ulong count) = await store.ReadLiveDigestAsync(circle, ulong.MaxValue, CancellationToken.None);
            if (count != (ulong)digested) throw new InvalidOperationException($"The digest covers {count} records of {digested}.");
            if (run < 0) continue;
            seconds.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            processor.Add((Environment.CpuUsage.TotalTime - before).TotalMicroseconds / digested);
        }

        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Live digest of a circle with {digested:N0} live records, from the store; load average {Machine.Load()}"));
        table.Note("one digest", seconds, "s");
        table.Note("  processor time a record", processor, "µs");
        output.WriteLine();
    }
}
