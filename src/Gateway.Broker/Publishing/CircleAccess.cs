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
        if (circle.CurrentEpoch is not { } current) return Refusal.Precondition("EPOCH_MISSING", "The circle has no key epoch yet.", which, "Wait for the circle's steward to make the first one.");
        return epoch == current
            ? null
            : Refusal.Precondition("EPOCH_STALE", $"The record is sealed under epoch {epoch}; the circle's current epoch is {current}.", which, "Follow the log to the current epoch and seal again.");
    }

    /// <summary>
    /// Whether a member gets the entry of a leaf routed under a circle's epoch: it belongs to the circle, or the key of that epoch was sealed to it. (Who has left still finds every
    /// entry whose route it can recognise, and so need not take its absence for a broken log.)
    /// </summary>
    public static bool MaySeeEntry(NetworkState state, NetworkMember member, CircleId circleId, uint epoch) =>
        state.Circles.TryGetValue(circleId, out NetworkCircle? circle)
        && (circle.Members.Contains(member.Id)
            || (circle.Epochs.TryGetValue(epoch, out KeyEpoch? keys) && keys.SealedKeys.Any(key => MemberId.TryFromBytes(key.MemberId.Span, out MemberId id) && id == member.Id)));

    /// <summary>Whether a member's role reads the items of a circle it belongs to.</summary>
    public static bool MayReadItems(NetworkState state, NetworkMember member, CircleId circleId) =>
        state.Circles.TryGetValue(circleId, out NetworkCircle? circle) && circle.MayRead(member);
}
