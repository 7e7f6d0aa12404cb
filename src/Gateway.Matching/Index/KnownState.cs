namespace Gateway.Matching.Index;

/// <summary>What a node knows of an identifier.</summary>
public enum KnownState : byte
{
    /// <summary>Never evaluated: the shipment is pending on it, never clear.</summary>
    Unknown = 0,

    /// <summary>Evaluated, and no live record has it.</summary>
    Clear = 1,

    /// <summary>Evaluated, and live records have it: <see cref="KnownIdentifiers.HitsOf"/>.</summary>
    Hit = 2,

    /// <summary>So many records have it that it tells nobody apart (a service address, a shared warehouse): shown, not decided on.</summary>
    StopValue = 3,
}
