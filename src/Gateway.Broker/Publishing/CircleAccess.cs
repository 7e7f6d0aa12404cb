using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Broker.Publishing;

/// <summary>Who may do what in a circle, by the state of the network.</summary>
internal static class CircleAccess
{
    /// <summary>Null when the member may publish in the circle's epoch; else the first rule that says no.</summary>
    public static Refusal? FindPublisher(NetworkState state, MemberId id, CircleId circleId, uint epoch, out NetworkMember? member, out NetworkCircle? circle)
    {
        member = state.Members.GetValueOrDefault(id);
        circle = state.Circles.GetValueOrDefault(circleId);
        string which = $"circle {circleId.Prefix}";
        if (circle is null) return Refusal.NotFound("CIRCLE_UNKNOWN", "There is no such circle.", which, "See the circles with 'gateway status'.");
        if (member is null || !circle.Members.Contains(id)) return Refusal.Denied("NOT_IN_CIRCLE", "The member does not belong to the circle.", which, "Ask the circle's steward to be admitted.");
        if (!circle.MayPublish(member)) return Refusal.Denied("PUBLISHING_NOT_ALLOWED", $"Members of role {member.Role} do not publish in this circle.", which, "The circle's policy names the roles that may publish.");
        if (!circle.IsOpenOn(state.Day)) return Refusal.Denied("CIRCLE_CLOSED", $"The circle exchanges records only on the days of its policy; today is {state.Day}.", which, "See the circle's days with 'gateway circle show'.");
        if (circle.CurrentEpoch is not { } current) return Refusal.Precondition("EPOCH_MISSING", "The circle has no key epoch yet.", which, "Wait for the circle's steward to make the first one.");
        return epoch == current
            ? null
            : Refusal.Precondition("EPOCH_STALE", $"The record is sealed under epoch {epoch}; the circle's current epoch is {current}.", which, "Follow the log to the current epoch and seal again.");
    }
}
