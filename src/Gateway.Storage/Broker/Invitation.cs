using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Storage.Broker;

/// <summary>A one-time invitation. The token itself is not kept.</summary>
/// <param name="TokenHash">SHA-256 of the token, 32 bytes.</param>
/// <param name="Member">Id the organisation will have.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">Its role.</param>
/// <param name="ExpiresAt">When the invitation ends.</param>
/// <param name="UsedAt">Index of the MemberJoined entry it led to, or null.</param>
public sealed record Invitation(byte[] TokenHash, MemberId Member, string Name, MemberRole Role, DateTimeOffset ExpiresAt, ulong? UsedAt = null);
