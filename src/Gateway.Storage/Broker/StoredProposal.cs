using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>A key epoch that waits for its second signature.</summary>
/// <param name="Circle">The circle.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Request">The ProposeEpochRequest as received.</param>
public sealed record StoredProposal(CircleId Circle, uint Epoch, byte[] Request);
