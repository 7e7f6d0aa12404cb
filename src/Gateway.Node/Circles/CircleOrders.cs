using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Grpc.Core;

namespace Gateway.Node.Circles;

/// <summary>
/// What this member's officers order about circles. A steward's orders stay at its node: whom a key is made for is decided here and nowhere else, so that a broker cannot name anybody.
/// Members are found by name in this node's own log, never in the broker's directory.
/// </summary>
public sealed class CircleOrders(INodeStore store, CallInvoker broker, MemberId member, MemberKeys keys, Func<NodeView> view, CircleWork work, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly MembershipService.MembershipServiceClient _broker = new(broker);
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Takes part in a circle under its policy in force.</summary>
    /// <param name="name">Name of the circle.</param>
    /// <param name="confirmed">Whom the first key is for, by name or id: the steward's, before epoch 0.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task AcceptAsync(string name, IReadOnlyList<string> confirmed, CancellationToken cancellation)
    {
        NetworkState state = view().State;
        NetworkCircle circle = Find(state, name);
        if (circle.Members.Contains(member)) throw Precondition("CIRCLE_JOINED", "This member belongs to the circle already.", name, "Nothing is left to accept.");
        bool founds = circle.Steward == member && circle.Epochs.Count == 0;
        MemberId[] members = [.. confirmed.Select(one => FindMember(state, one).Id).Distinct()];
        if (founds != members.Length > 0)
        {
            throw founds
                ? Invalid("MEMBERS_UNCONFIRMED", "The steward states whom the first key is for.", "confirmed_members", $"Founders by the policy: {string.Join(", ", Founders(circle, state))}. Make sure that each is who it says, and name those.")
                : Invalid("STEWARD_ONLY", "Only the steward confirms members, and only before the first key.", "confirmed_members", "Accept without naming members.");
        }

        if (founds)
        {
            if (members.Length < 2 || !members.Contains(member)) throw Invalid("MEMBERS_UNCONFIRMED", "The first key is for this member and at least one other.", "confirmed_members", "Name them all.");
            if (members.FirstOrDefault(one => !circle.IsFounder(one)) is var stranger && stranger != default) throw Invalid("NOT_A_FOUNDER", $"Member {stranger.Prefix} is not a founder by the circle's policy.", "confirmed_members", "Invite it once the circle has its first key.");
            await ReplaceAsync(circle, _ => [.. members.Select(one => Order(circle, one, CircleMemberChange.Added))], cancellation);
        }

        SignedStatement acceptance = CircleConsent.Accept(state, circle, member, members, keys.Member);
        await _broker.AcceptCircleAsync(new AcceptCircleRequest { Acceptance = acceptance }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        work.Wake();
    }

    /// <summary>Lets a member in as soon as it accepts.</summary>
    public async Task InviteAsync(string name, string invited, CancellationToken cancellation)
    {
        NetworkState state = view().State;
        NetworkCircle circle = RequireStewardship(state, name);
        NetworkMember found = FindMember(state, invited);
        if (circle.Epochs.Count == 0) throw Precondition("CIRCLE_WITHOUT_KEY", "The circle has no key yet: its founders come in with the first one.", name, "Confirm them with `gateway circle accept`.");
        if (circle.Members.Contains(found.Id)) throw Precondition("CIRCLE_JOINED", $"{found.Name} belongs to the circle already.", name, "Nothing is left to do.");
        await ReplaceAsync(circle, before => [.. before.Where(order => order.Member != found.Id), Order(circle, found.Id, CircleMemberChange.Added)], cancellation);
        work.Wake();
    }

    /// <summary>Removes a member with the next epoch; takes back an invitation that waits.</summary>
    public async Task RemoveAsync(string name, string removed, MembershipReason reason, CancellationToken cancellation)
    {
        if (reason is MembershipReason.Unspecified or MembershipReason.Settled || !Enum.IsDefined(reason)) throw Invalid("REASON_INVALID", "The removal states no reason.", "reason", "State one of the reasons of the protocol.");
        NetworkState state = view().State;
        NetworkCircle circle = RequireStewardship(state, name);
        NetworkMember found = FindMember(state, removed);
        if (found.Id == member) throw Precondition("STEWARD_STAYS", "The steward makes the next key and cannot remove itself.", name, "Let the broker's operators name another steward first.");
        await ReplaceAsync(
            circle,
            before =>
            {
                if (!circle.Members.Contains(found.Id) && !before.Any(order => order.Member == found.Id)) throw new RefusalException(Refusal.NotFound("NOT_IN_CIRCLE", $"{found.Name} neither belongs to the circle nor is invited.", name, "See `gateway circle show`."));
                StoredCircleOrder[] others = [.. before.Where(order => order.Member != found.Id)];
                return circle.Members.Contains(found.Id) ? [.. others, Order(circle, found.Id, CircleMemberChange.Removed) with { Reason = reason }] : others;
            },
            cancellation);
        work.Wake();
    }

    /// <summary>Leaves a circle with its next epoch.</summary>
    public async Task LeaveAsync(string name, CancellationToken cancellation)
    {
        NetworkState state = view().State;
        NetworkCircle circle = Find(state, name);
        if (!circle.Members.Contains(member)) throw Precondition("NOT_IN_CIRCLE", "This member does not belong to the circle.", name, "Nothing is left to do.");
        if (circle.Steward == member) throw Precondition("STEWARD_STAYS", "The steward makes the next key and cannot leave.", name, "Let the broker's operators name another steward first.");
        await _broker.LeaveCircleAsync(new LeaveCircleRequest { Departure = CircleConsent.Leave(state, circle, member, keys.Member) }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
    }

    /// <summary>The orders that still count in a circle.</summary>
    public async Task<IReadOnlyList<StoredCircleOrder>> ReadAsync(NetworkCircle circle, CancellationToken cancellation) =>
        [.. (await store.ReadCircleOrdersAsync(cancellation)).Where(order => StillCounts(order, circle))];

    /// <summary>A circle by its name.</summary>
    /// <exception cref="RefusalException">There is none.</exception>
    public static NetworkCircle Find(NetworkState state, string name) =>
        state.FindCircle(name) ?? throw new RefusalException(Refusal.NotFound("CIRCLE_UNKNOWN", $"There is no circle called '{name}'.", "circle", "See `gateway circle list`."));

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private NetworkCircle RequireStewardship(NetworkState state, string name)
    {
        NetworkCircle circle = Find(state, name);
        return circle.Steward == member ? circle : throw new RefusalException(Refusal.Denied("STEWARD_ONLY", "Only the circle's steward decides who belongs to it.", name, "Ask the steward; see `gateway circle show`."));
    }

    private async Task ReplaceAsync(NetworkCircle circle, Func<IReadOnlyList<StoredCircleOrder>, IReadOnlyCollection<StoredCircleOrder>> change, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            while (!await TryReplaceAsync(circle, change, cancellation)) cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            _gate.Release();
        }
    }

    // An officer at another process of this node may order something at the same moment: then both orders count.
    private async Task<bool> TryReplaceAsync(NetworkCircle circle, Func<IReadOnlyList<StoredCircleOrder>, IReadOnlyCollection<StoredCircleOrder>> change, CancellationToken cancellation)
    {
        StoredCircleOrder[] before = [.. (await store.ReadCircleOrdersAsync(cancellation)).Where(order => order.Circle == circle.Id)];
        try
        {
            await store.ReplaceCircleOrdersAsync(circle.Id, change([.. before.Where(order => StillCounts(order, circle))]), cancellation, before);
            return true;
        }
        catch (Storage.StoreMovedException)
        {
            return false;
        }
    }

    private static bool StillCounts(StoredCircleOrder order, NetworkCircle circle) => order.Circle == circle.Id && CircleConsent.IsNewer(order.Epoch, order.Member, circle);

    private StoredCircleOrder Order(NetworkCircle circle, MemberId about, CircleMemberChange change) =>
        new(circle.Id, about, change, (uint)circle.Epochs.Count, MembershipReason.Unspecified, time.GetUtcNow());

    private static NetworkMember FindMember(NetworkState state, string stated)
    {
        if (MemberId.TryParse(stated, out MemberId id) && state.Members.TryGetValue(id, out NetworkMember? known)) return known;
        NetworkMember[] named = [.. state.Members.Values.Where(one => one.Name == stated)];
        return named.Length switch
        {
            1 => named[0],
            0 => throw new RefusalException(Refusal.NotFound("MEMBER_UNKNOWN", $"The log has no member called '{stated}'.", "member", "See `gateway member list`; an organisation is a member once its `gateway node init` has run.")),
            _ => throw Invalid("MEMBER_AMBIGUOUS", $"The log has {named.Length} members called '{stated}'.", "member", $"Name it by its id: {string.Join(", ", named.Select(one => one.Id))}."),
        };
    }

    private static IEnumerable<string> Founders(NetworkCircle circle, NetworkState state) =>
        state.Members.Values.Where(one => circle.IsFounder(one.Id)).OrderBy(one => one.Name, StringComparer.Ordinal).Select(one => $"{one.Name} ({one.Role}, {one.Id})");

    private static RefusalException Invalid(string code, string what, string which, string remedy) => new(Refusal.Invalid(code, what, which, remedy));

    private static RefusalException Precondition(string code, string what, string circle, string remedy) => new(Refusal.Precondition(code, what, $"circle {circle}", remedy));
}
