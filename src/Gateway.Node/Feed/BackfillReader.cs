using Gateway.Node.Circles;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Feed;

/// <summary>A part of a second reading that holds. Nothing of it is applied yet.</summary>
/// <param name="Before">The reading as it stood.</param>
/// <param name="Next">Its cursor after this part.</param>
/// <param name="Leaves">Leaves whose entries can be read now.</param>
/// <param name="Records">The circle's records, in order.</param>
/// <param name="Withdrawals">Withdrawals, in order.</param>
public sealed record BackfillPart(
    StoredBackfill Before, ulong Next, IReadOnlyList<LoggedLeaf> Leaves, IReadOnlyList<ArrivedRecord> Records, IReadOnlyList<ArrivedWithdrawal> Withdrawals)
{
    /// <summary>What is said about disputes, in order.</summary>
    public IReadOnlyList<ArrivedDispute> Disputes { get; init; } = [];

    /// <summary>Entries that are not believed.</summary>
    public IReadOnlyList<Refusal> Alarms { get; init; } = [];
}

/// <summary>
/// Verifies leaves that are read a second time (protocol §8): they are the ones this node has in its tree, and none that the granted keys recognise comes without its entry. Does no I/O.
/// </summary>
public static class BackfillReader
{
    /// <summary>Verifies a part.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="shown">The leaves from its cursor on, as the broker shows them now.</param>
    /// <param name="own">The same leaves as this node's store has them.</param>
    /// <param name="view">What this node holds to be true; its keyring has the granted keys.</param>
    /// <param name="member">This member.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="FeedFaultException">Something does not hold.</exception>
    public static BackfillPart Read(StoredBackfill reading, IReadOnlyList<FeedLeaf> shown, IReadOnlyList<LoggedLeaf> own, NodeView view, MemberId member, TimeProvider time)
    {
        // By the policy in force now: the right to read is judged as of the size this node has read already.
        bool mayRead = view.State.Members.TryGetValue(member, out NetworkMember? me) && view.State.Circles[reading.Circle].MayRead(me);
        List<LoggedLeaf> filled = [];
        List<ArrivedRecord> records = [];
        List<ArrivedWithdrawal> withdrawals = [];
        List<ArrivedDispute> disputes = [];
        List<Refusal> alarms = [];
        for (int i = 0; i < shown.Count; i++)
        {
            (FeedLeaf leaf, LoggedLeaf mine) = (shown[i], own[i]);
            if (!leaf.LeafData.Span.SequenceEqual(mine.LeafData)) throw Fault("LEAF_DIFFERS", "The broker shows another leaf than it did before.", mine.Index, [.. mine.LeafData, .. leaf.LeafData.Span]);
            if (LeafData.IsNetworkWide(mine.LeafData) || view.Keyring.FindRoute(mine.Index, mine.LeafData) is not { } key || key.Circle != reading.Circle) continue;
            if (leaf.Entry.IsEmpty) throw Fault("ENTRY_HIDDEN", $"The broker kept back an entry of circle {key.Circle.Prefix} though its key was granted.", mine.Index, mine.LeafData);
            if (!LeafData.CommitsTo(mine.LeafData, leaf.Salt.Span, leaf.Entry.Span)) throw Fault("ENTRY_ALTERED", "An entry is not the one its leaf commits to.", mine.Index, mine.LeafData);
            if (mine.Entry is null) filled.Add(mine with { Salt = leaf.Salt.ToByteArray(), Entry = leaf.Entry.ToByteArray() });
            Entry entry = Parse(leaf, key, mine);
            if (entry.ContentCase == Entry.ContentOneofCase.RecordWithdrawn) withdrawals.Add(new ArrivedWithdrawal(mine.Index, entry.RecordWithdrawn));
            else if (DisputeArrivals.Is(entry))
            {
                if (DisputeArrivals.Take(mine.Index, entry, view.State, view.History, view.DayAt(mine.Index), out string? fault) is { } dispute) disputes.Add(dispute);
                else alarms.Add(Fault("DISPUTE_INVALID", fault!, mine.Index, []).Refusal);
            }
            else if (RecordArrivals.IsReadable(entry.RecordPublished) && RecordArrivals.Take(mine.Index, leaf, entry.RecordPublished, key, mayRead, time, out bool isHidden) is var record)
            {
                if (isHidden) throw Fault("ITEM_HIDDEN", $"The broker kept back the item of a record of circle {key.Circle.Prefix} that is neither withdrawn nor expired.", mine.Index, mine.LeafData);
                if (record is not null) records.Add(record);
            }
        }

        return new BackfillPart(reading, reading.Next + (ulong)shown.Count, filled, records, withdrawals) { Disputes = disputes, Alarms = alarms };
    }

    // What stands under a circle's route is a record, a withdrawal or a dispute of that circle and epoch, or the broker has made the route up.
    private static Entry Parse(FeedLeaf leaf, CircleKey key, LoggedLeaf mine)
    {
        try
        {
            Entry entry = Entry.Parser.ParseFrom(leaf.Entry);
            if (EntryRoute.Of(entry) == (key.Circle, key.Epoch)) return entry;
        }
        catch (Exception unreadable) when (unreadable is InvalidProtocolBufferException or ArgumentException)
        {
            // Said below.
        }

        throw Fault("ENTRY_MISROUTED", $"An entry stands under a route of circle {key.Circle.Prefix} and is not of it.", mine.Index, leaf.Entry.ToByteArray());
    }

    private static FeedFaultException Fault(string code, string what, ulong index, byte[] evidence) =>
        new(Refusal.DataLoss(code, what, $"leaf {index}", "Tell the broker's operator; keep this node's store as evidence."), evidence);
}
