using System.Runtime.CompilerServices;
using Gateway.Cryptography;

namespace Gateway.Protocol.Keys;

/// <summary>The pseudonym P of an identifier in one circle and epoch (protocol §4). A secret: it opens the records that carry the identifier.</summary>
public readonly struct Pseudonym
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly Storage _bytes;

    private Pseudonym(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes);

    internal static Pseudonym FromBytes(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>tag = HKDF-Expand(P, "gateway/v1/tag", 16): stands in the record for everybody in the circle to see.</summary>
    public Tag Tag
    {
        get
        {
            Span<byte> tag = stackalloc byte[Tag.Size];
            Hkdf.Expand(_bytes, "gateway/v1/tag", tag);
            return Tag.FromBytes(tag);
        }
    }

    /// <summary>Writes key ‖ nonce of the slot in a record: HKDF(P, salt = rec_salt, "gateway/v1/slot", 56).</summary>
    internal void WriteSlotKey(ReadOnlySpan<byte> recordSalt, Span<byte> keyAndNonce56) => Hkdf.DeriveKey(_bytes, "gateway/v1/slot", keyAndNonce56, recordSalt);

    /// <summary>The type alone: the value is a secret.</summary>
    public override string ToString() => nameof(Pseudonym);

    [InlineArray(Size)]
    private struct Storage
    {
        private byte _first;
    }
}
