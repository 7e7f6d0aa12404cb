using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>Which circle and epoch an entry is routed under (protocol §7): the one rule that broker and node share.</summary>
public static class EntryRoute
{
    /// <summary>
    /// The circle and epoch whose route key marks the entry; null for network-wide entries. Records and withdrawals go under the record's own epoch; a key epoch e ≥ 1 under e − 1; all
    /// else is network-wide.
    /// </summary>
    /// <exception cref="ArgumentException">The entry names a circle that is not 16 bytes.</exception>
    public static (CircleId Circle, uint Epoch)? Of(Entry entry) => entry.ContentCase switch
    {
        Entry.ContentOneofCase.RecordPublished => (CircleId.FromBytes(entry.RecordPublished.CircleId.Span), entry.RecordPublished.Epoch),
        Entry.ContentOneofCase.RecordWithdrawn => (CircleId.FromBytes(entry.RecordWithdrawn.CircleId.Span), entry.RecordWithdrawn.Epoch),
        Entry.ContentOneofCase.KeyEpoch when Statements.TryRead(entry.KeyEpoch, KeyEpoch.Parser, out KeyEpoch? epoch) && epoch.Epoch > 0 =>
            (CircleId.FromBytes(epoch.CircleId.Span), epoch.Epoch - 1),
        _ => null,
    };
}
