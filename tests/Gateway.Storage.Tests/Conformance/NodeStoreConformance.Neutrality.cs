using Gateway.Storage.Node;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>What a node store must do for the log's neutrality.</summary>
public abstract partial class NodeStoreConformance
{
    [Fact]
    public async Task Accepted_sizes_only_rise_and_the_newest_cosignature_of_a_member_is_kept()
    {
        await using (INodeStore store = await OpenAsync())
        {
            Assert.Equal(0UL, await store.Neutrality.ReadAcceptedSizeAsync(None));
            await store.Neutrality.AcceptAsync([new(Member(1), 5, [1]), new(Member(2), 6, [2])], 5, None);
            await store.Neutrality.AcceptAsync([new(Member(1), 8, [3])], 3, None);
        }

        await using INodeStore reopened = await OpenAsync();
        Assert.Equal(5UL, await reopened.Neutrality.ReadAcceptedSizeAsync(None));
        IReadOnlyList<StoredCosignature> kept = await reopened.Neutrality.ReadCosignaturesAsync(None);
        Assert.Equal(new HashSet<(ulong, byte)> { (8, 3), (6, 2) }, kept.Select(one => (one.Size, one.Note[0])).ToHashSet());
    }

    [Fact]
    public async Task Logged_rows_close_below_the_accepted_size_and_where_their_record_is_gone()
    {
        await using INodeStore store = await OpenAsync();
        IReadOnlyList<OutboxRow> rows = await store.AddDraftsAsync([Draft("low"), Draft("high", 2), Draft("gone", 3), Draft("sent", 4)], None);
        await store.UpdateOutboxAsync([.. rows.Select((row, i) => row with { State = OutboxState.Sealed, RecordId = Record(i + 1), Submission = [1] })], None);
        await store.ApplyAsync(Apply(0, 3) with { Records = [NodeRecord(1), NodeRecord(2)], LoggedOutbox = [Record(1), Record(2), Record(3)] }, None);
        Assert.Equal(2, await store.Neutrality.CloseOutboxAsync(2, 10, None));
        Assert.Equal([OutboxState.Closed, OutboxState.Logged, OutboxState.Closed, OutboxState.Sealed], await StatesAsync());
        Assert.Null((await store.FindOutboxAsync(Record(1), None))!.Submission);
        Assert.NotNull((await store.FindOutboxAsync(Record(2), None))!.Submission);
        Assert.Equal(1, await store.Neutrality.CloseOutboxAsync(3, 10, None));
        Assert.Equal(0, await store.Neutrality.CloseOutboxAsync(3, 10, None));

        async Task<OutboxState[]> StatesAsync() => [.. (await Task.WhenAll(Enumerable.Range(1, 4).Select(number => store.FindOutboxAsync(Record(number), None).AsTask()))).Select(row => row!.State)];
    }

    [Fact]
    public async Task Sightings_are_kept_once_and_of_a_source_only_so_many()
    {
        await using INodeStore store = await OpenAsync();
        foreach (byte size in (byte[])[9, 7, 7, 8]) await store.Neutrality.AddSightingAsync(new(0, size, "file", [size]), 2, None);
        await store.Neutrality.AddSightingAsync(new(0, 6, "broker", [6]), 2, None);
        IReadOnlyList<StoredSighting> kept = await store.Neutrality.ReadSightingsAsync(9, None);
        Assert.Equal([(6UL, "broker"), (8UL, "file"), (9UL, "file")], kept.Select(one => (one.Size, one.Source)));
        Assert.Equal([6UL], (await store.Neutrality.ReadSightingsAsync(7, None)).Select(one => one.Size));
        await store.Neutrality.DeleteSightingAsync(kept[0].Id, None);
        Assert.Empty(await store.Neutrality.ReadSightingsAsync(7, None));
    }

    [Fact]
    public async Task Evidence_stays_when_it_is_settled_and_is_open_again_when_it_is_met_again()
    {
        await using INodeStore store = await OpenAsync();
        await store.Neutrality.AddEvidenceAsync(new(0, Bytes("digest", 1, 32), "file", [1]), None);
        await store.Neutrality.AddEvidenceAsync(new(0, Bytes("digest", 1, 32), "broker", [2]), None);
        StoredForkEvidence kept = Assert.Single(await store.Neutrality.ReadEvidenceAsync(None));
        Assert.Equal(("file", null), (kept.Source, kept.SettledAt));
        Assert.True(await store.Neutrality.SettleEvidenceAsync(kept.Id, Noon, "ann", None));
        Assert.False(await store.Neutrality.SettleEvidenceAsync(kept.Id + 1, Noon, "ann", None));
        kept = Assert.Single(await store.Neutrality.ReadEvidenceAsync(None));
        Assert.Equal((Noon, "ann"), (kept.SettledAt, kept.SettledBy));
        await store.Neutrality.AddEvidenceAsync(new(0, Bytes("digest", 1, 32), "broker", [2]), None);
        Assert.Null(Assert.Single(await store.Neutrality.ReadEvidenceAsync(None)).SettledAt);
    }
}
