using Gateway.Storage.Node;

namespace Gateway.Node.Replicas;

/// <summary>Whether this process does the work that one process of a node alone may do. It always does where the store is its alone.</summary>
public sealed class Leadership(INodeStore store)
{
    private volatile IReadOnlyList<Replica> _replicas = [];
    private long _term = -1;

    /// <summary>Whether it does.</summary>
    public bool IsHeld => store.Replicas is null || Term is not null;

    /// <summary>Term of the lease it holds; null without one.</summary>
    public long? Term => Interlocked.Read(ref _term) is var term and >= 0 ? term : null;

    /// <summary>The processes of this node as of the last beat; none where the store is this one's alone.</summary>
    public IReadOnlyList<Replica> Replicas => _replicas;

    /// <summary>The process that leads, unless it is this one; null where it is, or where nobody does.</summary>
    public Replica? Leader => _replicas.FirstOrDefault(replica => replica is { Leads: true, IsSelf: false });

    /// <summary>Has what is begun before the result is disposed write only while this process leads. Null where there is nothing to hold.</summary>
    public IDisposable? Act() => Term is { } term ? store.Replicas?.ActUnder(term) : null;

    internal void Set(long? term, IReadOnlyList<Replica> replicas)
    {
        Interlocked.Exchange(ref _term, term ?? -1);
        _replicas = replicas;
    }
}
