using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Storage.Broker;

/// <summary>A one-time invitation for exactly one statement. The token itself is not kept.</summary>
/// <param name="TokenHash">SHA-256 of the token, 32 bytes.</param>
/// <param name="Change">Number of the admission that gave it.</param>
/// <param name="Member">Id the organisation will have.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">Its role.</param>
/// <param name="Statement">The SignedStatement of its MemberJoined with its sponsors' signatures, as it goes into the log.</param>
/// <param name="ExpiresAt">When the invitation ends.</param>
/// <param name="UsedAt">Index of the MemberJoined entry it led to, or null.</param>
public sealed record Invitation(byte[] TokenHash, long Change, MemberId Member, string Name, MemberRole Role, byte[] Statement, DateTimeOffset ExpiresAt, ulong? UsedAt = null);
