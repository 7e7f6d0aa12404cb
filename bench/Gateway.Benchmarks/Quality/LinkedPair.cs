namespace Gateway.Benchmarks.Quality;

/// <summary>A shipment's party and a record that met in a key, with what the product makes of them and the truth.</summary>
/// <param name="Bits">log2 of the odds, the prior among them.</param>
/// <param name="IsTrue">Whether they are the same.</param>
/// <param name="Entity">The shipment's party.</param>
internal readonly record struct LinkedPair(double Bits, bool IsTrue, int Entity);
