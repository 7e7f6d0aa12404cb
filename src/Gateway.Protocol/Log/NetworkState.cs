using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Log;

/// <summary>
/// The state of the network that entries of the log add up to: members, circles, key epochs, OPRF keys, the day. Immutable: applying an entry gives a new state. Broker and node
/// derive it in the same way and trust no other source for it.
/// </summary>
public sealed partial record NetworkState
{
    /// <summary>Members that a network has without sponsors: there is nobody yet to sponsor them.</summary>
    public const int MembersWithoutSponsors = 3;

    /// <summary>Active members whose signatures of its MemberJoined a further member needs.</summary>
    public const int SponsorsNeeded = 2;

    /// <summary>The state before Genesis.</summary>
    public static NetworkState Empty { get; } = new();

    /// <summary>The Genesis entry, or null before it.</summary>
    public Genesis? Genesis { get; private init; }

    /// <summary>SHA-256 of the Genesis entry's bytes, 32 bytes; empty before it.</summary>
    public ReadOnlyMemory<byte> GenesisHash { get; private init; }

    /// <summary>The network's name.</summary>
    public string Network => Genesis?.Network ?? "";

    /// <summary>The last Day of the log.</summary>
    public UtcDay Day { get; private init; }

    /// <summary>Members by id.</summary>
    public IReadOnlyDictionary<MemberId, NetworkMember> Members { get; private init; } = new Dictionary<MemberId, NetworkMember>();

    /// <summary>Circles by id.</summary>
    public IReadOnlyDictionary<CircleId, NetworkCircle> Circles { get; private init; } = new Dictionary<CircleId, NetworkCircle>();

    /// <summary>The OPRF keys in force, or null before any.</summary>
    public OprfKeys? OprfKeys { get; private init; }

    /// <summary>The hash that every node pins.</summary>
    public static byte[] HashGenesis(ReadOnlySpan<byte> genesisEntry) => SHA256.HashData(genesisEntry);

    /// <summary>The circle with a name, or null.</summary>
    public NetworkCircle? FindCircle(string name) => Circles.Values.FirstOrDefault(circle => circle.Policy.Name == name);

