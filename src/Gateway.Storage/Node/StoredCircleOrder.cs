using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Storage.Node;

/// <summary>What an officer of this member has ordered about a membership in a circle.</summary>
/// <param name="Circle">The circle.</param>
/// <param name="Member">Whom it is about.</param>
/// <param name="Change">Added: confirmed or invited. Removed: to be removed.</param>
/// <param name="Epoch">Number of epochs the circle had then: the order is spent when the log has a later change of the member.</param>
/// <param name="Reason">Why it is removed; unspecified otherwise.</param>
/// <param name="OrderedAt">When.</param>
public sealed record StoredCircleOrder(CircleId Circle, MemberId Member, CircleMemberChange Change, uint Epoch, MembershipReason Reason, DateTimeOffset OrderedAt);
