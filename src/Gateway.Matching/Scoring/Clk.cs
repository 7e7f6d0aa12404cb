using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Matching.Scoring;

/// <summary>
/// Cryptographic long-term key (Schnell, Bachteler and Reiher 2011): a text as 1,024 bits that can be compared for likeness by whoever has the record's key, and
/// with nothing encoded under another key. Used under HKDF(cek, "gateway/v1/clk") (protocol §5), for scoring after opening.
/// </summary>
/// <remarks>
/// <para>Each word, between two spaces, yields its pairs of characters; the second occurrence of a pair counts as another pair. A pair sets
/// <see cref="PositionsPerBigram"/> bits, cut 10 by 10 from one HMAC-SHA256 of it: the positions are independent, where double hashing leaves an arithmetic
/// progression that known attacks read off.</para>
/// <para>25 positions are what one HMAC gives (256 / 10). n different pairs fill 1 − e^(−25n/1,024): half at 28 pairs; a person's name of 12 to 16 fills a
/// quarter to a third, a company's of 25 to 35 or an address 45 to 57 %. More positions would fill long addresses until everything resembles
/// everything; fewer would leave a pair's chance overlap larger beside what pairs really share.</para>
/// </remarks>
public static class Clk
{
    /// <summary>Bytes of an encoding.</summary>
    public const int Size = 128;

    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    /// <summary>Bits a pair of characters sets, before coincidences.</summary>
    public const int PositionsPerBigram = 25;

    private static ReadOnlySpan<byte> Label => "gateway/v1/clk\0"u8;

    /// <summary>Encodes a text: letters and digits count, in either case; everything else parts words. The order of words does not matter.</summary>
    /// <param name="key32">32 bytes, the record's own.</param>
    /// <param name="text">A name or an address, already romanised and without diacritics where the other side's will be.</param>
    /// <param name="destination">128 bytes; all zero for a text without letters or digits.</param>
    /// <exception cref="ArgumentException">Key or destination has another size.</exception>
    public static void Encode(ReadOnlySpan<byte> key32, string text, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (key32.Length != KeySize || destination.Length != Size)
        {
            throw new ArgumentException($"A CLK takes a key of {KeySize} and a destination of {Size} bytes; these are {key32.Length} and {destination.Length}.");
        }

        destination.Clear();
        Dictionary<(Rune, Rune), uint> seen = [];
        using IncrementalHash hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key32);
        Rune space = new(' ');
        Rune previous = space;
        foreach (Rune rune in text.EnumerateRunes())
        {
            Rune next = Rune.IsLetterOrDigit(rune) ? Rune.ToUpperInvariant(rune) : space;
            SetBits(hmac, seen, (previous, next), destination);
            previous = next;
        }

        SetBits(hmac, seen, (previous, space), destination);
    }

    /// <summary>Encodes a text into a new array.</summary>
    /// <inheritdoc cref="Encode(ReadOnlySpan{byte}, string, Span{byte})"/>
    public static byte[] Encode(ReadOnlySpan<byte> key32, string text)
    {
        byte[] clk = new byte[Size];
        Encode(key32, text, clk);
        return clk;
    }

    /// <summary>Likeness of two encodings under one key: 2·|a ∧ b| / (|a| + |b|), 0 to 1; 0 if either is empty.</summary>
    /// <exception cref="ArgumentException">One has another size.</exception>
    public static double Dice(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != Size || b.Length != Size)
        {
            throw new ArgumentException($"A CLK has {Size} bytes; these have {a.Length} and {b.Length}.");
        }

        ReadOnlySpan<ulong> left = MemoryMarshal.Cast<byte, ulong>(a);
        ReadOnlySpan<ulong> right = MemoryMarshal.Cast<byte, ulong>(b);
        int both = 0;
        int sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            both += BitOperations.PopCount(left[i] & right[i]);
            sum += BitOperations.PopCount(left[i]) + BitOperations.PopCount(right[i]);
        }

        return both == 0 ? 0 : 2.0 * both / sum;
    }

    private static void SetBits(IncrementalHash hmac, Dictionary<(Rune First, Rune Second), uint> seen, (Rune First, Rune Second) bigram, Span<byte> clk)
    {
        if (bigram.First == bigram.Second && bigram.First.Value == ' ')
        {
            return;
        }

        ref uint occurrence = ref CollectionsMarshal.GetValueRefOrAddDefault(seen, bigram, out _);
        Span<byte> message = stackalloc byte[12];
        BinaryPrimitives.WriteInt32BigEndian(message, bigram.First.Value);
        BinaryPrimitives.WriteInt32BigEndian(message[4..], bigram.Second.Value);
        BinaryPrimitives.WriteUInt32BigEndian(message[8..], occurrence++);
        hmac.AppendData(Label);
        hmac.AppendData(message);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hmac.GetHashAndReset(digest);

        uint pool = 0;
        int bits = 0;
        int next = 0;
        for (int i = 0; i < PositionsPerBigram; i++)
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
