using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Storage.Broker;

/// <summary>
/// What operators of the broker decide. The rule of two holds here, whoever calls: a change that takes two operators is never carried out in the name of its author, in whatever
/// letter case, and an open change is decided once, before its end.
/// </summary>
public interface IChangeStore
{
    /// <summary>Keeps a proposal. Returns its number, 1 upwards.</summary>
    ValueTask<long> AddAsync(ProposedChange proposed, CancellationToken cancellation);

    /// <summary>A proposal by its number, or null.</summary>
    ValueTask<StoredChange?> FindAsync(long number, CancellationToken cancellation);

    /// <summary>Proposals, the newest first: at most <paramref name="most"/>, or all that nobody has decided.</summary>
    ValueTask<IReadOnlyList<StoredChange>> ListAsync(bool undecidedOnly, int most, CancellationToken cancellation);

    /// <summary>How many changes of a kind were carried out after a time, however many were proposed since.</summary>
    ValueTask<int> CountExecutedAsync(Change.KindOneofCase kind, DateTimeOffset since, CancellationToken cancellation);

    /// <summary>Decides a change that leads to no entry of the log; one that does is decided by <see cref="LogAppend.Decisions"/>.</summary>
    /// <exception cref="ChangeDecidedException">It is not open to this decision.</exception>
    ValueTask DecideAsync(ChangeDecision decision, CancellationToken cancellation);

    /// <summary>Keeps a sponsor's signature of an open admission's statement, in place of an earlier one of the same member.</summary>
    ValueTask AddSponsorAsync(long number, MemberId member, ReadOnlyMemory<byte> signature, CancellationToken cancellation);

    /// <summary>The sponsors' signatures of an admission's statement, by member.</summary>
    ValueTask<IReadOnlyList<StatementSignature>> ReadSponsorsAsync(long number, CancellationToken cancellation);

    /// <summary>Keeps the operators that a new broker begins with; only where there are none.</summary>
    ValueTask AddFirstOperatorsAsync(IReadOnlyCollection<string> names, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Every operator there is and was, by name.</summary>
    ValueTask<IReadOnlyList<StoredOperator>> ReadOperatorsAsync(CancellationToken cancellation);
}

/// <summary>A proposal before it has a number.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Change">The Change, serialised.</param>
/// <param name="Author">Operator who proposes it.</param>
/// <param name="ProposedAt">When.</param>
/// <param name="ExpiresAt">From when on it cannot be approved.</param>
public sealed record ProposedChange(Change.KindOneofCase Kind, byte[] Change, string Author, DateTimeOffset ProposedAt, DateTimeOffset ExpiresAt);

/// <summary>A proposal as it is kept.</summary>
/// <param name="Number">Its number, 1 upwards.</param>
/// <param name="Proposed">What was proposed.</param>
/// <param name="State">Open, executed or rejected.</param>
/// <param name="DecidedBy">Operator who decided it, or null.</param>
/// <param name="DecidedAt">When, or null.</param>
/// <param name="Index">Leaf of the first entry it led to, or null.</param>
public sealed record StoredChange(long Number, ProposedChange Proposed, ChangeState State, string? DecidedBy, DateTimeOffset? DecidedAt, ulong? Index);

/// <summary>The decision about an open change, with what it brings into the store beside the log; all in one transaction.</summary>
/// <param name="Number">Number of the change.</param>
/// <param name="State">Executed or rejected.</param>
/// <param name="Operator">Who decides.</param>
/// <param name="At">When.</param>
public sealed record ChangeDecision(long Number, ChangeState State, string Operator, DateTimeOffset At)
{
    /// <summary>Leaf of the first entry it leads to; the sequencer fills it in.</summary>
    public ulong? Index { get; init; }

    /// <summary>The invitation that an admission gives.</summary>
    public Invitation? Invitation { get; init; }

    /// <summary>The share of the OPRF keys that waits for its evaluator from then on; it takes the place of one that waits.</summary>
    public StoredShareOffer? ShareOffer { get; init; }

    /// <summary>An operator admitted by it.</summary>
    public string? AdmittedOperator { get; init; }

    /// <summary>An operator removed by it.</summary>
    public string? RemovedOperator { get; init; }
}

/// <summary>An operator of the broker.</summary>
/// <param name="Name">Name, lower-case.</param>
/// <param name="AdmittedAt">When it was admitted.</param>
/// <param name="RemovedAt">When it was removed, or null.</param>
public sealed record StoredOperator(string Name, DateTimeOffset AdmittedAt, DateTimeOffset? RemovedAt);

/// <summary>A change is not open to a decision: decided already, past its end, or decided by its own author.</summary>
public sealed class ChangeDecidedException(long number) : Exception($"Change {number} is not open to this decision.")
{
    /// <summary>Number of the change.</summary>
    public long Number { get; } = number;
}
