using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>What of a set of ids and keys was seen before.</summary>
/// <param name="Ids">The ids.</param>
/// <param name="RecordKeysHex">The keys, lower-case hexadecimal.</param>
public sealed record SeenRecords(IReadOnlySet<RecordId> Ids, IReadOnlySet<string> RecordKeysHex);
