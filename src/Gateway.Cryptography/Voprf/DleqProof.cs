namespace Gateway.Cryptography;

/// <summary>A proof that a whole batch was evaluated under one key (RFC 9497 §2.2): challenge c ‖ response s.</summary>
public readonly record struct DleqProof(RistrettoScalar Challenge, RistrettoScalar Response)
{
    /// <summary>Bytes of an encoded proof.</summary>
    public const int Size = 2 * RistrettoScalar.Size;

    /// <summary>Parses a proof, as <see cref="TryFromBytes"/> does.</summary>
    /// <exception cref="FormatException">Not 64 bytes, or a scalar is not canonical.</exception>
    public static DleqProof FromBytes(ReadOnlySpan<byte> bytes) => TryFromBytes(bytes, out DleqProof proof)
        ? proof
        : throw new FormatException($"These {bytes.Length} bytes are not a DLEQ proof: two canonical scalars of 32 bytes are wanted.");

    /// <summary>Parses a proof; false for another size or a scalar that is not canonical.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out DleqProof proof)
    {
        RistrettoScalar challenge = default;
        RistrettoScalar response = default;
        bool valid = bytes.Length == Size
            && RistrettoScalar.TryFromBytes(bytes[..RistrettoScalar.Size], out challenge)
            && RistrettoScalar.TryFromBytes(bytes[RistrettoScalar.Size..], out response);
        proof = valid ? new DleqProof(challenge, response) : default;
        return valid;
    }

    /// <summary>Writes the 64 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void CopyTo(Span<byte> destination)
    {
        Challenge.CopyTo(destination);
        Response.CopyTo(destination[RistrettoScalar.Size..]);
    }

    /// <summary>The 64 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }
}
