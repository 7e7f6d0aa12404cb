using Gateway.Protocol;

namespace Gateway.Storage;

/// <summary>A checkpoint that a member has cosigned.</summary>
/// <param name="Member">The member.</param>
/// <param name="Size">Size of the checkpoint.</param>
/// <param name="Note">The note: the log's signature and the member's.</param>
public sealed record StoredCosignature(MemberId Member, ulong Size, byte[] Note);
