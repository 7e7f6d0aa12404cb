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
        Span<byte> weight = stackalloc byte[RistrettoScalar.Size];
        suite.CompositeSeed(publicKey, seed);
        m.Clear(); // zeros encode the identity
        z.Clear();
        for (int i = 0; i < blinded.Count; i++)
        {
            RistrettoElement left = blinded[i];
            RistrettoElement right = evaluated[i];
            suite.CompositeWeight(seed, i, left, right, weight);
            if (!TryAddProduct(m, weight, left) || (!z.IsEmpty && !TryAddProduct(z, weight, right)))
            {
                return false;
            }
        }

        return !RistrettoElement.IsIdentity(m) && (z.IsEmpty || !RistrettoElement.IsIdentity(z));
    }

    private static bool TryAddProduct(Span<byte> sum, ReadOnlySpan<byte> weight, RistrettoElement element)
    {
        Span<byte> product = stackalloc byte[RistrettoElement.Size];
        return Libsodium.crypto_scalarmult_ristretto255(product, weight, element.Span) == 0
            && Libsodium.crypto_core_ristretto255_add(sum, sum, product) == 0;
    }
}
