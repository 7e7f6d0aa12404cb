using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;
using Gateway.Node.Circles;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>A name of a party with the local hashes of its NAME identifiers. Its words become objects only when some record has one of them, which most names never see.</summary>
/// <param name="role">The part the party plays.</param>
/// <param name="field">The column, e.g. consignor_name.</param>
/// <param name="party">The party.</param>
/// <param name="text">The name as written.</param>
/// <param name="hashes">The hash of each of its NAME identifiers, each once.</param>
public sealed class PreparedName(PartyRole role, string field, Party party, string text, UInt128[] hashes)
{
    private volatile Compared? _earlier;
    private volatile KeyedName? _keyed;

    /// <summary>The part the party plays.</summary>
    public PartyRole Role { get; } = role;

    /// <summary>The column, e.g. consignor_name.</summary>
    public string Field { get; } = field;

    /// <summary>The party.</summary>
    public Party Party { get; } = party;

    /// <summary>The hash of each of its NAME identifiers, each once.</summary>
    public ReadOnlySpan<UInt128> Hashes => hashes;

    /// <summary>The words and their identifiers.</summary>
    internal KeyedName Keyed => _keyed ??= NameKeys.Of(text, Party.Kind);

    /// <summary>What came of comparing it the last time, when all its words were known.</summary>
    internal Compared? Earlier
    {
        get => _earlier;
        set => _earlier = value;
    }

    /// <summary>The role alone: a name is personal data.</summary>
    public override string ToString() => $"name of {Role}";
}

/// <summary>What came of comparing a name, and under which rules and with which records.</summary>
/// <param name="rules">Circles, members, keys and day.</param>
/// <param name="met">What its identifiers met.</param>
/// <param name="liveRecords">Live records then: how rare words are follows from it.</param>
/// <param name="generation">The records' generation then.</param>
/// <param name="similar">The records like it.</param>
internal sealed class Compared(ComparedUnder rules, ulong met, int liveRecords, long generation, IReadOnlyList<V1.SimilarName> similar)
{
    private long _generation = generation;

    /// <summary>Circles, members, keys and day.</summary>
    public ComparedUnder Rules { get; } = rules;

    /// <summary>What its identifiers met.</summary>
    public ulong Met { get; } = met;

    /// <summary>The last generation of the records at which it was found to hold still.</summary>
    public long Generation
    {
        get => Volatile.Read(ref _generation);
        set => Volatile.Write(ref _generation, value);
    }

    /// <summary>The records like it.</summary>
    public IReadOnlyList<V1.SimilarName> Similar { get; } = similar;

    /// <summary>Whether so many live records leave words about as rare as they were: within a fifth of a bit.</summary>
    public bool HoldsAmong(int records) => Math.Abs(records - liveRecords) <= liveRecords / 8;
}

/// <summary>All of a view that a comparison depends on. It stays while records come and go.</summary>
internal readonly struct ComparedUnder(NodeView view, UtcDay day) : IEquatable<ComparedUnder>
{
    private readonly IReadOnlyDictionary<CircleId, NetworkCircle> _circles = view.State.Circles;
    private readonly IReadOnlyDictionary<MemberId, NetworkMember> _members = view.State.Members;
    private readonly CircleKeyring _keyring = view.Keyring;
    private readonly UtcDay _day = day;

    public bool Equals(ComparedUnder other) => ReferenceEquals(_circles, other._circles) && ReferenceEquals(_members, other._members) && ReferenceEquals(_keyring, other._keyring) && _day == other._day;

    public override bool Equals(object? obj) => obj is ComparedUnder other && Equals(other);

    public override int GetHashCode() => _day.GetHashCode();
}
