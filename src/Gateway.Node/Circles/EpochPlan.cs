using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Circles;

/// <summary>
/// The next epoch of a circle as its steward makes it: who comes in, having been confirmed or invited by the steward's officer and having accepted; who goes, removed or leaving or gone from
/// the network; who then holds the key.
/// </summary>
public sealed class EpochPlan
{
    private const int MostMembers = 256;

    private readonly NetworkCircle _circle;
    private readonly SortedDictionary<MemberId, SignedStatement> _joining = [];
    private readonly SortedDictionary<MemberId, MembershipReason> _leaving = [];
    private readonly SortedSet<MemberId> _members;

    private EpochPlan(NetworkCircle circle)
    {
        _circle = circle;
        _members = [.. circle.Members];
    }

    /// <summary>The epoch.</summary>
    public uint Epoch => (uint)_circle.Epochs.Count;

    /// <summary>Tells one plan from another: two with the same text make the same changes.</summary>
    public override string ToString() => $"{Epoch}+{string.Join(',', _joining.Keys)}-{string.Join(',', _leaving.Keys)}={string.Join(',', _members)}";

    /// <summary>Plans the next epoch; null when none is due, or not possible yet.</summary>
    /// <param name="circle">The circle; this member is its steward.</param>
    /// <param name="state">The network.</param>
    /// <param name="steward">This member.</param>
    /// <param name="orders">Its officers' orders that count.</param>
    /// <param name="waiting">What the broker says that members have said; judged here anew.</param>
    /// <param name="mostJoining">How many may come in at once.</param>
    public static EpochPlan? Of(NetworkCircle circle, NetworkState state, MemberId steward, IReadOnlyList<StoredCircleOrder> orders, ListCircleStatementsResponse waiting, int mostJoining)
    {
        EpochPlan plan = new(circle);
        Dictionary<MemberId, SignedStatement> accepted = Accepted(circle, state, steward, orders, waiting);
        MemberId[] wanted = [.. orders.Where(order => order.Change == CircleMemberChange.Added && IsActive(order.Member) && !circle.Members.Contains(order.Member)).Select(order => order.Member)];
        if (circle.Epochs.Count == 0)
        {
            // All that the officer confirmed, or nobody: who is missing would be left out of what it founded.
            if (wanted.Length < 2 || !wanted.All(accepted.ContainsKey)) return null;
            foreach (MemberId founder in wanted) plan.Add(founder, accepted[founder]);
            return plan;
        }

        foreach (StoredCircleOrder order in orders.Where(order => order.Change == CircleMemberChange.Removed)) plan.Remove(order.Member, order.Reason, steward);
        foreach (SignedStatement departure in waiting.Departures)
        {
            if (CircleConsent.FindDeparture(departure, state, circle, out _) is { } leaving) plan.Remove(leaving, MembershipReason.Requested, steward);
        }

        foreach (MemberId invited in wanted.Where(accepted.ContainsKey).Take(Math.Min(mostJoining, MostMembers - plan._members.Count))) plan.Add(invited, accepted[invited]);
        bool isDue = plan._joining.Count > 0 || plan._leaving.Count > 0 || circle.NeedsEpoch;

        // Who signs second belongs to the circle before and after.
        return isDue && circle.Members.Any(one => one != steward && IsActive(one) && plan._members.Contains(one)) ? plan : null;

        bool IsActive(MemberId one) => state.Members.TryGetValue(one, out NetworkMember? member) && member.IsActive;
    }

    /// <summary>Makes the statements of the epoch and signs them as steward.</summary>
    /// <param name="state">The network.</param>
    /// <param name="steward">This member.</param>
    /// <param name="memberKey">Its member key.</param>
    /// <param name="granted">Keys of older epochs for who comes in.</param>
    /// <param name="random">Draws the key.</param>
    public ProposeEpochRequest Propose(NetworkState state, MemberId steward, SigningKey memberKey, IReadOnlyList<CircleKey> granted, RandomSource random)
    {
        using CircleKey key = CircleKey.Create(_circle.Id, Epoch, random);
        ByteString circle = _circle.Id.ToByteString();
        KeyEpoch epoch = new() { CircleId = circle, Epoch = Epoch, Commitment = ByteString.CopyFrom(key.Commitment.Span) };
        epoch.SealedKeys.AddRange(_members.Select(one => new SealedCircleKey { MemberId = one.ToByteString(), SealedKey = SealedTo(key, one) }));
        ProposeEpochRequest request = new() { RouteKey = ByteString.CopyFrom(key.RouteKey.ToArray()), KeyEpoch = Signed(epoch) };
        foreach ((MemberId one, MembershipReason reason) in _leaving) request.CircleMembers.Add(Signed(Change(one, CircleMemberChange.Removed, change => change.Reason = reason)));
        foreach ((MemberId one, SignedStatement acceptance) in _joining) request.CircleMembers.Add(Signed(Change(one, CircleMemberChange.Added, change => change.Acceptance = acceptance)));
        if (_joining.Count == 0 || granted.Count == 0) return request;
        KeyGrant grant = new() { CircleId = circle, Epoch = Epoch };
        foreach (MemberId one in _joining.Keys) grant.GrantedKeys.AddRange(granted.Select(older => new GrantedKey { MemberId = one.ToByteString(), Epoch = older.Epoch, SealedKey = SealedTo(older, one) }));
        request.KeyGrant = Signed(grant);
        return request;

        ByteString SealedTo(CircleKey one, MemberId recipient) => ByteString.CopyFrom(one.SealTo(state.Members[recipient].BoxKey));

        SignedStatement Signed<T>(T message)
            where T : IMessage<T> => Statements.Sign(message, state.GenesisHash.Span, steward, memberKey);

        CircleMember Change(MemberId one, CircleMemberChange what, Action<CircleMember> complete)
        {
            CircleMember change = new() { CircleId = circle, MemberId = one.ToByteString(), Change = what, Epoch = Epoch };
            complete(change);
            return change;
        }
    }

    // The steward's own states whom the key is for: an older one of its own, repeated by the broker, would state others.
    private static Dictionary<MemberId, SignedStatement> Accepted(NetworkCircle circle, NetworkState state, MemberId steward, IReadOnlyList<StoredCircleOrder> orders, ListCircleStatementsResponse waiting)
    {
        HashSet<MemberId> confirmed = [.. orders.Where(order => order.Change == CircleMemberChange.Added).Select(order => order.Member)];
        Dictionary<MemberId, SignedStatement> accepted = [];
        foreach (SignedStatement statement in waiting.Acceptances)
        {
            if (CircleConsent.FindAcceptance(statement, state, circle, out _) is not { } acceptance) continue;
            MemberId member = MemberId.FromBytes(acceptance.MemberId.Span);
            if (member == steward && !CircleConsent.ConfirmedBy(acceptance).SetEquals(confirmed)) continue;
            accepted[member] = statement;
        }

        return accepted;
    }

    private void Add(MemberId member, SignedStatement acceptance)
    {
        if (_leaving.ContainsKey(member)) return;
        _joining[member] = acceptance;
        _members.Add(member);
    }

    private void Remove(MemberId member, MembershipReason reason, MemberId steward)
    {
        if (member != steward && _members.Remove(member)) _leaving[member] = reason;
    }
}
