namespace Gateway.Matching.Index;

/// <summary>An identifier of a shipment and a record that has it.</summary>
/// <param name="Identifier">Place of the identifier within its shipment, from 0.</param>
/// <param name="Record">Number of the record.</param>
public readonly record struct Meeting(int Identifier, int Record);
