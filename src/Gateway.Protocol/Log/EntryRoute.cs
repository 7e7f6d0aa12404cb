using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>Which circle and epoch an entry is routed under (protocol §7): the one rule that broker and node share.</summary>
public static class EntryRoute
{
    /// <summary>
    /// The circle and epoch whose route key marks the entry; null for network-wide entries. Records, withdrawals and disputes go under the record's own epoch; all else is network-wide, key
    /// epochs too: who joins later, and who only watches, must be able to tell which epoch is next.
    /// </summary>
    /// <exception cref="ArgumentException">The entry names a circle that is not 16 bytes.</exception>
    /// <exception cref="Google.Protobuf.InvalidProtocolBufferException">A signed statement about a record holds another message.</exception>
    public static (CircleId Circle, uint Epoch)? Of(Entry entry) => entry.ContentCase switch
    {
        Entry.ContentOneofCase.RecordPublished => (CircleId.FromBytes(entry.RecordPublished.CircleId.Span), entry.RecordPublished.Epoch),
        Entry.ContentOneofCase.RecordWithdrawn => (CircleId.FromBytes(entry.RecordWithdrawn.CircleId.Span), entry.RecordWithdrawn.Epoch),
        Entry.ContentOneofCase.RecordDisputed => (CircleId.FromBytes(entry.RecordDisputed.CircleId.Span), entry.RecordDisputed.Epoch),
        Entry.ContentOneofCase.RecordDisputeResolved => Of(RecordDisputeResolved.Parser.ParseFrom(entry.RecordDisputeResolved.Body)),
        _ => null,
    };

    /// <summary>Whether an entry of this kind is about one record: it changes nothing in the state of the network, and goes to the record's circle alone.</summary>
    public static bool IsOfRecord(Entry.ContentOneofCase kind) => kind is
        Entry.ContentOneofCase.RecordPublished or Entry.ContentOneofCase.RecordWithdrawn or Entry.ContentOneofCase.RecordDisputed or Entry.ContentOneofCase.RecordDisputeResolved;

    private static (CircleId Circle, uint Epoch) Of(RecordDisputeResolved resolved) => (CircleId.FromBytes(resolved.CircleId.Span), resolved.Epoch);
}
