namespace Gateway.Storage;

/// <summary>Another process on the same store has changed what a write builds on. Nothing of the write has happened; take the others' changes (IReplicaStore.ReadNewsAsync) and build on them.</summary>
/// <param name="taken">Changes the write builds on.</param>
public sealed class StoreMovedException(long taken) : Exception($"The store has gone on since change {taken}: another process of this node has written.")
{
    /// <summary>Changes the write builds on.</summary>
    public long Taken { get; } = taken;
}
