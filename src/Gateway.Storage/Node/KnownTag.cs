using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>A known identifier's tag under one circle's epoch.</summary>
public readonly record struct KnownTag(Tag Tag, UInt128 Hash, CircleId Circle, uint Epoch);
