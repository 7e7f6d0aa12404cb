using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>Which circle and epoch an entry is routed under (protocol §7): the one rule that broker and node share.</summary>
public static class EntryRoute
{
    /// <summary>
    /// The circle and epoch whose route key marks the entry; null for network-wide entries. Records and withdrawals go under the record's own epoch; all else is network-wide, key
    /// epochs too: who joins later, and who only watches, must be able to tell which epoch is next.
    /// </summary>
    /// <exception cref="ArgumentException">The entry names a circle that is not 16 bytes.</exception>
    public static (CircleId Circle, uint Epoch)? Of(Entry entry) => entry.ContentCase switch
    {
        Entry.ContentOneofCase.RecordPublished => (CircleId.FromBytes(entry.RecordPublished.CircleId.Span), entry.RecordPublished.Epoch),
        Entry.ContentOneofCase.RecordWithdrawn => (CircleId.FromBytes(entry.RecordWithdrawn.CircleId.Span), entry.RecordWithdrawn.Epoch),
        _ => null,
    };
}
