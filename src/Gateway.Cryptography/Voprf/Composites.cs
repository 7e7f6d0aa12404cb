using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>The weighted sums a batch proof speaks about (RFC 9497 §2.2.1).</summary>
internal static class Composites
{
    /// <summary>
    /// Writes M = Σ d_i·blinded_i, and Z = Σ d_i·evaluated_i unless <paramref name="z"/> is empty.
    /// False where a sum is the identity or an element is the default value.
    /// </summary>
    internal static bool TrySum(
        Ciphersuite suite, RistrettoElement publicKey, IReadOnlyList<RistrettoElement> blinded, IReadOnlyList<RistrettoElement> evaluated,
        Span<byte> m, Span<byte> z)
    {
        Span<byte> seed = stackalloc byte[64];
        suite.CompositeSeed(publicKey, seed);
        byte[] weights = new byte[blinded.Count * RistrettoScalar.Size];
        for (int i = 0; i < blinded.Count; i++)
        {
            if (blinded[i].IsDefault || evaluated[i].IsDefault)
            {
                return false;
            }

            suite.CompositeWeight(seed, i, blinded[i], evaluated[i], weights.AsSpan(i * RistrettoScalar.Size, RistrettoScalar.Size));
        }

        WeightedSum.Write(blinded, weights, m);
        if (!z.IsEmpty)
        {
            WeightedSum.Write(evaluated, weights, z);
        }

        return !RistrettoElement.IsIdentity(m) && (z.IsEmpty || !RistrettoElement.IsIdentity(z));
    }
}
