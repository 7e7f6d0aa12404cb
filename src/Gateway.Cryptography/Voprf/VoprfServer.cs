using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>Evaluates blinded elements under one key (RFC 9497 §3.3.2). Safe to use from several threads at once.</summary>
public sealed class VoprfServer(VoprfKey key, RandomSource random)
{
    /// <summary>The most elements one batch, and so one proof, may have.</summary>
    public const int MaximumBatch = 512;

    /// <summary>Evaluates a batch and proves it with a fresh nonce. About 150 µs an element.</summary>
    /// <exception cref="ArgumentException">The batch is empty or over <see cref="MaximumBatch"/>, holds a default element, or was contrived so that its weighted sum is the identity.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public VoprfEvaluation Evaluate(IReadOnlyList<RistrettoElement> blinded)
    {
        RistrettoElement[] evaluated = EvaluateWithoutProof(blinded);
        return new VoprfEvaluation(evaluated, Prove(blinded, evaluated));
    }

    /// <summary>k·B for each element of the batch: all there is to mode 0.</summary>
    internal RistrettoElement[] EvaluateWithoutProof(IReadOnlyList<RistrettoElement> blinded)
    {
        ArgumentNullException.ThrowIfNull(blinded);
        if (blinded.Count is 0 or > MaximumBatch)
        {
            throw new ArgumentException($"A batch has 1 to {MaximumBatch} blinded elements; this one has {blinded.Count}.", nameof(blinded));
        }

        ReadOnlySpan<byte> secret = key.Scalar;
        Span<byte> product = stackalloc byte[RistrettoElement.Size];
        var evaluated = new RistrettoElement[blinded.Count];
        for (int i = 0; i < evaluated.Length; i++)
        {
            RistrettoElement element = blinded[i];
            // −1 is an invalid encoding or an identity result: with a non-zero key only the default value gives either.
            if (Libsodium.crypto_scalarmult_ristretto255(product, secret, element.Span) != 0)
            {
                throw new ArgumentException($"Blinded element {i} of the batch is not set.", nameof(blinded));
            }

            evaluated[i] = RistrettoElement.FromTrusted(product);
        }

        return evaluated;
    }

    private DleqProof Prove(IReadOnlyList<RistrettoElement> blinded, RistrettoElement[] evaluated)
    {
        Span<byte> m = stackalloc byte[RistrettoElement.Size];
        Span<byte> z = stackalloc byte[RistrettoElement.Size];
        Span<byte> t2 = stackalloc byte[RistrettoElement.Size];
        Span<byte> t3 = stackalloc byte[RistrettoElement.Size];
        Span<byte> nonce = stackalloc byte[RistrettoScalar.Size];
        Span<byte> product = stackalloc byte[RistrettoScalar.Size];
        Span<byte> response = stackalloc byte[RistrettoScalar.Size];

        // ComputeCompositesFast (RFC 9497 §2.2.1): who knows the key needs no weighted sum of the evaluated elements, Z = k·M.
        // A client who knows its elements' logarithms can contrive weights that cancel out, hence the check for the identity.
        if (!Composites.TrySum(key.Suite, key.PublicKey, blinded, evaluated, m, [])
            || Libsodium.crypto_scalarmult_ristretto255(z, key.Scalar, m) != 0)
        {
            throw new ArgumentException("The weighted sum of the batch's blinded elements is the identity, which no honest batch gives.", nameof(blinded));
        }

        RistrettoScalar.FillRandom(random, nonce);
        Require.Success(Libsodium.crypto_scalarmult_ristretto255_base(t2, nonce));
        Require.Success(Libsodium.crypto_scalarmult_ristretto255(t3, nonce, m));
        RistrettoScalar challenge = key.Suite.Challenge(key.PublicKey, m, z, t2, t3);
        Libsodium.crypto_core_ristretto255_scalar_mul(product, challenge.Span, key.Scalar);
        Libsodium.crypto_core_ristretto255_scalar_sub(response, nonce, product);
        CryptographicOperations.ZeroMemory(nonce);
        CryptographicOperations.ZeroMemory(product);
        return new DleqProof(challenge, RistrettoScalar.FromTrusted(response));
    }
}