    /// <summary>Applies an entry. Records, their withdrawals and disputes change nothing here.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="entryBytes">Its bytes, as logged.</param>
    /// <param name="next">The state after it; this state where the entry is refused.</param>
    /// <returns>Null, or why the entry contradicts the state: what such a log says is not believed.</returns>
    public string? TryApply(Entry entry, ReadOnlySpan<byte> entryBytes, out NetworkState next)
    {
        next = this;
        if (Genesis is null && entry.ContentCase != Entry.ContentOneofCase.Genesis) return "The log does not begin with Genesis.";
        switch (entry.ContentCase)
        {
            case Entry.ContentOneofCase.Genesis:
                if (Genesis is not null) return "The log has a second Genesis.";
                if (!SpiffeId.IsNetwork(entry.Genesis.Network) || !VerifyingKey.TryFromBytes(entry.Genesis.LogPk.Span, out _)) return "The Genesis entry has no network name of the right form, or no log key.";
                next = this with { Genesis = entry.Genesis, GenesisHash = HashGenesis(entryBytes), Day = new UtcDay(entry.Genesis.Day) };
                return null;
            case Entry.ContentOneofCase.Day:
                if (entry.Day.Day_ <= Day.Number && Day.Number != 0) return $"The log's day goes from {Day} to {new UtcDay(entry.Day.Day_)}.";
                next = this with { Day = new UtcDay(entry.Day.Day_) };
                return null;
            case Entry.ContentOneofCase.MemberJoined: return Join(entry.MemberJoined, out next);
            case Entry.ContentOneofCase.MemberSuspended: return SetStanding(entry.MemberSuspended.MemberId, MemberStanding.Suspended, entry.MemberSuspended.Reason, out next);
            case Entry.ContentOneofCase.MemberReinstated: return SetStanding(entry.MemberReinstated.MemberId, MemberStanding.Active, entry.MemberReinstated.Reason, out next);
            case Entry.ContentOneofCase.MemberExpelled: return SetStanding(entry.MemberExpelled.MemberId, MemberStanding.Expelled, entry.MemberExpelled.Reason, out next);
            case Entry.ContentOneofCase.MemberLeft: return Leave(entry.MemberLeft, out next);
            case Entry.ContentOneofCase.CirclePolicy: return SetPolicy(entry.CirclePolicy, entryBytes, out next);
            case Entry.ContentOneofCase.CircleMember: return ChangeMember(entry.CircleMember, out next);
            case Entry.ContentOneofCase.KeyEpoch: return BeginEpoch(entry.KeyEpoch, out next);
            case Entry.ContentOneofCase.KeyGrant:
                if (KeyGrants.TryAdd(this, entry.KeyGrant, out NetworkCircle? granted) is { } fault) return fault;
                next = this with { Circles = With(granted!) };
                return null;
            case Entry.ContentOneofCase.OprfKeys:
                if (OprfKeys is { } shared && entry.OprfKeys.Version == shared.Version)
                {
                    if (OprfKeySet.FindFaultOfResharing(shared, entry.OprfKeys) is { } unequal) return unequal;
                }
                else if (entry.OprfKeys.Version <= (OprfKeys?.Version ?? 0)) return $"OPRF keys of version {entry.OprfKeys.Version} come after version {OprfKeys?.Version}.";
                next = this with { OprfKeys = entry.OprfKeys };
                return null;
            case Entry.ContentOneofCase.CertificateAuthorities: return SetAuthorities(entry.CertificateAuthorities, out next);
            case Entry.ContentOneofCase.Reveal:
                return RecordId.TryFromBytes(entry.Reveal.RecordId.Span, out _) && entry.Reveal.Reason != RevealReason.Unspecified ? null : "A Reveal entry names no record or no reason.";
            case { } kind when EntryRoute.IsOfRecord(kind):
                return null;
            default:
                return "The entry is of a kind this program does not know. Update it.";
        }
    }

    private string? Join(SignedStatement statement, out NetworkState next)
    {
        next = this;
        if (!Statements.TryRead(statement, MemberJoined.Parser, out MemberJoined? joined)
            || !MemberId.TryFromBytes(joined.MemberId.Span, out MemberId id)
            || !VerifyingKey.TryFromBytes(joined.MemberPk.Span, out VerifyingKey memberKey)
            || !BoxPublicKey.TryFromBytes(joined.BoxPk.Span, out BoxPublicKey boxKey)
            || !VerifyingKey.TryFromBytes(joined.NodePk.Span, out VerifyingKey nodeKey))
        {
            return "A MemberJoined entry cannot be read.";
        }

        if (joined.Role == MemberRole.Unspecified || joined.Name.Length == 0) return $"Member {id.Prefix} has no name or no role.";
        if (Members.ContainsKey(id)) return $"Member {id.Prefix} joined twice.";
        if (!Statements.ValidSigners(statement, nameof(MemberJoined), GenesisHash.Span, signer => signer == id ? memberKey : null).Contains(id))
        {
            return $"Member {id.Prefix} did not sign its own MemberJoined.";
        }

        if (Members.Count >= MembersWithoutSponsors)
        {
            int sponsors = Statements.ValidSigners(statement, nameof(MemberJoined), GenesisHash.Span, KeyOfActive).Count;
            if (sponsors < SponsorsNeeded) return $"Member {id.Prefix} joins with {sponsors} sponsors who are active members, where {SponsorsNeeded} are needed.";
        }

        next = this with { Members = new Dictionary<MemberId, NetworkMember>(Members) { [id] = new(id, joined, memberKey, boxKey, nodeKey, Day) } };
        return null;
    }

