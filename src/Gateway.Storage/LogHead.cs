namespace Gateway.Storage;

/// <summary>The newest checkpoint in a store.</summary>
/// <param name="Size">Leaves it covers.</param>
/// <param name="Note">The C2SP signed note.</param>
public sealed record LogHead(ulong Size, byte[] Note);

/// <summary>One leaf of the log with what the holder of the store may read of it.</summary>
/// <param name="Index">Index in the log.</param>
/// <param name="LeafData">49 bytes (protocol §7).</param>
/// <param name="Salt">16 bytes, or null where the entry is not readable here.</param>
/// <param name="Entry">The entry's bytes, or null where it is not readable here.</param>
public sealed record LoggedLeaf(ulong Index, byte[] LeafData, byte[]? Salt, byte[]? Entry);
