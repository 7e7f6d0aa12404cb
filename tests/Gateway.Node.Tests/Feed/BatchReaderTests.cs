using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Tests.Feed;

/// <summary>What a hostile broker can send: nothing of a batch that does not hold is believed, and the tree is as before.</summary>
public sealed class BatchReaderTests
{
    private readonly ManualTime _time = ManualTime.Now();
    private readonly TestLog _log;
    private readonly SealedRecord _record;
    private readonly ulong _recordAt;

    public BatchReaderTests()
    {
        _log = new TestLog(UtcDay.Of(_time.GetUtcNow()));
        _record = _log.Seal();
        _recordAt = _log.Publish(_record);
    }

    [Fact]
    public void An_honest_batch_holds_and_brings_the_record()
    {
        VerifiedBatch verified = Read(_log.Batch(_log.Steward));
        Assert.Empty(verified.Alarms);
        Assert.Equal(_record.Id, RecordId.FromBytes(Assert.Single(verified.Records).Entry.RecordId.Span));
        Assert.Equal(_log.RootAt(_log.Size), verified.View.Root);
    }

    [Fact]
    public void Who_is_outside_the_circle_sees_no_entry_of_it_and_rebuilds_the_same_root()
    {
        VerifiedBatch outside = Read(_log.Batch(_log.Outsider), _log.Outsider);
        Assert.Empty(outside.Records);
        Assert.Empty(outside.Alarms);
        Assert.Equal(Read(_log.Batch(_log.Steward)).View.Root, outside.View.Root);
    }

    [Fact]
    public void A_gap_is_a_fault() => Refuses("FEED_GAP", _log.Batch(_log.Steward, from: 1));

    [Fact]
    public void A_malformed_leaf_is_a_fault() => Refuses("LEAF_MALFORMED", Changed(2, leaf => leaf.LeafData = ByteString.CopyFrom([2, .. leaf.LeafData.Span[1..]])));

    [Fact]
    public void A_hidden_network_wide_entry_is_a_fault() => Refuses("ENTRY_HIDDEN", Changed(2, leaf => leaf.Entry = ByteString.Empty));

    [Fact]
    public void A_hidden_entry_of_the_circle_is_a_fault() => Refuses("ENTRY_HIDDEN", Changed((int)_recordAt, leaf => leaf.Entry = ByteString.Empty));

    [Fact]
    public void An_altered_entry_is_a_fault() => Refuses("ENTRY_ALTERED", Changed(2, leaf => leaf.Entry = Flipped(leaf.Entry)));

    [Fact]
    public void An_altered_salt_is_a_fault() => Refuses("ENTRY_ALTERED", Changed(2, leaf => leaf.Salt = Flipped(leaf.Salt)));

    [Fact]
    public void An_entry_larger_than_any_is_a_fault() => Refuses("ENTRY_TOO_LARGE", Changed(2, leaf => leaf.Entry = ByteString.CopyFrom(new byte[LeafData.MaximumEntry + 1])));

    [Fact]
    public void A_network_wide_entry_under_a_circles_route_is_a_fault()
    {
        _log.Add(new Entry { Day = new Day { Day_ = _log.Day.Number + 1 } }, _log.Circle.RouteKey);
        Refuses("ENTRY_MISROUTED", _log.Batch(_log.Steward));
    }

    [Fact]
    public void An_entry_of_the_circle_shown_as_network_wide_is_a_fault()
    {
        SealedRecord record = _log.Seal();
        _log.Add(new Entry { RecordPublished = TestLog.EntryOf(_log.Second, record) }, route: null, record.Submission.Item);
        Refuses("ENTRY_MISROUTED", _log.Batch(_log.Steward));
    }

    [Fact]
    public void An_entry_of_the_circle_under_another_route_is_a_fault()
    {
        SealedRecord record = _log.Seal();
        _log.Add(new Entry { RecordPublished = TestLog.EntryOf(_log.Second, record) }, new RouteKey(RandomNumberGenerator.GetBytes(32)), record.Submission.Item);
        Refuses("ENTRY_MISROUTED", _log.Batch(_log.Steward));
    }

    [Fact]
    public void A_log_that_begins_with_another_Genesis_is_a_fault() => Refuses("GENESIS_FOREIGN", new TestLog(_log.Day).Batch(_log.Steward));

    [Fact]
    public void A_checkpoint_with_another_root_is_a_fault() =>
        Refuses("ROOT_DIFFERS", _log.Batch(_log.Steward) with { Checkpoint = _log.Sign(TestLog.Network, _log.Size, _log.RootAt(_log.Size - 1)) });

    [Fact]
    public void A_checkpoint_of_another_size_is_a_fault() =>
        Refuses("ROOT_DIFFERS", _log.Batch(_log.Steward) with { Checkpoint = _log.Sign(TestLog.Network, _log.Size + 1, _log.RootAt(_log.Size)) });

    [Fact]
    public void A_checkpoint_signed_by_another_key_is_a_fault() =>
        Refuses("CHECKPOINT_INVALID", _log.Batch(_log.Steward) with { Checkpoint = _log.Sign(TestLog.Network, _log.Size, _log.RootAt(_log.Size), SigningKey.FromSeed(RandomNumberGenerator.GetBytes(32))) });

    [Fact]
    public void A_checkpoint_of_another_origin_is_a_fault() =>
        Refuses("CHECKPOINT_INVALID", _log.Batch(_log.Steward) with { Checkpoint = _log.Sign("other.example", _log.Size, _log.RootAt(_log.Size)) });

