using System.Security.Cryptography;
using System.Text;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>
/// The hash of an audit entry: SHA-256("gateway/v1/audit" 00 ‖ hash before ‖ u64 number ‖ u64 at ‖ LP4(actor) ‖ LP4(action) ‖ LP4(subject) ‖ LP4(outcome) ‖ u64 count), 32 bytes.
/// </summary>
public static class AuditHash
{
    /// <summary>Length in bytes.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>Computes it.</summary>
    /// <param name="entry">The entry; its own hash is not looked at.</param>
    /// <param name="before">Hash of the entry before, or 32 zero bytes.</param>
    public static byte[] Of(AuditEntry entry, ReadOnlySpan<byte> before) => SHA256.HashData(new CanonicalWriter()
        .Label("gateway/v1/audit").Bytes(before).U64(entry.Number).U64((ulong)entry.At)
        .Prefixed(Encoding.UTF8.GetBytes(entry.Actor)).Prefixed(Encoding.UTF8.GetBytes(entry.Action)).Prefixed(Encoding.UTF8.GetBytes(entry.Subject)).Prefixed(Encoding.UTF8.GetBytes(entry.Outcome))
        .U64(entry.Count).Written);
}
