using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>An identifier this node has had evaluated.</summary>
/// <param name="Version">OPRF version.</param>
/// <param name="Hash">SipHash-128 of the identifier under the node's key.</param>
/// <param name="SealedEvaluation">y (64 bytes) sealed under the node's cache key.</param>
/// <param name="UsedDay">Day it was last used: unused ones go after 13 months.</param>
public sealed record KnownIdentifier(uint Version, UInt128 Hash, byte[] SealedEvaluation, UtcDay UsedDay)
{
    /// <summary>Its tags, when it is added.</summary>
    public IReadOnlyList<KnownTag> Tags { get; init; } = [];

    /// <summary>The records it meets, when it is added.</summary>
    public IReadOnlyList<int> Records { get; init; } = [];
}
