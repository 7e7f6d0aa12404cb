using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>
/// SipHash-2-4-128 of many messages at once, eight side by side in the lanes of AVX-512 registers; one after the other where the processor has none, or a message is long. The results are
/// those of <see cref="SipHash.Hash128"/>.
/// </summary>
public static class SipHashLanes
{
    /// <summary>Longest message taken into a lane, in bytes: longer ones are rare and would keep the other lanes waiting.</summary>
    public const int LongestInLane = 255;

    private const int Lanes = 8;
    private const int MostBlocks = (LongestInLane / sizeof(ulong)) + 1;

    // With fewer, one after the other is as fast.
    private const int FewestLanes = 3;

    /// <summary>Hashes messages that stand one after the other.</summary>
    /// <param name="key16">The key, 16 bytes.</param>
    /// <param name="messages">The messages without anything between them.</param>
    /// <param name="ends">For each message its end (exclusive); ascending.</param>
    /// <param name="hashes">Takes a hash for each, in order: at least as many.</param>
    /// <exception cref="ArgumentException">The key is not 16 bytes, the ends do not divide the messages, or there is too little room.</exception>
    public static void Hash128(ReadOnlySpan<byte> key16, ReadOnlySpan<byte> messages, ReadOnlySpan<int> ends, Span<UInt128> hashes)
    {
        Require.Size(key16.Length, SipHash.KeySize, nameof(key16));
        if (hashes.Length < ends.Length) throw new ArgumentException($"There is room for {hashes.Length} of {ends.Length} hashes.", nameof(hashes));
        Span<ulong> words = stackalloc ulong[Avx512F.IsSupported ? MostBlocks * Lanes : 0];
        Span<int> lengths = stackalloc int[Lanes];
        int start = 0;
        for (int first = 0; first < ends.Length; first += Lanes)
        {
            int count = Math.Min(Lanes, ends.Length - first), begin = start, longest = 0;
            for (int lane = 0; lane < count; lane++)
            {
                int end = ends[first + lane];
                if (end < start || end > messages.Length) throw new ArgumentException($"Message {first + lane} ends at {end}, outside {start} to {messages.Length}.", nameof(ends));
                lengths[lane] = end - start;
                longest = Math.Max(longest, end - start);
                start = end;
            }

            ReadOnlySpan<byte> some = messages[begin..start];
            if (Avx512F.IsSupported && count >= FewestLanes && longest <= LongestInLane) HashSome(key16, some, lengths[..count], words, hashes.Slice(first, count));
            else HashEach(key16, some, lengths[..count], hashes[first..]);
        }
    }

    private static void HashEach(ReadOnlySpan<byte> key16, ReadOnlySpan<byte> messages, ReadOnlySpan<int> lengths, Span<UInt128> hashes)
    {
        for (int i = 0; i < lengths.Length; i++)
        {
            hashes[i] = SipHash.Hash128(key16, messages[..lengths[i]]);
            messages = messages[lengths[i]..];
        }
    }

