using Gateway.Node.Neutrality;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Neutrality;

public sealed class OwnRecordTests
{
    [Fact]
    public async Task Each_own_record_is_found_in_the_log_as_this_node_signed_it()
    {
        await using TestOutbox node = await PublishedAsync();
        (IReadOnlyList<string> faults, _, ulong records, ulong statements) = await AuditAsync(node);
        Assert.Empty(faults);
        Assert.Equal((1UL, true), (records, statements >= 1));
    }

    [Fact]
    public async Task A_record_that_is_missing_or_stands_otherwise_than_its_receipt_says_is_found()
    {
        await using TestOutbox node = await PublishedAsync();
        OutboxRow row = await node.RowAsync("case-1");
        Assert.Equal(["OWN_RECORD_MISSING"], (await AuditAsync(node, leaf => leaf.RecordPublished is null)).Faults);
        Receipt receipt = Receipt.Parser.ParseFrom(row.Receipt);
        receipt.Salt = ByteString.CopyFrom(new byte[16]);
        await node.Core.Store.UpdateOutboxAsync([row with { Receipt = receipt.ToByteArray() }], CancellationToken.None);
        Assert.Equal(["OWN_RECORD_ALTERED"], (await AuditAsync(node)).Faults);
    }

    [Fact]
    public async Task A_record_made_with_this_members_keys_elsewhere_is_found()
    {
        await using TestOutbox node = await PublishedAsync();
        SealedRecord elsewhere = node.Source.Seal(); // Sealed with the same seed, and in no outbox of this node's.
        node.Source.Publish(elsewhere);
        await node.FollowAsync();
        Refusal found = Assert.Single((await AuditAsync(node)).Refusals);
        Assert.Equal("OWN_RECORD_FOREIGN", found.Code);

        // What is harmless, and likely, comes before what has a member suspended.
        Assert.InRange(found.Remedy.IndexOf("put back from a backup", StringComparison.Ordinal), 0, found.Remedy.IndexOf("stolen", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_receipt_of_another_history_is_found()
    {
        await using TestOutbox node = await PublishedAsync();
        OutboxRow row = await node.RowAsync("case-1");
        Receipt receipt = Receipt.Parser.ParseFrom(row.Receipt);
        receipt.Checkpoint = ByteString.CopyFrom(node.Source.Sign(TestLog.Network, node.Source.Size - 1, Ledger.MerkleHash.Leaf([1])));
        await node.Core.Store.UpdateOutboxAsync([row with { Receipt = receipt.ToByteArray() }], CancellationToken.None);
        Assert.Equal(["RECEIPT_FORKED"], (await AuditAsync(node)).Faults);
    }

    private static async Task<TestOutbox> PublishedAsync()
    {
        TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        await node.PublishAsync();
        await node.FollowAsync();
        return node;
    }

    private static async Task<(IReadOnlyList<string> Faults, IReadOnlyList<Refusal> Refusals, ulong Records, ulong Statements)> AuditAsync(TestOutbox node, Func<Entry, bool>? shows = null)
    {
        INodeStore store = node.Core.Store;
        LogConditions conditions = new(new AlarmBell(store, node.Core.Time, NullLogger<AlarmBell>.Instance), node.Core.Time);
        ForkWatch forks = new(new OwnLog(store, () => node.Core.Log.View), store, () => node.Core.Log.View, conditions, node.Core.Time);
        List<Refusal> faults = [];
        OwnRecordAudit.Run run = await new OwnRecordAudit(store, forks, node.Core.Party.Id, node.Core.Party.Keys).BeginAsync(node.Core.Log.View, node.Core.Log.View.Size, faults.Add, CancellationToken.None);
        await foreach (LoggedLeaf leaf in store.ReadLeavesAsync(0, node.Core.Log.View.Size, CancellationToken.None))
        {
            Entry entry = Entry.Parser.ParseFrom(leaf.Entry);
            if (shows?.Invoke(entry) != false) await run.TakeAsync(leaf, entry, CancellationToken.None);
        }

        run.End();
        return ([.. faults.Select(fault => fault.Code)], faults, run.Records, run.Statements);
    }
}
