using System.Collections.Immutable;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>
/// When what held in the circles: memberships, epochs, keys given, policies, by index in the log. It decides who is shown an entry, at the broker, and whose absence is a fault, at the node:
/// both derive it from the same entries. Immutable. What an entry changes holds for the leaves after it.
/// </summary>
public sealed class CircleHistory
{
    private readonly ImmutableDictionary<CircleId, Timeline> _circles;

    private CircleHistory(ImmutableDictionary<CircleId, Timeline> circles) => _circles = circles;

    /// <summary>Before the first circle.</summary>
    public static CircleHistory Empty { get; } = new(ImmutableDictionary<CircleId, Timeline>.Empty);

    /// <summary>The history after an entry.</summary>
    /// <param name="index">The entry's index.</param>
    /// <param name="before">The state before it.</param>
    /// <param name="after">The state after it.</param>
    public CircleHistory After(ulong index, NetworkState before, NetworkState after)
    {
        if (ReferenceEquals(before.Circles, after.Circles)) return this;
        ImmutableDictionary<CircleId, Timeline> circles = _circles;
        foreach (NetworkCircle circle in after.Circles.Values)
        {
            NetworkCircle? known = before.Circles.GetValueOrDefault(circle.Id);
            if (!ReferenceEquals(known, circle)) circles = circles.SetItem(circle.Id, circles.GetValueOrDefault(circle.Id, Timeline.Empty).After(index, known ?? new NetworkCircle(circle.Id, new CirclePolicy()), circle));
        }

        return new CircleHistory(circles);
    }

    /// <summary>Whether a member belonged to a circle when the leaf at an index was added.</summary>
    public bool IsMemberAt(CircleId circle, MemberId member, ulong index) =>
        _circles.TryGetValue(circle, out Timeline? timeline) && timeline.Memberships.TryGetValue(member, out ImmutableList<Period>? periods) && periods.Exists(period => period.From < index && index < period.To);

    /// <summary>Whether a member belonged to a circle once and does so no more.</summary>
    public bool HasLeft(CircleId circle, MemberId member) =>
        _circles.TryGetValue(circle, out Timeline? timeline) && timeline.Memberships.TryGetValue(member, out ImmutableList<Period>? periods) && periods[^1].To != ulong.MaxValue;

    /// <summary>
    /// Whether a member is shown the leaf at an index under a circle's epoch: it was given the key below the leaf, or below the size it has read already, and had not been removed since by then.
    /// </summary>
    public bool HoldsKey(CircleId circle, uint epoch, MemberId member, ulong index, ulong stateSize)
    {
        ulong read = Math.Max(index, stateSize);
        return _circles.TryGetValue(circle, out Timeline? timeline) && timeline.Keys.TryGetValue((member, epoch), out ImmutableList<Period>? periods) && periods.Exists(period => period.From < read && index < period.To);
    }

    /// <summary>Whether a member holds the key of a circle's epoch at the end of the log.</summary>
    public bool HoldsKey(CircleId circle, uint epoch, MemberId member) => HoldsKey(circle, epoch, member, ulong.MaxValue - 1, 0);

    /// <summary>The epochs whose keys a member holds in the tree of a size, ascending.</summary>
    public IReadOnlyList<uint> EpochsHeld(CircleId circle, MemberId member, ulong size) => _circles.TryGetValue(circle, out Timeline? timeline)
        ? [.. timeline.Keys.Where(key => key.Key.Member == member && key.Value.Exists(period => period.From < size && size <= period.To)).Select(key => key.Key.Epoch).Order()]
        : [];

    /// <summary>Index of the KeyEpoch entry of an epoch, or null.</summary>
    public ulong? EpochBegan(CircleId circle, uint epoch) =>
        _circles.TryGetValue(circle, out Timeline? timeline) && epoch < (uint)timeline.Epochs.Count ? timeline.Epochs[(int)epoch] : null;

    /// <summary>The policy in force in the tree of a size, or null.</summary>
    public CirclePolicy? PolicyAt(CircleId circle, ulong size) =>
        _circles.TryGetValue(circle, out Timeline? timeline) ? timeline.Policies.FindLast(policy => policy.From < size).Policy : null;

    // From, and to but not including, an index; open ones end at the largest number.
    private readonly record struct Period(ulong From, ulong To);

    private sealed record Timeline
    {
        public static Timeline Empty { get; } = new();

        public ImmutableList<(ulong From, CirclePolicy Policy)> Policies { get; private init; } = [];

        public ImmutableList<ulong> Epochs { get; private init; } = [];

        public ImmutableDictionary<MemberId, ImmutableList<Period>> Memberships { get; private init; } = ImmutableDictionary<MemberId, ImmutableList<Period>>.Empty;

        public ImmutableDictionary<(MemberId Member, uint Epoch), ImmutableList<Period>> Keys { get; private init; } = ImmutableDictionary<(MemberId, uint), ImmutableList<Period>>.Empty;

        public Timeline After(ulong index, NetworkCircle before, NetworkCircle after)
        {
            Timeline next = this;
            if (!ReferenceEquals(before.Policy, after.Policy)) next = next with { Policies = next.Policies.Add((index, after.Policy)) };
            foreach (MemberId left in before.Members.Except(after.Members)) next = next.Remove(index, left);
            foreach (MemberId joined in after.Members.Except(before.Members)) next = next with { Memberships = Open(next.Memberships, joined, index) };
            for (uint epoch = (uint)before.Epochs.Count; epoch < (uint)after.Epochs.Count; epoch++)
            {
                next = next with { Epochs = next.Epochs.Add(index) };
                foreach (SealedCircleKey key in after.Epochs[epoch].SealedKeys) next = next.Give(index, MemberId.FromBytes(key.MemberId.Span), epoch);
            }

            foreach (GrantedKey key in after.Grants.Skip(before.Grants.Count).SelectMany(grant => grant.GrantedKeys)) next = next.Give(index, MemberId.FromBytes(key.MemberId.Span), key.Epoch);
            return next;
        }

        private Timeline Give(ulong index, MemberId member, uint epoch) =>
            Keys.TryGetValue((member, epoch), out ImmutableList<Period>? periods) && periods[^1].To == ulong.MaxValue ? this : this with { Keys = Open(Keys, (member, epoch), index) };

        private Timeline Remove(ulong index, MemberId member)
        {
            Timeline next = this with { Memberships = Close(Memberships, member, index) };
            foreach ((MemberId Member, uint Epoch) key in Keys.Keys.Where(key => key.Member == member)) next = next with { Keys = Close(next.Keys, key, index) };
            return next;
        }

        private static ImmutableDictionary<T, ImmutableList<Period>> Open<T>(ImmutableDictionary<T, ImmutableList<Period>> all, T key, ulong index)
            where T : notnull => all.SetItem(key, all.GetValueOrDefault(key, []).Add(new Period(index, ulong.MaxValue)));

        private static ImmutableDictionary<T, ImmutableList<Period>> Close<T>(ImmutableDictionary<T, ImmutableList<Period>> all, T key, ulong index)
            where T : notnull => all.TryGetValue(key, out ImmutableList<Period>? periods) && periods[^1].To == ulong.MaxValue ? all.SetItem(key, periods.SetItem(periods.Count - 1, periods[^1] with { To = index })) : all;
    }
}
