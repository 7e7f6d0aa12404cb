using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>An evaluator's secret scalar and its public key. The scalar's memory is pinned, and zeroed on Dispose.</summary>
public sealed class VoprfKey : IDisposable
{
    /// <summary>Bytes of the seed a key is derived from.</summary>
    public const int SeedSize = 32;

    private readonly SecretBuffer _secret;

    private VoprfKey(SecretBuffer secret, Ciphersuite suite)
    {
        _secret = secret;
        Suite = suite;
        Span<byte> publicKey = stackalloc byte[RistrettoElement.Size];
        Require.Success(Libsodium.crypto_scalarmult_ristretto255_base(publicKey, secret.Span));
        PublicKey = RistrettoElement.FromTrusted(publicKey);
    }

    /// <summary>The public key, against which clients check proofs.</summary>
    public RistrettoElement PublicKey { get; }

    internal Ciphersuite Suite { get; }

    internal ReadOnlySpan<byte> Scalar => _secret.Span;

    internal ReadOnlySpan<byte> Memory => _secret.Memory;

    /// <summary>DeriveKeyPair of RFC 9497 §3.2.1 in mode 1: the same seed and info always give the same key.</summary>
    /// <exception cref="ArgumentException">The seed is not 32 bytes, or the info is longer than 65,535.</exception>
    public static VoprfKey Derive(ReadOnlySpan<byte> seed32, ReadOnlySpan<byte> info) => Derive(seed32, info, VoprfMode.Voprf);

    internal static VoprfKey Derive(ReadOnlySpan<byte> seed32, ReadOnlySpan<byte> info, VoprfMode mode)
    {
        Require.Size(seed32.Length, SeedSize, nameof(seed32));
        if (info.Length > ushort.MaxValue)
        {
            throw new ArgumentException($"The info of a key may have at most {ushort.MaxValue} bytes; it has {info.Length}.", nameof(info));
        }

        var suite = Ciphersuite.Of(mode);
        var secret = new SecretBuffer(RistrettoScalar.Size);
        suite.DeriveKey(seed32, info, secret.Span);
        return new VoprfKey(secret, suite);
    }

    /// <summary>A key drawn at random: what one evaluator adds to another's key, or a share.</summary>
    public static VoprfKey Create(RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var secret = new SecretBuffer(RistrettoScalar.Size);
        RistrettoScalar.FillRandom(random, secret.Span);
        return new VoprfKey(secret, Ciphersuite.Of(VoprfMode.Voprf));
    }

    /// <summary>Reads a key's scalar: 32 bytes, little-endian, below L and not zero. The caller zeroes its copy.</summary>
    /// <returns>Null where the bytes are no such scalar.</returns>
    public static VoprfKey? TryFromScalar(ReadOnlySpan<byte> scalar32) =>
        scalar32.Length == RistrettoScalar.Size && RistrettoScalar.IsCanonical(scalar32) && !RistrettoElement.IsIdentity(scalar32) ? FromScalar(scalar32, VoprfMode.Voprf) : null;

    /// <summary>The key whose scalar is the sum of two, modulo L; null where they cancel out, which random ones never do.</summary>
    public VoprfKey? Add(VoprfKey other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var sum = new SecretBuffer(RistrettoScalar.Size);
        Libsodium.crypto_core_ristretto255_scalar_add(sum.Span, Scalar, other.Scalar);
        return OrNull(sum);
    }

    /// <summary>The key whose scalar is this one less another, modulo L; null where they are equal.</summary>
    public VoprfKey? Subtract(VoprfKey other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var difference = new SecretBuffer(RistrettoScalar.Size);
        Libsodium.crypto_core_ristretto255_scalar_sub(difference.Span, Scalar, other.Scalar);
        return OrNull(difference);
    }

    /// <summary>Writes the scalar, 32 bytes, to be sealed or stored; the caller zeroes it.</summary>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void CopyScalar(Span<byte> scalar32)
    {
        Require.Size(scalar32.Length, RistrettoScalar.Size, nameof(scalar32));
        Scalar.CopyTo(scalar32);
    }

    private VoprfKey? OrNull(SecretBuffer scalar)
    {
        if (!RistrettoElement.IsIdentity(scalar.Span)) return new VoprfKey(scalar, Suite);
        scalar.Dispose();
        return null;
    }

    /// <summary>The key with a given scalar: sums of evaluators' keys, in tests.</summary>
    internal static VoprfKey FromScalar(ReadOnlySpan<byte> scalar, VoprfMode mode) => RistrettoScalar.IsCanonical(scalar) && !RistrettoElement.IsIdentity(scalar)
        ? new VoprfKey(SecretBuffer.CopyOf(scalar), Ciphersuite.Of(mode))
        : throw new ArgumentException("A key's scalar must be canonical and not zero.", nameof(scalar));

    /// <summary>
    /// Evaluate of RFC 9497 §3.3.1: what blinding, evaluating and finalising an input give, in one step for who holds the key. For measuring and checking; a
    /// broker never sees an input. About 80 µs.
    /// </summary>
    /// <param name="input">At most <see cref="VoprfClient.MaximumInput"/> bytes.</param>
    /// <returns>64 bytes.</returns>
    /// <exception cref="ArgumentException">The input is too long.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public byte[] Output(ReadOnlySpan<byte> input)
    {
        Span<byte> element = stackalloc byte[RistrettoElement.Size];
        if (input.Length > VoprfClient.MaximumInput || !Suite.TryHashToGroup(input, element))
        {
            throw new ArgumentException($"An input may have at most {VoprfClient.MaximumInput} bytes and must not hash to the identity; this one has {input.Length}.", nameof(input));
        }

        using var buffer = new SecretBuffer(2 + input.Length + 2 + RistrettoElement.Size + 8);
        Span<byte> message = buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)input.Length);
        input.CopyTo(message[2..]);
        Span<byte> tail = message[(2 + input.Length)..];
        BinaryPrimitives.WriteUInt16BigEndian(tail, RistrettoElement.Size);
        Require.Success(Libsodium.crypto_scalarmult_ristretto255(tail.Slice(2, RistrettoElement.Size), Scalar, element));
        "Finalize"u8.CopyTo(tail[(2 + RistrettoElement.Size)..]);
        CryptographicOperations.ZeroMemory(element);
        return SHA512.HashData(message);
    }

    /// <summary>Zeroes the secret scalar.</summary>
    public void Dispose() => _secret.Dispose();
}
