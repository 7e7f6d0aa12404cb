using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Storage.Broker;

/// <summary>A leaf as the broker holds it.</summary>
/// <param name="Index">Index in the log.</param>
/// <param name="LeafData">49 bytes.</param>
/// <param name="Salt">16 bytes.</param>
/// <param name="Entry">The entry's bytes.</param>
/// <param name="Kind">Which content the entry has.</param>
/// <param name="Circle">The circle the leaf is routed to, or null for network-wide.</param>
/// <param name="Epoch">Epoch whose route key it is routed under; 0 for network-wide.</param>
/// <param name="Item">The record's item, or null: not a record, withdrawn or expired.</param>
/// <param name="WithdrawnAt">Index of the withdrawal of this leaf's record, or null.</param>
public sealed record BrokerLeaf(ulong Index, byte[] LeafData, byte[] Salt, byte[] Entry, Entry.ContentOneofCase Kind, CircleId? Circle, uint Epoch, byte[]? Item, ulong? WithdrawnAt = null);
