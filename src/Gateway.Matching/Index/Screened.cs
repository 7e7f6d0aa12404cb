namespace Gateway.Matching.Index;

/// <summary>What the table says of one shipment.</summary>
/// <param name="Identifiers">Identifiers looked up.</param>
/// <param name="Pending">Of these, never evaluated.</param>
/// <param name="StopValues">Of these, stop values.</param>
/// <param name="Hits">Pairs of an identifier and a record that met.</param>
public readonly record struct Screened(int Identifiers, int Pending, int StopValues, int Hits)
{
    /// <summary>Every identifier is known and none has a record. A shipment without identifiers has nothing against it either.</summary>
    public bool IsCleared => (Pending | StopValues | Hits) == 0;
}