    private static void HashSome(ReadOnlySpan<byte> key16, ReadOnlySpan<byte> messages, ReadOnlySpan<int> lengths, Span<ulong> words, Span<UInt128> hashes)
    {
        Span<ulong> blocks = stackalloc ulong[Lanes];
        blocks.Clear();
        int fewest = MostBlocks, most = 0;
        for (int lane = 0; lane < lengths.Length; lane++)
        {
            int count = Spread(messages[..lengths[lane]], words[lane..]);
            messages = messages[lengths[lane]..];
            blocks[lane] = (ulong)count;
            fewest = Math.Min(fewest, count);
            most = Math.Max(most, count);
        }

        ulong k0 = BinaryPrimitives.ReadUInt64LittleEndian(key16), k1 = BinaryPrimitives.ReadUInt64LittleEndian(key16[sizeof(ulong)..]);
        Vector512<ulong> v0 = Vector512.Create(k0 ^ 0x736f6d6570736575), v1 = Vector512.Create(k1 ^ 0x646f72616e646f6d ^ 0xee);
        Vector512<ulong> v2 = Vector512.Create(k0 ^ 0x6c7967656e657261), v3 = Vector512.Create(k1 ^ 0x7465646279746573);
        Vector512<ulong> counts = Vector512.Create<ulong>(blocks);
        ref ulong row = ref MemoryMarshal.GetReference(words);
        for (int block = 0; block < most; block++)
        {
            Vector512<ulong> word = Vector512.LoadUnsafe(ref row, (nuint)(block * Lanes));
            Vector512<ulong> w0 = v0, w1 = v1, w2 = v2, w3 = v3 ^ word;
            Round(ref w0, ref w1, ref w2, ref w3);
            Round(ref w0, ref w1, ref w2, ref w3);
            w0 ^= word;
            if (block < fewest)
            {
                (v0, v1, v2, v3) = (w0, w1, w2, w3);
                continue;
            }

            // Lanes whose message has ended stay as they are.
            Vector512<ulong> going = Vector512.GreaterThan(counts, Vector512.Create((ulong)block));
            v0 = Vector512.ConditionalSelect(going, w0, v0);
            v1 = Vector512.ConditionalSelect(going, w1, v1);
            v2 = Vector512.ConditionalSelect(going, w2, v2);
            v3 = Vector512.ConditionalSelect(going, w3, v3);
        }

        v2 ^= Vector512.Create(0xeeUL);
        for (int i = 0; i < 4; i++) Round(ref v0, ref v1, ref v2, ref v3);
        Vector512<ulong> high = v0 ^ v1 ^ v2 ^ v3;
        v1 ^= Vector512.Create(0xddUL);
        for (int i = 0; i < 4; i++) Round(ref v0, ref v1, ref v2, ref v3);
        Vector512<ulong> low = v0 ^ v1 ^ v2 ^ v3;
        Span<ulong> first = stackalloc ulong[Lanes], second = stackalloc ulong[Lanes];
        high.CopyTo(first);
        low.CopyTo(second);
        for (int lane = 0; lane < lengths.Length; lane++)
        {
            hashes[lane] = new UInt128(BinaryPrimitives.ReverseEndianness(first[lane]), BinaryPrimitives.ReverseEndianness(second[lane]));
        }
    }

    // The message's words, each a row further on, and at the end those bytes that fill none under the length modulo 256. Returns how many.
    private static int Spread(ReadOnlySpan<byte> message, Span<ulong> column)
    {
        ReadOnlySpan<ulong> whole = MemoryMarshal.Cast<byte, ulong>(message); // Little-endian, as every processor with these registers is.
        for (int block = 0; block < whole.Length; block++) column[block * Lanes] = whole[block];
        int rest = message.Length % sizeof(ulong);
        ulong last = (ulong)message.Length << 56;
        if (rest > 0 && message.Length > sizeof(ulong)) last |= BinaryPrimitives.ReadUInt64LittleEndian(message[^sizeof(ulong)..]) >> (8 * (sizeof(ulong) - rest));
        else for (int i = 0; i < rest; i++) last |= (ulong)message[i] << (8 * i);
        column[whole.Length * Lanes] = last;
        return whole.Length + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref Vector512<ulong> v0, ref Vector512<ulong> v1, ref Vector512<ulong> v2, ref Vector512<ulong> v3)
    {
        v0 += v1;
        v2 += v3;
        v1 = Avx512F.RotateLeft(v1, 13) ^ v0;
        v3 = Avx512F.RotateLeft(v3, 16) ^ v2;
        v0 = Avx512F.RotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = Avx512F.RotateLeft(v1, 17) ^ v2;
        v3 = Avx512F.RotateLeft(v3, 21) ^ v0;
        v2 = Avx512F.RotateLeft(v2, 32);
    }
}
