using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>
/// Blinds inputs, verifies evaluations and finalises them (RFC 9497 §3.3.2). With several evaluators: verify each one's proof against
/// its own public key, add their elements with <see cref="RistrettoElement.TryAdd"/>, then finalise the sum.
/// </summary>
public sealed class VoprfClient
{
    /// <summary>Bytes of an output.</summary>
    public const int OutputSize = 64;

    /// <summary>The longest input, in bytes.</summary>
    public const int MaximumInput = ushort.MaxValue;

    private readonly RandomSource _random;
    private readonly Ciphersuite _suite;

    /// <summary>A client in mode 1, drawing its blinds from <paramref name="random"/>.</summary>
    public VoprfClient(RandomSource random)
        : this(random, VoprfMode.Voprf)
    {
    }

    internal VoprfClient(RandomSource random, VoprfMode mode)
    {
        _random = random;
        _suite = Ciphersuite.Of(mode);
    }

    /// <summary>Blinds an input with a fresh blind. Dispose the result once it is finalised.</summary>
    /// <exception cref="ArgumentException">The input is longer than <see cref="MaximumInput"/>.</exception>
    public BlindedInput Blind(ReadOnlySpan<byte> input)
    {
        if (input.Length > MaximumInput)
        {
            throw new ArgumentException($"An input may have at most {MaximumInput} bytes; it has {input.Length}.", nameof(input));
        }

        Span<byte> unblinded = stackalloc byte[RistrettoElement.Size];
        Span<byte> element = stackalloc byte[RistrettoElement.Size];
        if (!_suite.TryHashToGroup(input, unblinded))
        {
            throw new ArgumentException("The input hashes to the identity; RFC 9497 has no output for it.", nameof(input));
        }

        var secret = new SecretBuffer(RistrettoScalar.Size + input.Length);
        Span<byte> blind = secret.Span[..RistrettoScalar.Size];
        input.CopyTo(secret.Span[RistrettoScalar.Size..]);
        RistrettoScalar.FillRandom(_random, blind);
        Require.Success(Libsodium.crypto_scalarmult_ristretto255(element, blind, unblinded));
        CryptographicOperations.ZeroMemory(unblinded); // whoever has it can test guesses of the input
        return new BlindedInput(secret, RistrettoElement.FromTrusted(element));
    }

    /// <summary>Whether every evaluated element is its blinded one under the secret of <paramref name="publicKey"/>. False also for an empty, oversized or unequal batch.</summary>
    public static bool VerifyProof(
        RistrettoElement publicKey, IReadOnlyList<RistrettoElement> blinded, IReadOnlyList<RistrettoElement> evaluated, DleqProof proof)
    {
        ArgumentNullException.ThrowIfNull(blinded);
        ArgumentNullException.ThrowIfNull(evaluated);
        if (blinded.Count is 0 or > VoprfServer.MaximumBatch || blinded.Count != evaluated.Count || publicKey.IsDefault)
        {
            return false;
        }

        Ciphersuite suite = Ciphersuite.Voprf;
        Span<byte> m = stackalloc byte[RistrettoElement.Size];
        Span<byte> z = stackalloc byte[RistrettoElement.Size];
        if (!Composites.TrySum(suite, publicKey, blinded, evaluated, m, z))
        {
            return false;
        }

        // t2 = s·G + c·pk, t3 = s·M + c·Z. A zero scalar makes a product the identity, which libsodium answers with −1: an honest
        // prover meets one once in 2^252 proofs.
        Span<byte> t2 = stackalloc byte[RistrettoElement.Size];
        Span<byte> t3 = stackalloc byte[RistrettoElement.Size];
        Span<byte> product = stackalloc byte[RistrettoElement.Size];
        ReadOnlySpan<byte> c = proof.Challenge.Span;
        ReadOnlySpan<byte> s = proof.Response.Span;
        return Libsodium.crypto_scalarmult_ristretto255_base(t2, s) == 0
            && Libsodium.crypto_scalarmult_ristretto255(product, c, publicKey.Span) == 0
            && Libsodium.crypto_core_ristretto255_add(t2, t2, product) == 0
            && Libsodium.crypto_scalarmult_ristretto255(t3, s, m) == 0
            && Libsodium.crypto_scalarmult_ristretto255(product, c, z) == 0
            && Libsodium.crypto_core_ristretto255_add(t3, t3, product) == 0
            && suite.Challenge(publicKey, m, z, t2, t3) == proof.Challenge;
    }

