namespace Gateway.Storage;

/// <summary>Another process on the same store has changed what a write builds on. Nothing of the write has happened; take the others' changes (IReplicaStore.ReadNewsAsync) and build on them.</summary>
public sealed class StoreMovedException() : Exception("The store has gone on: another process of this node has written.")
{
}
