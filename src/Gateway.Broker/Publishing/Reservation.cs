using Gateway.Protocol;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Publishing;

/// <summary>
/// A record's id and key while it is published: nobody else at this broker works on them until this is given back, and what the log has of them stays as it was found. What another broker on
/// the same store takes meanwhile, the sequencer tells.
/// </summary>
internal sealed class Reservation(RecordId id, KeyedLock<RecordId>.Holding idHeld, RecordKey? key, KeyedLock<RecordKey>.Holding? keyHeld) : IDisposable
{
    public RecordId Id => id;

    /// <summary>Null where what was submitted for it has another length than a key.</summary>
    public RecordKey? Key => key;

    /// <summary>The records in the log with this id or this key: none, one, or one of each.</summary>
    public IReadOnlyList<PublishedRecord> Found { get; private set; } = [];

    /// <summary>Picks its own among records that were looked up for several.</summary>
    public void Take(IReadOnlyCollection<PublishedRecord> found) => Found = [.. found.Where(record => record.Id == id || record.RecordKey == key)];

    public void Dispose()
    {
        keyHeld?.Dispose();
        idHeld.Dispose();
    }
}
