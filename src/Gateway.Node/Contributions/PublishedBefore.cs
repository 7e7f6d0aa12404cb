using Gateway.Matching.Identifiers;
using Gateway.Matching.Index;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>
/// Recognises a case that this member has published already though its outbox does not know: the outbox was put back from a backup, which holds the case as a draft or not at all. Such a record came back with
/// the log, meets all of the case's identifiers, says the same, and its key derives from this member's seed. One that was withdrawn meanwhile has no item to be known by;
/// and of a case that leaves out what an earlier one said wrongly (a telephone number) the earlier record is found: it is rectified, not published again.
/// </summary>
public sealed class PublishedBefore(INodeStore store, NodeMatcher matcher, KnownCache cache, OwnRecords own, MemberKeys keys, Func<NodeView> view)
{
    /// <summary>Finds the record of a case; null where there is none.</summary>
    /// <param name="circle">Where the case goes.</param>
    /// <param name="contribution">The case.</param>
    /// <param name="identifiers">Its identifiers, all of them evaluated.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>The record's id and rec_salt.</returns>
    public async ValueTask<(RecordId Id, byte[] Salt)?> FindAsync(CircleId circle, V1.Contribution contribution, IEnumerable<Identifier> identifiers, CancellationToken cancellation)
    {
        foreach (int number in MetByAll(identifiers))
        {
            if (await store.ReadRecordAsync(number, cancellation) is not { State: NodeRecordState.Live, Item: { } item } record || record.Circle != circle || own.Contains(record.Id)) continue;
            if (view().Keyring.Find(circle, record.Epoch) is not { } key || !RecordOpener.TryReopen(key, record.Id, item, out UnwrappedRecord? unwrapped, out _)) continue;
            if (IsMadeHere(unwrapped.Head) && Stated(unwrapped.Summary).Equals(Stated(contribution.Summary))) return (record.Id, unwrapped.Head.Salt);
        }

        return null;
    }

    private int[] MetByAll(IEnumerable<Identifier> identifiers)
    {
        HashSet<int>? met = null;
        foreach (Identifier identifier in identifiers)
        {
            UInt128 hash = cache.HashOf(identifier);
            if (matcher.Known.Find(hash) == KnownState.StopValue) continue; // Of what stands in too many records not all are counted.
            int[] hits = matcher.Known.HitsOf(hash).ToArray();
            if (met is null) met = [.. hits];
            else met.IntersectWith(hits);
            if (met.Count == 0) break;
        }

        return [.. (met ?? []).Order()];
    }

    private bool IsMadeHere(RecordHead head)
    {
        using RecordKeys made = keys.ForRecord(head.Salt);
        return made.Signing.PublicKey.ToArray().AsSpan().SequenceEqual(head.RecordKey);
    }

    // Without what sealing adds, and without the day of expiry: one that nobody stated moves with the calendar.
    private static V1.Summary Stated(V1.Summary summary)
    {
        V1.Summary stated = summary.Clone();
        stated.Names.Clear();
        (stated.ReplyPk, stated.ExpiryDay) = (ByteString.Empty, 0);
        return stated;
    }
}