    /// <summary>Removes the blind and hashes to the 64-byte output. Verify the proof first.</summary>
    /// <exception cref="ArgumentException">The evaluated element is the default value.</exception>
    /// <exception cref="ObjectDisposedException">The blinded input was disposed.</exception>
    public static byte[] Finalise(BlindedInput blinded, RistrettoElement evaluated)
    {
        ArgumentNullException.ThrowIfNull(blinded);
        Span<byte> inverse = stackalloc byte[RistrettoScalar.Size];
        Require.Success(Libsodium.crypto_core_ristretto255_scalar_invert(inverse, blinded.Blind));
        byte[] output = Finalise(blinded, inverse, evaluated);
        CryptographicOperations.ZeroMemory(inverse);
        return output;
    }

    /// <summary>Finalises a whole batch, in order, with one scalar inversion for all of it.</summary>
    /// <exception cref="ArgumentException">The counts differ, or an evaluated element is the default value.</exception>
    /// <exception cref="ObjectDisposedException">A blinded input was disposed.</exception>
    public static byte[][] FinaliseBatch(IReadOnlyList<BlindedInput> blinded, IReadOnlyList<RistrettoElement> evaluated)
    {
        ArgumentNullException.ThrowIfNull(blinded);
        ArgumentNullException.ThrowIfNull(evaluated);
        if (blinded.Count != evaluated.Count)
        {
            throw new ArgumentException($"{blinded.Count} inputs were blinded but {evaluated.Count} elements evaluated.", nameof(evaluated));
        }

        byte[][] outputs = new byte[blinded.Count][];
        if (outputs.Length == 0)
        {
            return outputs;
        }

        // Montgomery's trick: products[i] = b_0·…·b_i; invert the last, then walk back peeling one blind off at a time.
        using var products = new SecretBuffer(outputs.Length * RistrettoScalar.Size);
        using var scratch = new SecretBuffer(2 * RistrettoScalar.Size);
        Span<byte> running = scratch.Span[..RistrettoScalar.Size];
        Span<byte> inverse = scratch.Span[RistrettoScalar.Size..];
        blinded[0].Blind.CopyTo(products.Span);
        for (int i = 1; i < outputs.Length; i++)
        {
            Libsodium.crypto_core_ristretto255_scalar_mul(At(products, i), At(products, i - 1), blinded[i].Blind);
        }

        Require.Success(Libsodium.crypto_core_ristretto255_scalar_invert(running, At(products, outputs.Length - 1)));
        for (int i = outputs.Length - 1; i > 0; i--)
        {
            Libsodium.crypto_core_ristretto255_scalar_mul(inverse, running, At(products, i - 1));
            Libsodium.crypto_core_ristretto255_scalar_mul(running, running, blinded[i].Blind);
            outputs[i] = Finalise(blinded[i], inverse, evaluated[i]);
        }

        outputs[0] = Finalise(blinded[0], running, evaluated[0]);
        return outputs;

        static Span<byte> At(SecretBuffer scalars, int index) => scalars.Span.Slice(index * RistrettoScalar.Size, RistrettoScalar.Size);
    }

    private static byte[] Finalise(BlindedInput blinded, ReadOnlySpan<byte> inverse, RistrettoElement evaluated)
    {
        ReadOnlySpan<byte> input = blinded.Input;
        using var buffer = new SecretBuffer(2 + input.Length + 2 + RistrettoElement.Size + 8);
        Span<byte> message = buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)input.Length);
        input.CopyTo(message[2..]);
        Span<byte> tail = message[(2 + input.Length)..];
        BinaryPrimitives.WriteUInt16BigEndian(tail, RistrettoElement.Size);
        if (Libsodium.crypto_scalarmult_ristretto255(tail.Slice(2, RistrettoElement.Size), inverse, evaluated.Span) != 0)
        {
            throw new ArgumentException("The evaluated element is not set.", nameof(evaluated));
        }

        "Finalize"u8.CopyTo(tail[(2 + RistrettoElement.Size)..]);
        return SHA512.HashData(message);
    }
}
