namespace Gateway.Storage.Broker;

/// <summary>What a broker needs so that anyone can check it: the leaves' data alone, and members' cosignatures.</summary>
public interface IWitnessStore
{
    /// <summary>The data of the leaves <paramref name="from"/> ≤ index &lt; <paramref name="to"/>, 49 bytes each, at most 256 of them; none past the end.</summary>
    ValueTask<IReadOnlyList<byte[]>> ReadLeafDataAsync(ulong from, ulong to, CancellationToken cancellation);

    /// <summary>Keeps members' cosigned checkpoints in place of their older ones.</summary>
    ValueTask SaveCosignaturesAsync(IReadOnlyCollection<StoredCosignature> cosignatures, CancellationToken cancellation);

    /// <summary>The newest of each member, by member.</summary>
    ValueTask<IReadOnlyList<StoredCosignature>> ReadCosignaturesAsync(CancellationToken cancellation);

    /// <summary>Keeps a checkpoint that the log's key has signed and this store does not have; the first one stays.</summary>
    ValueTask SaveForeignCheckpointAsync(byte[] note, DateTimeOffset foundAt, CancellationToken cancellation);

    /// <summary>It; null where none was found.</summary>
    ValueTask<byte[]?> ReadForeignCheckpointAsync(CancellationToken cancellation);

    /// <summary>Forgets it: the store has what it speaks of.</summary>
    ValueTask ForgetForeignCheckpointAsync(CancellationToken cancellation);
}