    [Fact]
    public void A_hidden_item_is_a_fault() => Refuses("ITEM_HIDDEN", Changed((int)_recordAt, leaf => leaf.Item = ByteString.Empty));

    [Fact]
    public void A_withdrawal_promised_beyond_any_log_promises_nothing() => Refuses("ITEM_HIDDEN", Changed((int)_recordAt, leaf => (leaf.Item, leaf.WithdrawnAt) = (ByteString.Empty, ulong.MaxValue)));

    [Fact]
    public void The_item_of_a_record_that_expires_today_may_be_gone_where_the_brokers_clock_is_ahead()
    {
        ulong index = _log.Publish(_log.Seal(_log.Day));
        VerifiedBatch verified = Read(Changed((int)index, leaf => leaf.Item = ByteString.Empty));
        Assert.Equal(2, verified.Records.Count);
    }

    [Fact]
    public void A_state_entry_that_contradicts_the_log_is_kept_and_not_believed()
    {
        _log.Add(new Entry { Day = new Day { Day_ = _log.Day.Number } });
        VerifiedBatch verified = Read(_log.Batch(_log.Steward));
        Assert.Equal("ENTRY_CONTRADICTS", Assert.Single(verified.Alarms).Code);
        Assert.Equal(_log.Day, verified.View.State.Day);
        Assert.NotNull(verified.Leaves[^1].Entry);
    }

    [Fact]
    public void Nobody_is_admitted_to_a_circle_by_the_broker_alone()
    {
        _log.AddMember(_log.Circle.Circle, 1, _log.Outsider, _log.Outsider, _log.Outsider);
        VerifiedBatch verified = Read(_log.Batch(_log.Steward));
        Assert.Equal("ENTRY_CONTRADICTS", Assert.Single(verified.Alarms).Code);
        Assert.DoesNotContain(_log.Outsider.Id, verified.View.State.Circles[_log.Circle.Circle].Members);
    }

    public static TheoryData<byte[]> Unreadable => new(
        [0xff, 0xff, 0xff],
        new Entry { RecordPublished = new RecordPublished { CircleId = ByteString.CopyFrom(1, 2, 3) } }.ToByteArray(),
        new Entry { RecordWithdrawn = new RecordWithdrawn { CircleId = ByteString.CopyFrom(1, 2, 3) } }.ToByteArray());

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void An_entry_that_cannot_be_read_is_kept_and_stops_nothing(byte[] entry)
    {
        _log.Add(entry);
        VerifiedBatch verified = Read(_log.Batch(_log.Steward));
        Assert.Equal("ENTRY_UNREADABLE", Assert.Single(verified.Alarms).Code);
        Assert.Equal(entry, verified.Leaves[^1].Entry);
        Assert.Single(verified.Records);
    }

    [Fact]
    public void A_record_without_a_proper_id_is_kept_and_not_believed()
    {
        RecordPublished entry = TestLog.EntryOf(_log.Second, _log.Seal());
        entry.RecordId = ByteString.CopyFrom(1, 2, 3);
        _log.Add(new Entry { RecordPublished = entry }, _log.Circle.RouteKey);
        VerifiedBatch verified = Read(_log.Batch(_log.Steward));
        Assert.Equal("ENTRY_UNREADABLE", Assert.Single(verified.Alarms).Code);
        Assert.Single(verified.Records);
    }

    [Fact]
    public void A_day_ahead_of_this_nodes_clock_raises_an_alarm()
    {
        _log.AddDay(_log.Day.AddDays(2));
        Assert.Equal("CLOCK_APART", Assert.Single(Read(_log.Batch(_log.Steward)).Alarms).Code);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(Read(_log.Batch(_log.Steward)).Alarms);
    }

    [Fact]
    public void Who_joins_at_a_later_epoch_reads_the_log_from_its_beginning()
    {
        _log.AddMember(_log.Circle.Circle, 1, _log.Outsider, _log.Steward, _log.Second);
        CircleKey before = _log.Circle;
        _log.Circle = _log.AddEpoch(before.Circle, 1, _log.Steward, _log.Second, _log.Outsider);
        SealedRecord later = _log.Seal();
        _log.Publish(later);

        // Of what is older than its first key it is shown leaf data alone.
        VerifiedBatch verified = Read(_log.Batch(_log.Steward), _log.Outsider);
        Assert.Empty(verified.Alarms);
        Assert.Equal(later.Id, RecordId.FromBytes(Assert.Single(verified.Records).Entry.RecordId.Span));
    }

    private FeedBatch Changed(int index, Action<FeedLeaf> change)
    {
        FeedBatch batch = _log.Batch(_log.Steward);
        change(batch.Leaves[index]);
        return batch;
    }

    private VerifiedBatch Read(FeedBatch batch, TestParty? reader = null) => _log.ReaderOf(reader ?? _log.Steward, _time).Read(batch, NodeView.Empty, TiledTree.Empty(new NoTiles()));

    private void Refuses(string code, FeedBatch batch)
    {
        TiledTree tree = TiledTree.Empty(new NoTiles());
        FeedFaultException fault = Assert.Throws<FeedFaultException>(() => _log.ReaderOf(_log.Steward, _time).Read(batch, NodeView.Empty, tree));
        Assert.Equal(code, fault.Refusal.Code);
        Assert.Equal(batch.Checkpoint, fault.Evidence);
        Assert.Equal(0UL, tree.Size);
    }

    private static ByteString Flipped(ByteString bytes) => ByteString.CopyFrom([(byte)(bytes[0] ^ 1), .. bytes.Span[1..]]);
}
