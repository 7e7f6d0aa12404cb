using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>A seller of the member's own that it watches.</summary>
public sealed record StoredSeller
{
    /// <summary>Number given by the store; 0 before.</summary>
    public long Id { get; init; }

    /// <summary>Keyed digest of the member's own reference, 32 bytes: one seller each.</summary>
    public required byte[] Reference { get; init; }

    /// <summary>Keyed digest of what was registered, 32 bytes: tells a repetition from a change.</summary>
    public required byte[] Content { get; init; }

    /// <summary>What was registered, sealed under the node's cache key.</summary>
    public required byte[] Sealed { get; init; }

    /// <summary>Day of the registration, or of its last change.</summary>
    public required UtcDay RegisteredDay { get; init; }

    /// <summary>Local hashes of its identifiers, each once; empty where sellers are read in lists.</summary>
    public IReadOnlyList<UInt128> Hashes { get; init; } = [];
}

/// <summary>What saving a seller did.</summary>
public enum SellerChange
{
    /// <summary>The reference was not registered.</summary>
    Added = 1,

    /// <summary>It was registered with other content.</summary>
    Replaced = 2,

    /// <summary>It was registered just so.</summary>
    Unchanged = 3,
}
