using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Node.Feed;

/// <summary>Tells a member that the network does not serve it any more: by its own log where that has the entry, else by the broker's word. It is no fault of the feed.</summary>
public sealed class OwnStanding(MemberId member, AlarmBell alarms)
{
    // One thing said twice, by the broker and by the log, is one alarm.
    private const string Which = "this member";

    private static readonly HashSet<string> Words = ["MEMBER_SUSPENDED", "MEMBER_EXPELLED", "MEMBER_LEFT"];

    /// <summary>Raises the alarm where the state says so. The feed is cut as soon as the entry is there, so this is often the last that comes.</summary>
    public async Task CheckAsync(NetworkState state, CancellationToken cancellation)
    {
        if (state.Members.TryGetValue(member, out NetworkMember? known) && !known.IsActive)
        {
            await alarms.RaiseOnceAsync(Describe(known.Standing, known.Reason), cancellation);
        }
    }

    /// <summary>Whether the broker's refusal is about this member's standing; if so the alarm is raised.</summary>
    public async Task<bool> IsOwnAsync(Refusal refusal, CancellationToken cancellation)
    {
        if (!Words.Contains(refusal.Code)) return false;
        await alarms.RaiseOnceAsync(refusal with { Which = Which }, cancellation);
        return true;
    }

    private static Refusal Describe(MemberStanding standing, MembershipReason reason) => standing switch
    {
        MemberStanding.Suspended => Refusal.Denied("MEMBER_SUSPENDED", $"This member is suspended: the broker does not serve it until it is reinstated (reason {reason}).", Which, "Ask the broker's operators. Screening with what is here goes on."),
        MemberStanding.Expelled => Refusal.Denied("MEMBER_EXPELLED", $"This member was expelled from the network (reason {reason}).", Which, "Ask the broker's operators. To come back, apply anew."),
        _ => Refusal.Denied("MEMBER_LEFT", "This member has left the network.", Which, "To come back, apply anew."),
    };
}