    private string? SetStanding(ByteString memberId, MemberStanding standing, MembershipReason reason, out NetworkState next)
    {
        next = this;
        if (!MemberId.TryFromBytes(memberId.Span, out MemberId id)) return "An entry about a member's standing cannot be read.";
        if (!Members.TryGetValue(id, out NetworkMember? member)) return $"Member {id.Prefix} is not in the log.";
        if (reason is <= MembershipReason.Unspecified or > MembershipReason.Settled) return $"The standing of member {id.Prefix} changes without a reason.";
        bool follows = standing switch
        {
            MemberStanding.Suspended => member.IsActive,
            MemberStanding.Active => member.Standing == MemberStanding.Suspended,
            _ => !member.IsGone,
        };
        if (!follows) return $"Member {id.Prefix} is {Name(member.Standing)} and cannot become {Name(standing)}.";
        next = With(member with { Standing = standing, Reason = reason });
        return null;
    }

    private string? Leave(SignedStatement statement, out NetworkState next)
    {
        next = this;
        if (!Statements.TryRead(statement, MemberLeft.Parser, out MemberLeft? left) || !MemberId.TryFromBytes(left.MemberId.Span, out MemberId id)) return "A MemberLeft entry cannot be read.";
        if (!Members.TryGetValue(id, out NetworkMember? member)) return $"Member {id.Prefix} is not in the log.";
        if (member.IsGone) return $"Member {id.Prefix} is {Name(member.Standing)} and cannot leave.";
        if (!Statements.ValidSigners(statement, nameof(MemberLeft), GenesisHash.Span, signer => signer == id ? member.MemberKey : null).Contains(id)) return $"Member {id.Prefix} did not sign its own MemberLeft.";
        next = With(member with { Standing = MemberStanding.Left, Reason = MembershipReason.Unspecified });
        return null;
    }

    private string? SetPolicy(CirclePolicy policy, ReadOnlySpan<byte> entryBytes, out NetworkState next)
    {
        next = this;
        if (!CircleId.TryFromBytes(policy.CircleId.Span, out CircleId id) || !MemberId.TryFromBytes(policy.StewardId.Span, out MemberId steward)) return "A CirclePolicy entry cannot be read.";
        if (!Members.TryGetValue(steward, out NetworkMember? stewarding) || stewarding.IsGone) return $"The steward of circle {id.Prefix} is not a member.";
        if (FindCircle(policy.Name) is { } named && named.Id != id) return $"Two circles are called '{policy.Name}'.";
        NetworkCircle circle = Circles.GetValueOrDefault(id) ?? new NetworkCircle(id, policy);

        // The steward makes the keys: from outside it would be the broker's own.
        if (circle.Epochs.Count > 0 && !circle.Members.Contains(steward)) return $"The steward of circle {id.Prefix} does not belong to it.";
        next = this with { Circles = With(circle with { Policy = policy, PolicyHash = CircleConsent.HashPolicy(entryBytes) }) };
        return null;
    }

    private string? ChangeMember(SignedStatement statement, out NetworkState next)
    {
        next = this;
        if (!Statements.TryRead(statement, CircleMember.Parser, out CircleMember? change)
            || !CircleId.TryFromBytes(change.CircleId.Span, out CircleId id)
            || !MemberId.TryFromBytes(change.MemberId.Span, out MemberId member)
            || change.Change == CircleMemberChange.Unspecified)
        {
            return "A CircleMember entry cannot be read.";
        }

        if (!Circles.TryGetValue(id, out NetworkCircle? circle)) return $"Circle {id.Prefix} is not in the log.";
        if (!Members.TryGetValue(member, out NetworkMember? changing)) return $"Member {member.Prefix} is not in the log.";
        if (change.Change == CircleMemberChange.Added && !changing.IsActive) return $"Member {member.Prefix} is {Name(changing.Standing)} and is not added to a circle.";

        // The statement says for which epoch it was signed: else a member once removed could be added again by its old statement, without anybody's signature.
        if (change.Epoch != (uint)circle.Epochs.Count) return $"The change of member {member.Prefix} in circle {id.Prefix} is for epoch {change.Epoch} where {circle.Epochs.Count} is next.";
        if (!CircleSigners.AreTwo(this, circle, statement, nameof(CircleMember))) return $"The change of member {member.Prefix} in circle {id.Prefix} is not signed by the steward and a second member.";
        HashSet<MemberId> members = [.. circle.Members];
        bool changed = change.Change == CircleMemberChange.Added ? members.Add(member) : members.Remove(member);
        if (!changed) return $"The change of member {member.Prefix} in circle {id.Prefix} changes nothing.";
        if (change.Change == CircleMemberChange.Added && FaultOfConsent(change, member, circle) is { } fault) return $"Member {member.Prefix} does not come into circle {id.Prefix}: {fault}.";
        next = this with { Circles = With(circle with { Members = members, LastChanges = new Dictionary<MemberId, uint>(circle.LastChanges) { [member] = change.Epoch } }) };
        return null;
    }

