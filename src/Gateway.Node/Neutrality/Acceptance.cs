using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Neutrality;

/// <summary>
/// How many leaves of the log are accepted: under checkpoints that this node has verified and enough other members have cosigned (protocol §10). What cannot be undone waits for it. It never goes
/// back, also over a restart.
/// </summary>
public sealed class Acceptance
{
    private readonly INeutralityStore _store;
    private ulong _size;

    private Acceptance(INeutralityStore store, ulong size)
    {
        _store = store;
        _size = size;
    }

    /// <summary>The accepted size became larger; told after it is durable.</summary>
    public event Action<ulong>? Advanced;

    /// <summary>Leaves accepted.</summary>
    public ulong Size => Volatile.Read(ref _size);

    /// <summary>Reads it from the store.</summary>
    public static async Task<Acceptance> LoadAsync(INodeStore store, CancellationToken cancellation) =>
        new(store.Neutrality, await store.Neutrality.ReadAcceptedSizeAsync(cancellation));

    /// <summary>Takes over what another process on the store has accepted.</summary>
    internal async Task CatchUpAsync(CancellationToken cancellation)
    {
        ulong size = await _store.ReadAcceptedSizeAsync(cancellation);
        if (size <= Size) return;
        Volatile.Write(ref _size, size);
        Advanced?.Invoke(size);
    }

    /// <summary>Keeps cosignatures that hold, and a size that they accept.</summary>
    internal async Task AdvanceAsync(IReadOnlyCollection<StoredCosignature> cosignatures, ulong size, CancellationToken cancellation)
    {
        if (cosignatures.Count == 0 && size <= Size) return;
        await _store.AcceptAsync(cosignatures, size, cancellation);
        if (size <= Size) return;
        Volatile.Write(ref _size, size);
        Advanced?.Invoke(size);
    }
}
