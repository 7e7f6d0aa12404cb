using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>
/// What several processes of one member's node need of the store they share: who of them leads, what the others changed of what each holds in memory, and who has an identifier evaluated. A change
/// is written only by who has taken all changes before it, and leaders' work only under the lease; the others' writes happen one behind the other, as all do.
/// </summary>
public interface IReplicaStore
{
    /// <summary>How many changes this process has taken: those before the store was opened, and those since that it made or took.</summary>
    long Taken { get; }

    /// <summary>The last rows as of the changes taken: what was added since lies behind them.</summary>
    StoreRows TakenRows { get; }

    /// <summary>Compares the store's owner with this process's, and notes it in a store that has none.</summary>
    /// <param name="mark">A digest that only the member's keys make.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="StoreRefusedException">The store is another member's.</exception>
    ValueTask RequireOwnerAsync(ReadOnlyMemory<byte> mark, CancellationToken cancellation);

    /// <summary>Says that this process is there, takes the lease or renews it, and deletes the changes that all have taken.</summary>
    /// <param name="beat">What it says.</param>
    /// <param name="life">How long the lease holds without another beat.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Who is there, and the term if this process leads.</returns>
    ValueTask<ReplicaStanding> BeatAsync(ReplicaBeat beat, TimeSpan life, CancellationToken cancellation);

    /// <summary>Gives the lease up, if this process holds it, and says that the process goes.</summary>
    ValueTask LeaveAsync(CancellationToken cancellation);

    /// <summary>Who was there at the last beat of each.</summary>
    ValueTask<IReadOnlyList<Replica>> ReadReplicasAsync(CancellationToken cancellation);

    /// <summary>What is begun before the result is disposed, and all that it begins, writes only while this process holds the lease of that term: else nothing is written, and <see cref="StoreUnavailableException"/> says so.</summary>
    IDisposable ActUnder(long term);

    /// <summary>The changes that this process has not taken, oldest first.</summary>
    ValueTask<StoreNews> ReadNewsAsync(CancellationToken cancellation);

    /// <summary>Says that this process has taken changes.</summary>
    void Take(StoreNews news);

    /// <summary>
    /// Claims identifiers for evaluation by this process, renewing what it has claimed before. What another has claimed is not given, until its claim ends or the identifier is known.
    /// </summary>
    /// <param name="version">OPRF version.</param>
    /// <param name="hashes">The identifiers.</param>
    /// <param name="life">How long a claim holds.</param>
    /// <param name="cancellation">Ends the call.</param>
    ValueTask<IdentifierClaims> ClaimAsync(uint version, IReadOnlyCollection<UInt128> hashes, TimeSpan life, CancellationToken cancellation);

    /// <summary>Yields what other processes have written, as it is committed; <see cref="StoreTopic.Everything"/> whenever it begins to listen, for something may have been missed.</summary>
    IAsyncEnumerable<StoreTopic> FollowOthersAsync(CancellationToken cancellation);
}

/// <summary>What a process says of itself.</summary>
/// <param name="Name">Its name, for people.</param>
/// <param name="HeardAt">When it last heard the broker, Unix milliseconds; 0 when it does not follow the log.</param>
/// <param name="WantsLease">Whether it takes the lease, where it is free.</param>
/// <param name="Taken">Up to which change nothing is left in its memory that the change takes away.</param>
public sealed record ReplicaBeat(string Name, long HeardAt, bool WantsLease, long Taken);

/// <summary>A process that shares the store.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsSelf">Whether it is this one.</param>
/// <param name="Leads">Whether it holds the lease.</param>
/// <param name="Taken">Changes it has taken, as of its last beat.</param>
/// <param name="SeenAgo">Since its last beat.</param>
/// <param name="HeardAt">When it last heard the broker, Unix milliseconds; 0 when it does not follow the log.</param>
public sealed record Replica(string Name, bool IsSelf, bool Leads, long Taken, TimeSpan SeenAgo, long HeardAt);

/// <summary>How a process stands after a beat.</summary>
/// <param name="Term">Term of its lease; null when another leads.</param>
/// <param name="Replicas">Who is there.</param>
public sealed record ReplicaStanding(long? Term, IReadOnlyList<Replica> Replicas);

/// <summary>Which of the identifiers asked for this process may have evaluated, and which are known already.</summary>
/// <param name="Mine">Claimed by this process.</param>
/// <param name="Known">Known in the store.</param>
public sealed record IdentifierClaims(IReadOnlySet<UInt128> Mine, IReadOnlySet<UInt128> Known);

/// <summary>What another process has written.</summary>
public enum StoreTopic
{
    /// <summary>Anything may have been written.</summary>
    Everything,

    /// <summary>Something that processes hold in memory: see <see cref="IReplicaStore.ReadNewsAsync"/>.</summary>
    News,

    /// <summary>The lease is free.</summary>
    Lease,

    /// <summary>The outbox.</summary>
    Outbox,

    /// <summary>Sellers.</summary>
    Sellers,

    /// <summary>Meetings to be looked at.</summary>
    Meetings,

    /// <summary>Dismissals.</summary>
    Dismissals,

    /// <summary>Orders about circles.</summary>
    Circles,

    /// <summary>Cases.</summary>
    Cases,

    /// <summary>Outcomes to be sent.</summary>
    Outcomes,

    /// <summary>What is accepted of the log.</summary>
    Standing,

    /// <summary>Evidence of a fork.</summary>
    Evidence,
}
