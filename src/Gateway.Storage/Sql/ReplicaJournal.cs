using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

/// <summary>What a process that shares its store with others does in its transactions. A store that is one process's alone has none.</summary>
internal abstract class ReplicaJournal
{
    /// <summary>Records or identifiers a change lists at most; one of more has the others read everything anew.</summary>
    public const int MostListed = 20_000;

    /// <summary>A transaction is about to be committed: whoever acts under the lease must hold it until then.</summary>
    /// <exception cref="StoreUnavailableException">It does not.</exception>
    public abstract void BeforeCommit(Session session);

    /// <summary>The transaction has ended.</summary>
    public abstract void End(bool committed);

    /// <summary>Looks whether this process has taken all changes.</summary>
    /// <exception cref="StoreMovedException">It has not.</exception>
    public abstract void RequireInStep(Session session);

    /// <summary>Puts a change behind those before it, all of which this process has taken.</summary>
    /// <exception cref="StoreMovedException">It has not taken all.</exception>
    public abstract void Append(Session session, NodeChange change);

    /// <summary>Tells the other processes, when the transaction commits, that something was written.</summary>
    public abstract void Tell(Session session, StoreTopic topic);

    /// <summary>Identifiers are known: nobody's claim on them is needed any more.</summary>
    public abstract void EndClaims(Session session, uint version, IReadOnlyCollection<UInt128> hashes);
}
