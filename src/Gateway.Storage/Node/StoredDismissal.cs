using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>An officer's finding that a record does not concern a party.</summary>
/// <param name="Id">Number given by the store; 0 before.</param>
/// <param name="Record">Keyed digest of the record's id, 32 bytes.</param>
/// <param name="Identifiers">Keyed digests of the party's identifiers under that record, 16 bytes each, ascending.</param>
/// <param name="Day">Day of the finding.</param>
/// <param name="Sealed">Who, why, about what; sealed under the node's cache key.</param>
public sealed record StoredDismissal(long Id, byte[] Record, byte[] Identifiers, UtcDay Day, byte[] Sealed);
