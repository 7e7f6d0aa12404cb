using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>Shipments screened on one day, sealed together.</summary>
/// <param name="Id">Number given by the store; 0 before.</param>
/// <param name="Day">Day of the screening.</param>
/// <param name="Count">Shipments in it.</param>
/// <param name="Sealed">They, compressed and sealed under the node's cache key.</param>
public sealed record StoredPastShipments(long Id, UtcDay Day, int Count, byte[] Sealed);

/// <summary>How much of the past a node holds.</summary>
/// <param name="Shipments">Shipments.</param>
/// <param name="SealedBytes">Bytes of their sealed rows.</param>
/// <param name="Keys">Rows of the index over them.</param>
public readonly record struct PastSize(long Shipments, long SealedBytes, long Keys);
