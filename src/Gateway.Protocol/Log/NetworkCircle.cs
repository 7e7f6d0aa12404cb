using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>A circle as the log has it.</summary>
public sealed record NetworkCircle(CircleId Id, CirclePolicy Policy)
{
    /// <summary>What an acceptance of the policy in force names, 32 bytes.</summary>
    public ReadOnlyMemory<byte> PolicyHash { get; init; }

    /// <summary>The members admitted by steward and second member.</summary>
    public IReadOnlySet<MemberId> Members { get; init; } = new HashSet<MemberId>();

    /// <summary>The epoch with which a member was last added or removed.</summary>
    public IReadOnlyDictionary<MemberId, uint> LastChanges { get; init; } = new Dictionary<MemberId, uint>();

    /// <summary>Key epochs, by number.</summary>
    public IReadOnlyDictionary<uint, KeyEpoch> Epochs { get; init; } = new Dictionary<uint, KeyEpoch>();

    /// <summary>Grants of older epochs' keys, in the log's order.</summary>
    public IReadOnlyList<KeyGrant> Grants { get; init; } = [];

    /// <summary>The current epoch; null while the steward has made none.</summary>
    public uint? CurrentEpoch => Epochs.Count == 0 ? null : (uint)Epochs.Count - 1;

    /// <summary>The steward.</summary>
    public MemberId Steward => MemberId.FromBytes(Policy.StewardId.Span);

    /// <summary>The circle without a member that the network has lost.</summary>
    internal NetworkCircle Without(MemberId gone) => Members.Contains(gone) ? this with { Members = Members.Where(member => member != gone).ToHashSet() } : this;

    /// <summary>Whether the policy names a member as founder.</summary>
    public bool IsFounder(MemberId member) => Policy.FoundingMemberIds.Any(founder => founder.Span.SequenceEqual(member.ToArray()));

    /// <summary>Whether a member belongs to the circle and its role may publish there.</summary>
    public bool MayPublish(NetworkMember member) => Members.Contains(member.Id) && Policy.PublishingRoles.Contains(member.Role);

    /// <summary>Whether a member belongs to the circle and its role may read there.</summary>
    public bool MayRead(NetworkMember member) => Members.Contains(member.Id) && Policy.ReadingRoles.Contains(member.Role);

    /// <summary>Whether the circle exchanges records on a day.</summary>
    public bool IsOpenOn(UtcDay day) => day.Number >= Policy.NotBeforeDay && (Policy.NotAfterDay == 0 || day.Number <= Policy.NotAfterDay);

    /// <summary>Whether the current epoch's key is sealed to others than the members: somebody was expelled or left the network, and the next epoch is due.</summary>
    public bool NeedsEpoch => CurrentEpoch is { } current
        && !Epochs[current].SealedKeys.Select(key => MemberId.FromBytes(key.MemberId.Span)).ToHashSet().SetEquals(Members);
}
