using Gateway.Cryptography;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>A member as the log has it.</summary>
public sealed record NetworkMember(MemberId Id, MemberJoined Joined, VerifyingKey MemberKey, BoxPublicKey BoxKey, VerifyingKey NodeKey, UtcDay JoinedDay)
{
    /// <summary>What it may do.</summary>
    public MemberStanding Standing { get; init; } = MemberStanding.Active;

    /// <summary>Why its standing is what it is; unspecified while nothing changed it, and for a member that left.</summary>
    public MembershipReason Reason { get; init; }

    /// <summary>Whether it signs statements that count, sponsors, and is served by the broker.</summary>
    public bool IsActive => Standing == MemberStanding.Active;

    /// <summary>Whether it was expelled or has left: it belongs to no circle and never comes back under its id.</summary>
    public bool IsGone => Standing is MemberStanding.Expelled or MemberStanding.Left;

    /// <summary>Its role.</summary>
    public MemberRole Role => Joined.Role;

    /// <summary>Its name.</summary>
    public string Name => Joined.Name;
}

/// <summary>What the log says of a member's place in the network.</summary>
public enum MemberStanding
{
    /// <summary>It takes part.</summary>
    Active,

    /// <summary>The broker does not serve it and its signatures do not count; it keeps its circles and may be reinstated.</summary>
    Suspended,

    /// <summary>Expelled for good.</summary>
    Expelled,

    /// <summary>Gone by its own will.</summary>
    Left,
}
