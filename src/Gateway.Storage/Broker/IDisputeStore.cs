using Gateway.Protocol;
using Gateway.Protocol.Disputes;

namespace Gateway.Storage.Broker;

/// <summary>What the broker keeps of disputes beside the log. How a dispute stands is written with its entries: <see cref="LogAppend.Disputes"/>.</summary>
public interface IDisputeStore
{
    /// <summary>The dispute about a record, or null where there was none.</summary>
    ValueTask<StoredDispute?> FindAsync(RecordId record, CancellationToken cancellation);

    /// <summary>Disputes that nobody has decided about records that live: neither withdrawn, nor expired before <paramref name="day"/>; the earliest deadline first.</summary>
    ValueTask<IReadOnlyList<StoredDispute>> ListOpenAsync(UtcDay day, CancellationToken cancellation);

    /// <summary>Records whose newest dispute a member opened on a day or later.</summary>
    ValueTask<int> CountOpenedAsync(MemberId member, UtcDay since, CancellationToken cancellation);

    /// <summary>Keeps objections for their desks, all or none.</summary>
    ValueTask AddObjectionsAsync(IReadOnlyCollection<StoredObjection> objections, CancellationToken cancellation);

    /// <summary>Objections for a desk, ascending by number.</summary>
    ValueTask<IReadOnlyList<StoredObjection>> ReadObjectionsAsync(MemberId desk, long after, int most, CancellationToken cancellation);

    /// <summary>Whether an objection with a reference waits for a desk.</summary>
    ValueTask<bool> HasObjectionAsync(MemberId desk, string reference, CancellationToken cancellation);

    /// <summary>How many objections wait, by desk.</summary>
    ValueTask<IReadOnlyDictionary<MemberId, int>> CountObjectionsAsync(CancellationToken cancellation);

    /// <summary>Deletes an objection of a desk. Returns whether there was one.</summary>
    ValueTask<bool> DeleteObjectionAsync(MemberId desk, long id, CancellationToken cancellation);

    /// <summary>Deletes objections filed before a time. Returns how many.</summary>
    ValueTask<int> DeleteObjectionsAsync(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>A dispute as the broker knows it.</summary>
/// <param name="State">As the log has it.</param>
/// <param name="OpenedBy">Who opened the newest one. Never leaves the broker.</param>
/// <param name="OpenedOn">On which day.</param>
public sealed record StoredDispute(DisputeState State, MemberId OpenedBy, UtcDay OpenedOn);

/// <summary>An objection for one desk.</summary>
/// <param name="Desk">The desk.</param>
/// <param name="Reference">As the objector has it; the same at every desk.</param>
/// <param name="FiledAt">When.</param>
/// <param name="Record">The record, where a member filed it with a dispute.</param>
/// <param name="Sealed">Sealed to the desk.</param>
public sealed record StoredObjection(MemberId Desk, string Reference, DateTimeOffset FiledAt, RecordId? Record, byte[] Sealed)
{
    /// <summary>Number, 1 upwards, given by the store.</summary>
    public long Id { get; init; }
}