    private string? BeginEpoch(SignedStatement statement, out NetworkState next)
    {
        next = this;
        if (!Statements.TryRead(statement, KeyEpoch.Parser, out KeyEpoch? epoch) || !CircleId.TryFromBytes(epoch.CircleId.Span, out CircleId id)) return "A KeyEpoch entry cannot be read.";
        if (!Circles.TryGetValue(id, out NetworkCircle? circle)) return $"Circle {id.Prefix} is not in the log.";
        if (epoch.Epoch != (uint)circle.Epochs.Count) return $"Circle {id.Prefix} goes to epoch {epoch.Epoch} where {circle.Epochs.Count} is next.";
        if (!CircleSigners.AreTwo(this, circle, statement, nameof(KeyEpoch))) return $"Epoch {epoch.Epoch} of circle {id.Prefix} is not signed by the steward and a second member.";
        HashSet<MemberId> recipients = [];
        foreach (SealedCircleKey key in epoch.SealedKeys)
        {
            if (!MemberId.TryFromBytes(key.MemberId.Span, out MemberId member) || !recipients.Add(member)) return $"Epoch {epoch.Epoch} of circle {id.Prefix} names a recipient twice or unreadably.";
        }

        if (epoch.Commitment.Length != 32 || epoch.SealedKeys.Any(key => key.SealedKey.Length != CircleKey.Size + BoxPublicKey.SealOverhead)) return $"Epoch {epoch.Epoch} of circle {id.Prefix} holds a commitment or a sealed key of another length.";
        if (!recipients.SetEquals(circle.Members)) return $"Epoch {epoch.Epoch} of circle {id.Prefix} is sealed to others than the circle's members.";
        next = this with { Circles = With(circle with { Epochs = new Dictionary<uint, KeyEpoch>(circle.Epochs) { [epoch.Epoch] = epoch } }) };
        return null;
    }

    // Neither the broker nor steward and second member together add anybody who has not said so.
    private string? FaultOfConsent(CircleMember change, MemberId member, NetworkCircle circle)
    {
        if (circle.Epochs.Count == 0 && !circle.IsFounder(member)) return "it is not one of its founders";
        if (CircleConsent.FindAcceptance(change.Acceptance, this, circle, out string fault) is not { } acceptance) return fault;
        return acceptance.MemberId.Span.SequenceEqual(change.MemberId.Span) ? null : "the acceptance is another member's";
    }

    // Whoever is suspended may have lost its key to others; whoever is gone has no say.
    internal VerifyingKey? KeyOfActive(MemberId id) => Members.TryGetValue(id, out NetworkMember? member) && member.IsActive ? member.MemberKey : null;

    private NetworkState With(NetworkMember member)
    {
        Dictionary<MemberId, NetworkMember> members = new(Members) { [member.Id] = member };
        return member.IsGone
            ? this with { Members = members, Circles = Circles.ToDictionary(pair => pair.Key, pair => pair.Value.Without(member.Id)) }
            : this with { Members = members };
    }

    private static string Name(MemberStanding standing) => standing.ToString().ToLowerInvariant();

    private Dictionary<CircleId, NetworkCircle> With(NetworkCircle circle) => new(Circles) { [circle.Id] = circle };
}
