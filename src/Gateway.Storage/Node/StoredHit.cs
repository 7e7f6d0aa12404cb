namespace Gateway.Storage.Node;

/// <summary>A known identifier meets a record.</summary>
public readonly record struct StoredHit(UInt128 Hash, int Record);
