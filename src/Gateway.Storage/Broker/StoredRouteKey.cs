using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>A circle's routing key of one epoch, 32 bytes.</summary>
public sealed record StoredRouteKey(CircleId Circle, uint Epoch, byte[] Key);
