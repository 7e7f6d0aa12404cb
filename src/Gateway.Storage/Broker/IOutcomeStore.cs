using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Storage.Broker;

/// <summary>What came of hits, as members reported it; deleted with the record's item.</summary>
public interface IOutcomeStore
{
    /// <summary>Keeps reports, all or none. Of a member, record and shipment reported before, outcome and reason are replaced and the number stays.</summary>
    ValueTask SaveAsync(IReadOnlyCollection<StoredOutcome> outcomes, CancellationToken cancellation);

    /// <summary>Outcomes of a circle's records, ascending by record and number.</summary>
    /// <param name="circle">The circle.</param>
    /// <param name="after">Only records after this one; null for all.</param>
    /// <param name="cancellation">Ends the reading.</param>
    IAsyncEnumerable<StoredOutcome> ReadCircleAsync(CircleId circle, RecordId? after, CancellationToken cancellation);

    /// <summary>Outcomes that a member has reported of a record, ascending by number.</summary>
    ValueTask<IReadOnlyList<StoredOutcome>> ReadMemberAsync(RecordId record, MemberId member, CancellationToken cancellation);

    /// <summary>Outcomes of the records that a member contributed, likewise.</summary>
    IAsyncEnumerable<StoredOutcome> ReadContributorAsync(MemberId contributor, RecordId? after, CancellationToken cancellation);
}

/// <summary>A member's report about a record and a shipment.</summary>
/// <param name="Record">The record.</param>
/// <param name="Circle">Its circle.</param>
/// <param name="Contributor">Who contributed it.</param>
/// <param name="Member">Who reports.</param>
/// <param name="Shipment">The shipment's reference under the member's own key, 32 bytes.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Reason">Why.</param>
public sealed record StoredOutcome(RecordId Record, CircleId Circle, MemberId Contributor, MemberId Member, byte[] Shipment, Outcome Outcome, OutcomeReason Reason)
{
    /// <summary>Number in the order of first reports, given by the store.</summary>
    public long Number { get; init; }
}
