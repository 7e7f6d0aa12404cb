using System.Collections.Immutable;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Circles;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Node.Feed;

/// <summary>What this node holds to be true of the network: everything up to one verified checkpoint. Immutable.</summary>
/// <param name="State">Members, circles, keys, day.</param>
/// <param name="Keyring">The circle keys this member can open.</param>
/// <param name="Size">Leaves applied.</param>
/// <param name="Root">Root over them.</param>
public sealed record NodeView(NetworkState State, CircleKeyring Keyring, ulong Size, TreeHash Root)
{
    /// <summary>When what held in the circles.</summary>
    public CircleHistory History { get; init; } = CircleHistory.Empty;

    private ImmutableList<(ulong Index, UtcDay Day)> Days { get; init; } = [];

    /// <summary>The log's day at a leaf: what the last Day before it says.</summary>
    public UtcDay DayAt(ulong index) => Days.FindLast(begun => begun.Index <= index).Day;

    /// <summary>
    /// The day by which records expire here: the log's, but never later than the day after this node's own. A broker whose clock runs ahead, or that says so, deletes nothing here.
    /// </summary>
    public UtcDay ExpiryDay(TimeProvider time) => Bounded(State.Day, time);

    /// <summary>The same as of a leaf.</summary>
    public UtcDay ExpiryDay(TimeProvider time, ulong index) => Bounded(DayAt(index), time);

    /// <summary>Whether a member reads in a circle now: it holds a key there, its role may, and the day is one of the policy's.</summary>
    public bool Reads(MemberId member, CircleId circle, TimeProvider time) =>
        State.Members.TryGetValue(member, out NetworkMember? me) && State.Circles.TryGetValue(circle, out NetworkCircle? joined) && joined.MayRead(me) && joined.IsOpenOn(ExpiryDay(time));

    /// <summary>Before the first batch.</summary>
    public static NodeView Empty { get; } = new(NetworkState.Empty, CircleKeyring.Empty, 0, MerkleHash.EmptyRoot);

    /// <summary>The view after an entry of the network's state; size and root stay.</summary>
    internal static (NodeView View, KeyringChange? Change) After(NodeView before, ulong index, Entry entry, ReadOnlySpan<byte> bytes, MemberId member, BoxKey box, out string? refusal)
    {
        refusal = before.State.TryApply(entry, bytes, out NetworkState next);
        if (refusal is not null) return (before, null);
        KeyringChange change = before.Keyring.After(entry, next, member, box);
        return (before with { State = next, Keyring = change.Keyring, History = before.History.After(index, before.State, next), Days = next.Day == before.State.Day ? before.Days : before.Days.Add((index, next.Day)) }, change);
    }

    private static UtcDay Bounded(UtcDay day, TimeProvider time)
    {
        UtcDay tomorrow = UtcDay.Of(time.GetUtcNow()).AddDays(1);
        return day < tomorrow ? day : tomorrow;
    }
}
