namespace Gateway.Cryptography.Internal;

/// <summary>
/// Σ weight·element by Pippenger's bucket method: of a batch of 512 each element costs a fifth of a scalar multiplication of its own. Time depends on the weights, so it is for public
/// values only: those of batch proofs, which everybody computes from what went over the wire.
/// </summary>
internal static class WeightedSum
{
    private const int ScalarBits = 253;

    /// <summary>Writes the sum's encoding; zeros for the identity.</summary>
    /// <param name="elements">Elements, none the default value.</param>
    /// <param name="weights">As many scalars below L, 32 bytes each, little-endian.</param>
    /// <param name="sum">32 bytes.</param>
    public static void Write(IReadOnlyList<RistrettoElement> elements, ReadOnlySpan<byte> weights, Span<byte> sum)
    {
        int width = elements.Count switch { < 8 => 3, < 32 => 4, < 100 => 5, < 300 => 6, _ => 7 };
        int windows = (ScalarBits / width) + 1;
        EdwardsPoint.Addend[] addends = new EdwardsPoint.Addend[elements.Count];
        sbyte[] digits = new sbyte[elements.Count * windows];
        for (int i = 0; i < addends.Length; i++)
        {
            addends[i] = EdwardsPoint.Decode(elements[i].Span);
            Split(weights.Slice(i * RistrettoScalar.Size, RistrettoScalar.Size), width, digits.AsSpan(i * windows, windows));
        }

        EdwardsPoint total = EdwardsPoint.Identity;
        EdwardsPoint[] buckets = new EdwardsPoint[1 << (width - 1)];
        for (int window = windows - 1; window >= 0; window--)
        {
            for (int i = 0; i < width; i++) total = total.Doubled();
            Array.Fill(buckets, EdwardsPoint.Identity);
            for (int i = 0; i < addends.Length; i++)
            {
                int digit = digits[(i * windows) + window];
                if (digit > 0) buckets[digit - 1] += addends[i];
                else if (digit < 0) buckets[-digit - 1] -= addends[i];
            }

            // Σ n·bucket_n: the running sum from the top is added once for every bucket it has passed.
            EdwardsPoint running = EdwardsPoint.Identity, weighted = EdwardsPoint.Identity;
            for (int bucket = buckets.Length - 1; bucket >= 0; bucket--)
            {
                running += buckets[bucket];
                weighted += running;
            }

            total += weighted;
        }

        total.Encode(sum);
    }

    // Digits from −2^(width−1) to 2^(width−1), the lowest first: what is above half is taken from the next one.
    private static void Split(ReadOnlySpan<byte> scalar, int width, Span<sbyte> digits)
    {
        int carry = 0;
        for (int window = 0; window < digits.Length; window++)
        {
            int bit = window * width;
            int at = bit / 8;
            int two = at >= scalar.Length ? 0 : scalar[at] | (at + 1 < scalar.Length ? scalar[at + 1] << 8 : 0);
            int digit = ((two >> (bit % 8)) & ((1 << width) - 1)) + carry;
            carry = digit > 1 << (width - 1) ? 1 : 0;
            digits[window] = (sbyte)(digit - (carry << width));
        }
    }
}
