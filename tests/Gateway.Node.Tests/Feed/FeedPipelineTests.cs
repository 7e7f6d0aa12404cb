using Gateway.Node.Circles;
using Gateway.Node.Feed;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Tests.Feed;

/// <summary>A batch is checked for itself while the one before it is applied, and what comes of it is what came of batches taken one by one.</summary>
public sealed class FeedPipelineTests
{
    private readonly ManualTime _time = ManualTime.Now();
    private readonly TestLog _log;

    public FeedPipelineTests() => _log = new TestLog(UtcDay.Of(_time.GetUtcNow()));

    [Fact]
    public async Task Batches_checked_ahead_give_what_they_give_one_by_one_also_under_keys_that_the_batch_before_brings()
    {
        // Every leaf a batch: the record behind the circle's key is looked at without it.
        SealedRecord[] records = [_log.Seal(), _log.Seal(), _log.Seal()];
        foreach (SealedRecord record in records) _log.Publish(record);
        _log.Withdraw(records[1]);
        await using TestCore one = await TestCore.StartAsync(_log, time: _time), other = await TestCore.StartAsync(_log, time: _time);
        await one.FollowAsync();
        FeedBatch[] batches = [.. Enumerable.Range(0, (int)_log.Size).Select(i => _log.Batch(other.Party, (ulong)i, (ulong)i + 1))];
        for (int i = 0; i < batches.Length; i++)
        {
            if (i + 1 < batches.Length) batches[i + 1].Check(other.Log.View.Keyring, CancellationToken.None); // With the keys from before the batch in front of it.
            await other.Log.ApplyAsync(batches[i], CancellationToken.None);
        }

        Assert.Equal(one.Log.View.Root, other.Log.View.Root);
        foreach (SealedRecord record in records) Assert.Equal(await one.StateOfAsync(record), await other.StateOfAsync(record));
        Assert.Equal([NodeRecordState.Live, NodeRecordState.Live], [await other.StateOfAsync(records[0]), await other.StateOfAsync(records[2])]);
    }

    [Fact]
    public async Task An_item_looked_at_without_its_key_is_opened_with_its_batch_and_one_that_was_altered_is_kept_apart()
    {
        SealedRecord good = _log.Seal(), altered = _log.Seal();
        byte[] item = altered.Submission.Item.ToByteArray();
        item[^1] ^= 1;
        _log.Publish(good);
        _log.Add(new Entry { RecordPublished = TestLog.EntryOf(_log.Second, altered) }, _log.Circle.RouteKey, ByteString.CopyFrom(item));
        foreach (bool hasKey in (bool[])[false, true])
        {
            await using TestCore node = await TestCore.StartAsync(_log, time: _time);
            await node.FollowAsync(_log.Size - 2);
            FeedBatch batch = _log.Batch(node.Party, node.Log.View.Size);
            batch.Check(hasKey ? node.Log.View.Keyring : CircleKeyring.Empty, CancellationToken.None);
            await node.Log.ApplyAsync(batch, CancellationToken.None);
            Assert.Equal((NodeRecordState.Live, NodeRecordState.Quarantined), (await node.StateOfAsync(good), await node.StateOfAsync(altered)));
        }
    }

    [Fact]
    public async Task What_was_checked_ahead_is_judged_no_less()
    {
        _log.Publish(_log.Seal());
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        await node.FollowAsync(_log.Size - 1);
        foreach ((string code, Action<FeedLeaf> harm) in ((string, Action<FeedLeaf>)[])
            [
                ("ITEM_HIDDEN", leaf => leaf.Item = ByteString.Empty),
                ("ENTRY_ALTERED", leaf => leaf.Entry = ByteString.CopyFrom([.. leaf.Entry.ToByteArray(), 0])),
                ("LEAF_MALFORMED", leaf => leaf.LeafData = ByteString.CopyFrom([.. leaf.LeafData.ToByteArray(), 0])),
                ("ENTRY_ALTERED", leaf => leaf.Salt = ByteString.CopyFrom(new byte[leaf.Salt.Length])),
                ("ENTRY_TOO_LARGE", leaf => leaf.Entry = ByteString.CopyFrom(new byte[LeafData.MaximumEntry + 1])),
                ("ENTRY_HIDDEN", leaf => leaf.Entry = ByteString.Empty),
            ])
        {
            FeedBatch batch = _log.Batch(node.Party, node.Log.View.Size);
            harm(batch.Leaves[0]);
            batch.Check(node.Log.View.Keyring, CancellationToken.None);
            Assert.Equal(code, (await Assert.ThrowsAsync<FeedFaultException>(() => node.Log.ApplyAsync(batch, CancellationToken.None))).Refusal.Code);
        }

        await node.FollowAsync();
        Assert.Equal(_log.Size, node.Log.View.Size);
    }

    [Fact]
    public async Task One_is_applied_at_a_time_in_order_and_the_next_is_checked_meanwhile()
    {
        List<ulong> applied = [];
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int looked = 0;
        FeedPipeline pipeline = new(() =>
        {
            looked++;
            return CircleKeyring.Empty;
        },
        async batch =>
        {
            applied.Add(batch.FirstIndex);
            await gate.Task;
        }, CancellationToken.None);
        await pipeline.AddAsync(new FeedBatch(0, [], []));
        Assert.Equal(0, looked); // Nothing was under way.
        Task second = pipeline.AddAsync(new FeedBatch(1, [], []));
        while (Volatile.Read(ref looked) == 0) await Task.Delay(1);
        Assert.False(second.IsCompleted);
        gate.SetResult();
        await second;
        await pipeline.Underway;
        Assert.Equal([0UL, 1UL], applied);
    }

    [Fact]
    public async Task A_batch_that_fails_fails_the_next_one_and_no_other_is_applied()
    {
        List<ulong> applied = [];
        FeedPipeline pipeline = new(() => CircleKeyring.Empty, batch =>
        {
            applied.Add(batch.FirstIndex);
            throw new FeedFaultException(Refusal.DataLoss("TEST", "It does not hold.", "batch", "Nothing."), []);
        }, CancellationToken.None);
        await pipeline.AddAsync(new FeedBatch(0, [], []));
        await Assert.ThrowsAsync<FeedFaultException>(() => pipeline.Underway);
        await Assert.ThrowsAsync<FeedFaultException>(() => pipeline.AddAsync(new FeedBatch(1, [], [])));
        Assert.Equal([0UL], applied);
    }
}
