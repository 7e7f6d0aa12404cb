using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>A second reading of the log that is under way, because keys of older epochs were granted.</summary>
/// <param name="Grant">Index of the KeyGrant entry: the last leaf to read again.</param>
/// <param name="Circle">The circle.</param>
/// <param name="Next">First leaf not read again yet.</param>
public sealed record StoredBackfill(ulong Grant, CircleId Circle, ulong Next)
{
    /// <summary>Leaves still to be read.</summary>
    public ulong Remaining => Grant + 1 - Next;

    /// <summary>Whether it brings the records that stand at an index in a circle.</summary>
    public bool Covers(CircleId circle, ulong index) => circle == Circle && index <= Grant;
}
