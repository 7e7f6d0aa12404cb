using Gateway.Protocol.V1;
using Gateway.Storage.Audit;
using Google.Protobuf;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>The audit chain of a broker store; a node's is the same.</summary>
public abstract partial class BrokerStoreConformance
{
    [Fact]
    public async Task An_audit_chain_grows_and_is_whole_after_reopening()
    {
        await using (Storage.Broker.IBrokerStore store = await OpenAsync())
        {
            Assert.Null(await store.Audit.ReadHeadAsync(None));
            Assert.Equal(2UL, (await store.Audit.AppendAsync([Event(1), Event(2)], None)).Number);
        }

        await using Storage.Broker.IBrokerStore reopened = await OpenAsync();
        await reopened.Audit.AppendAsync([Event(3)], None);
        List<AuditEntry> entries = await reopened.Audit.ReadAsync(1, None).ToListAsync();
        Assert.Equal([1UL, 2, 3], entries.Select(entry => entry.Number));
        Assert.Equal(("operator 2", "approve", "change 2", "done", 2UL), (entries[1].Actor, entries[1].Action, entries[1].Subject, entries[1].Outcome, entries[1].Count));
        Assert.Equal([3UL], (await reopened.Audit.ReadAsync(3, None).ToListAsync()).Select(entry => entry.Number));
        AuditFinding finding = await AuditChain.VerifyAsync(reopened.Audit.ReadAsync(1, None), entries[1], None);
        Assert.Equal((3UL, null), (finding.Head!.Number, finding.Fault));
    }

    [Fact]
    public async Task Appends_at_once_make_one_chain()
    {
        await using Storage.Broker.IBrokerStore store = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(async () => await store.Audit.AppendAsync([Event(number)], None))));
        AuditFinding finding = await AuditChain.VerifyAsync(store.Audit.ReadAsync(1, None), null, None);
        Assert.Equal((20UL, null), (finding.Head!.Number, finding.Fault));
    }

    [Fact]
    public async Task Whatever_is_done_to_a_chain_shows()
    {
        await using Storage.Broker.IBrokerStore store = await OpenAsync();
        await store.Audit.AppendAsync([.. Enumerable.Range(1, 5).Select(Event)], None);
        List<AuditEntry> whole = await store.Audit.ReadAsync(1, None).ToListAsync();
        (string What, Func<List<AuditEntry>, IEnumerable<AuditEntry>> Tamper)[] tamperings =
        [
            ("actor", chain => Altered(chain, entry => entry.Actor = "operator x")), ("action", chain => Altered(chain, entry => entry.Action = "reject")), ("subject", chain => Altered(chain, entry => entry.Subject = "change 9")),
            ("outcome", chain => Altered(chain, entry => entry.Outcome = "OWN_CHANGE")), ("time", chain => Altered(chain, entry => entry.At++)), ("count", chain => Altered(chain, entry => entry.Count++)),
            ("hash", chain => Altered(chain, entry => entry.Hash = ByteString.CopyFrom(new byte[32]))), ("moved text", chain => Altered(chain, entry => (entry.Actor, entry.Action) = (entry.Actor + entry.Action[0], entry.Action[1..]))),
            ("removed first", chain => chain.Skip(1)), ("removed middle", chain => chain.Where(entry => entry.Number != 3)), ("reordered", chain => [chain[0], chain[2], chain[1], chain[3], chain[4]]),
            ("renumbered", chain => Renumbered(chain.Where(entry => entry.Number != 3))), ("repeated", chain => [.. chain, chain[4]]), ("cut off", chain => chain.Take(4)), ("made anew", chain => Anew(chain.Take(5), "operator x")), ("emptied", _ => []),
        ];
        foreach ((string what, Func<List<AuditEntry>, IEnumerable<AuditEntry>> tamper) in tamperings)
        {
            AuditFinding finding = await AuditChain.VerifyAsync(tamper([.. whole.Select(entry => entry.Clone())]).ToAsyncEnumerable(), whole[4], None);
            Assert.True(finding.Fault is not null, what);
        }

        Assert.Null((await AuditChain.VerifyAsync(whole.ToAsyncEnumerable(), whole[4], None)).Fault);

        static IEnumerable<AuditEntry> Altered(List<AuditEntry> chain, Action<AuditEntry> change)
        {
            change(chain[2]);
            return chain;
        }

        static IEnumerable<AuditEntry> Renumbered(IEnumerable<AuditEntry> chain) => chain.Select((entry, index) =>
        {
            entry.Number = (ulong)index + 1;
            return entry;
        });

        static IEnumerable<AuditEntry> Anew(IEnumerable<AuditEntry> chain, string actor)
        {
            AuditEntry? before = null;
            foreach (AuditEntry entry in chain) yield return before = AuditChain.Next(before, new AuditEvent(DateTimeOffset.FromUnixTimeMilliseconds(entry.At), actor, entry.Action, entry.Subject, entry.Outcome, entry.Count));
        }
    }

    private static AuditEvent Event(int number) => new(Noon.AddSeconds(number), $"operator {number}", "approve", $"change {number}", "done", (ulong)Math.Max(1, number));
}
