using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>A member's word about a circle that waits for the circle's steward.</summary>
/// <param name="Circle">The circle.</param>
/// <param name="Member">Who says it.</param>
/// <param name="IsDeparture">Whether it leaves; else it accepts.</param>
/// <param name="Statement">The SignedStatement as received.</param>
public sealed record StoredCircleStatement(CircleId Circle, MemberId Member, bool IsDeparture, byte[] Statement);
