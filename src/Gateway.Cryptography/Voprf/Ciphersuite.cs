using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>The hashes of ristretto255-SHA512 (RFC 9497 §4.1) in one mode; each has a domain of its own.</summary>
internal sealed class Ciphersuite
{
    private const int HashSize = 64;
    private const int BlockSize = 128;
    private const int StackLimit = 1024;

    private readonly byte[] _hashToGroup;
    private readonly byte[] _hashToScalar;
    private readonly byte[] _deriveKeyPair;
    private readonly byte[] _seed;

    private Ciphersuite(VoprfMode mode)
    {
        byte[] context = [.. "OPRFV1-"u8, (byte)mode, .. "-ristretto255-SHA512"u8];
        Mode = mode;
        _hashToGroup = [.. "HashToGroup-"u8, .. context];
        _hashToScalar = [.. "HashToScalar-"u8, .. context];
        _deriveKeyPair = [.. "DeriveKeyPair"u8, .. context];
        _seed = [.. "Seed-"u8, .. context];
    }

    internal static Ciphersuite Oprf { get; } = new(VoprfMode.Oprf);

    internal static Ciphersuite Voprf { get; } = new(VoprfMode.Voprf);

    internal VoprfMode Mode { get; }

    internal static Ciphersuite Of(VoprfMode mode) => mode switch
    {
        VoprfMode.Oprf => Oprf,
        VoprfMode.Voprf => Voprf,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "RFC 9497 modes 0 and 1 are implemented."),
    };

    /// <summary>Hashes an input to an element; false where that is the identity (once in 2^252 inputs).</summary>
    internal bool TryHashToGroup(ReadOnlySpan<byte> input, Span<byte> element)
    {
        Span<byte> uniform = stackalloc byte[HashSize];
        ExpandMessage(input, _hashToGroup, uniform);
        Require.Success(Libsodium.crypto_core_ristretto255_from_hash(element, uniform));
        CryptographicOperations.ZeroMemory(uniform);
        return !RistrettoElement.IsIdentity(element);
    }

    internal void HashToScalar(ReadOnlySpan<byte> message, Span<byte> scalar) => HashToScalar(message, _hashToScalar, scalar);

    /// <summary>DeriveKeyPair's secret scalar (RFC 9497 §3.2.1).</summary>
    internal void DeriveKey(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> info, Span<byte> scalar)
    {
        using var input = new SecretBuffer(seed.Length + 2 + info.Length + 1);
        Span<byte> message = input.Span;
        seed.CopyTo(message);
        BinaryPrimitives.WriteUInt16BigEndian(message[seed.Length..], (ushort)info.Length);
        info.CopyTo(message[(seed.Length + 2)..]);
        for (int counter = 0; counter <= byte.MaxValue; counter++)
        {
            message[^1] = (byte)counter;
            HashToScalar(message, _deriveKeyPair, scalar);
            if (!RistrettoElement.IsIdentity(scalar))
            {
                return;
            }
        }

        throw new CryptographicException("No key can be derived from this seed: 256 hashes in a row were zero. Use another seed.");
    }

    /// <summary>What every composite weight of one proof starts from: a hash of the public key (RFC 9497 §2.2.1).</summary>
    internal void CompositeSeed(RistrettoElement publicKey, Span<byte> seed64)
    {
        Span<byte> transcript = stackalloc byte[2 + RistrettoElement.Size + 2 + 64];
        int length = Append(transcript, 0, publicKey.Span);
        length = Append(transcript, length, _seed);
        SHA512.HashData(transcript[..length], seed64);
    }

    /// <summary>The weight d_i of one pair of blinded and evaluated element (RFC 9497 §2.2.1).</summary>
    internal void CompositeWeight(ReadOnlySpan<byte> seed64, int index, RistrettoElement blinded, RistrettoElement evaluated, Span<byte> weight)
    {
        Span<byte> transcript = stackalloc byte[2 + HashSize + 2 + 2 * (2 + RistrettoElement.Size) + 9];
        int length = Append(transcript, 0, seed64);
        BinaryPrimitives.WriteUInt16BigEndian(transcript[length..], (ushort)index);
        length = Append(transcript, length + 2, blinded.Span);
        length = Append(transcript, length, evaluated.Span);
        "Composite"u8.CopyTo(transcript[length..]);
        HashToScalar(transcript, weight);
    }

    /// <summary>The challenge c over everything a proof commits to (RFC 9497 §2.2.1).</summary>
    internal RistrettoScalar Challenge(
        RistrettoElement publicKey, ReadOnlySpan<byte> m, ReadOnlySpan<byte> z, ReadOnlySpan<byte> t2, ReadOnlySpan<byte> t3)
    {
        Span<byte> transcript = stackalloc byte[5 * (2 + RistrettoElement.Size) + 9];
        int length = Append(transcript, 0, publicKey.Span);
        length = Append(transcript, length, m);
        length = Append(transcript, length, z);
        length = Append(transcript, length, t2);
        length = Append(transcript, length, t3);
        "Challenge"u8.CopyTo(transcript[length..]);
        Span<byte> challenge = stackalloc byte[RistrettoScalar.Size];
        HashToScalar(transcript, challenge);
        return RistrettoScalar.FromTrusted(challenge);
    }

    private static int Append(Span<byte> transcript, int offset, ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteUInt16BigEndian(transcript[offset..], (ushort)part.Length);
        part.CopyTo(transcript[(offset + 2)..]);
        return offset + 2 + part.Length;
    }

    private static void HashToScalar(ReadOnlySpan<byte> message, ReadOnlySpan<byte> domain, Span<byte> scalar)
    {
        Span<byte> uniform = stackalloc byte[HashSize];
        ExpandMessage(message, domain, uniform);
        Libsodium.crypto_core_ristretto255_scalar_reduce(scalar, uniform);
        CryptographicOperations.ZeroMemory(uniform);
    }

    /// <summary>expand_message_xmd with SHA-512 for 64 output bytes, so one block (RFC 9380 §5.3.1).</summary>
    private static void ExpandMessage(ReadOnlySpan<byte> message, ReadOnlySpan<byte> domain, Span<byte> uniform64)
    {
        // One-shot hashes over one buffer measured faster than an incremental hash, and allocate nothing.
        int length = BlockSize + message.Length + 3 + domain.Length + 1;
        byte[]? rented = length > StackLimit ? GC.AllocateUninitializedArray<byte>(length, pinned: true) : null;
        Span<byte> buffer = rented is null ? stackalloc byte[length] : rented;
        buffer[..BlockSize].Clear();
        message.CopyTo(buffer[BlockSize..]);
        Span<byte> tail = buffer[(BlockSize + message.Length)..];
        tail[0] = 0;
        tail[1] = HashSize;
        tail[2] = 0;
        domain.CopyTo(tail[3..]);
        tail[^1] = (byte)domain.Length;

        Span<byte> block = stackalloc byte[HashSize + 1 + domain.Length + 1];
        SHA512.HashData(buffer, block);
        block[HashSize] = 1;
        tail[3..].CopyTo(block[(HashSize + 1)..]);
        SHA512.HashData(block, uniform64);

        CryptographicOperations.ZeroMemory(buffer);
        CryptographicOperations.ZeroMemory(block);
    }
}
