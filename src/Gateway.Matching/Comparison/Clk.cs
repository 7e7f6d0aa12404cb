using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Matching.Comparison;

/// <summary>
/// Cryptographic long-term key (Schnell, Bachteler and Reiher 2011): a text as 1,024 bits that can be compared for likeness by whoever has the record's key, and
/// with nothing encoded under another key. Used under HKDF(cek, "gateway/v1/clk") (protocol §5), for scoring after opening.
/// </summary>
/// <remarks>
/// <para>A text is a set of features: pairs of neighbouring characters of each word between two spaces, or characters with their place. The second occurrence of a
/// feature counts as another. A feature sets its positions by HMAC-SHA256, 25 of 10 bits from each digest: they are independent, where double hashing leaves an
/// arithmetic progression that known attacks read off.</para>
/// <para>n features of k positions fill 1 − e^(−nk/1,024). k is chosen a kind of text (<see cref="PartyTexts"/>) so that a usual one fills about half.</para>
/// <para>It hides nothing from whoever has the key: a feature's presence can be tested with next to no error, so that a name can be put together again from its pairs.
/// What keeps the text from others is the record's seal.</para>
/// </remarks>
public static class Clk
{
    /// <summary>Bytes of an encoding.</summary>
    public const int Size = 128;

    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    private const int PositionsPerDigest = 25;

    private static ReadOnlySpan<byte> Label => "gateway/v1/clk\0"u8;

    /// <summary>Encodes the pairs of characters of a text: letters and digits count, in either case; everything else parts words. The order of words does not matter.</summary>
    /// <param name="key32">32 bytes, the record's own.</param>
    /// <param name="text">A text, already folded as the other side's will be.</param>
    /// <param name="positions">k, bits a pair sets before coincidences; 1 or more.</param>
    /// <returns>128 bytes; all zero for a text without letters or digits.</returns>
    /// <exception cref="ArgumentException">The key has another size.</exception>
    public static byte[] EncodePairs(ReadOnlySpan<byte> key32, string text, int positions) => Encode(key32, PairsOf(text), positions);

    /// <summary>Encodes characters with their places.</summary>
    /// <inheritdoc cref="EncodePairs(ReadOnlySpan{byte}, string, int)"/>
    public static byte[] EncodePlaces(ReadOnlySpan<byte> key32, string text, int positions) => Encode(key32, PlacesOf(text), positions);

    /// <summary>Whether an encoding holds all of another's bits, as it does where it has all its features. By chance: fill to the power of the bits asked for.</summary>
    /// <exception cref="ArgumentException">One has another size.</exception>
    public static bool Holds(ReadOnlySpan<byte> clk, ReadOnlySpan<byte> part)
    {
        Check(clk, part);
        ReadOnlySpan<ulong> whole = MemoryMarshal.Cast<byte, ulong>(clk);
        ReadOnlySpan<ulong> asked = MemoryMarshal.Cast<byte, ulong>(part);
        ulong missing = 0;
        for (int i = 0; i < whole.Length; i++)
        {
            missing |= asked[i] & ~whole[i];
        }

        return missing == 0;
    }

    /// <summary>
    /// Likeness of two encodings under one key and one k: Dice's 2·|a ∩ b| / (|a| + |b|) of the features, 0 to 1; 0 if either is empty. The numbers of features are
    /// estimated from the fill (Swamidass and Baldi 2007), so that bits shared by coincidence do not count: on the bits themselves two half-filled strangers have 0.5.
    /// </summary>
    /// <exception cref="ArgumentException">One has another size.</exception>
    public static double Dice(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        Check(a, b);
        ReadOnlySpan<ulong> left = MemoryMarshal.Cast<byte, ulong>(a);
        ReadOnlySpan<ulong> right = MemoryMarshal.Cast<byte, ulong>(b);
        int inLeft = 0, inRight = 0, inEither = 0;
        for (int i = 0; i < left.Length; i++)
        {
            inLeft += BitOperations.PopCount(left[i]);
            inRight += BitOperations.PopCount(right[i]);
            inEither += BitOperations.PopCount(left[i] | right[i]);
        }

        if (inLeft == 0 || inRight == 0)
        {
            return 0;
        }

        double sum = Features(inLeft) + Features(inRight);
        return Math.Clamp(2 * (sum - Features(inEither)) / sum, 0, 1);
    }

    /// <summary>Share of the bits that are set.</summary>
    public static double FillOf(ReadOnlySpan<byte> clk)
    {
        int set = 0;
        foreach (byte bits in clk)
        {
            set += BitOperations.PopCount(bits);
        }

        return set / (8.0 * clk.Length);
    }

    internal static List<(int First, int Second)> PairsOf(string text)
    {
        List<(int, int)> pairs = [];
        int previous = ' ';
        foreach (Rune rune in text.EnumerateRunes())
        {
            int next = Rune.IsLetterOrDigit(rune) ? Rune.ToUpperInvariant(rune).Value : ' ';
            if (previous != ' ' || next != ' ')
            {
                pairs.Add((previous, next));
            }

            previous = next;
        }

        if (previous != ' ')
        {
            pairs.Add((previous, ' '));
        }

        return pairs;
    }

    internal static List<(int First, int Second)> PlacesOf(string text) => [.. text.Select((c, place) => (-1 - place, (int)char.ToUpperInvariant(c)))];

    internal static byte[] Encode(ReadOnlySpan<byte> key32, IEnumerable<(int First, int Second)> features, int positions)
    {
        if (key32.Length != KeySize || positions < 1)
        {
            throw new ArgumentException($"A CLK takes a key of {KeySize} bytes and at least one position a feature; these are {key32.Length} and {positions}.");
        }

        byte[] clk = new byte[Size];
        Dictionary<(int, int), uint> seen = [];
        using IncrementalHash hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key32);
        foreach ((int First, int Second) feature in features)
        {
            ref uint occurrence = ref CollectionsMarshal.GetValueRefOrAddDefault(seen, feature, out _);
            SetBits(hmac, feature, occurrence++, positions, clk);
        }

        return clk;
    }

    // The number of features, up to the factor 1,024 / k: that cancels out. An encoding without an empty bit counts as if half of one were.
    private static double Features(int bits) => -Math.Log(1 - (Math.Min(bits, (8 * Size) - 0.5) / (8 * Size)));

    private static void SetBits(IncrementalHash hmac, (int First, int Second) feature, uint occurrence, int positions, byte[] clk)
    {
        Span<byte> message = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(message, feature.First);
        BinaryPrimitives.WriteInt32BigEndian(message[4..], feature.Second);
        BinaryPrimitives.WriteUInt32BigEndian(message[8..], occurrence);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        for (int done = 0; done < positions; done += PositionsPerDigest)
        {
            message[12] = (byte)(done / PositionsPerDigest);
            hmac.AppendData(Label);
            hmac.AppendData(message);
            hmac.GetHashAndReset(digest);
            uint pool = 0;
            int bits = 0, next = 0;
            for (int i = 0; i < Math.Min(PositionsPerDigest, positions - done); i++)
            {
                while (bits < 10)
                {
                    pool = (pool << 8) | digest[next++];
                    bits += 8;
                }

                bits -= 10;
                int position = (int)(pool >> bits) & 1023;
                clk[position >> 3] |= (byte)(0x80 >> (position & 7));
            }
        }
    }

    private static void Check(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != Size || b.Length != Size)
        {
            throw new ArgumentException($"A CLK has {Size} bytes; these have {a.Length} and {b.Length}.");
        }
    }
}
