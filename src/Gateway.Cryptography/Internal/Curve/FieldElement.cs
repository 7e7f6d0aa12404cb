using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Gateway.Cryptography.Internal;

/// <summary>
/// A number modulo 2^255 − 19 in five limbs of 51 bits, each below 2^54 between operations. Its time depends on nothing but a square root's answer; still, only public values are
/// computed with it: secrets stay with libsodium.
/// </summary>
internal readonly struct FieldElement(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
{
    private const ulong Mask = (1UL << 51) - 1;

    // 16·p, limb by limb: added before a subtraction, so that no limb goes below zero.
    private const ulong First = 16 * (Mask - 18), Other = 16 * Mask;

    private readonly ulong _l0 = l0, _l1 = l1, _l2 = l2, _l3 = l3, _l4 = l4;

    public static FieldElement Zero => default;

    public static FieldElement One => new(1, 0, 0, 0, 0);

    /// <summary>√−1, the even one (RFC 9496 §4.1).</summary>
    public static FieldElement SquareRootOfMinusOne => new(0x61b274a0ea0b0, 0xd5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d);

    /// <summary>Reads 32 bytes, little-endian, without their highest bit.</summary>
    public static FieldElement FromBytes(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[6..]) >> 3) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..]) >> 6) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[19..]) >> 1) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]) >> 12) & Mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FieldElement operator +(in FieldElement a, in FieldElement b) => new(a._l0 + b._l0, a._l1 + b._l1, a._l2 + b._l2, a._l3 + b._l3, a._l4 + b._l4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FieldElement operator -(in FieldElement a, in FieldElement b) =>
        Carried(a._l0 + First - b._l0, a._l1 + Other - b._l1, a._l2 + Other - b._l2, a._l3 + Other - b._l3, a._l4 + Other - b._l4);

    public static FieldElement operator -(in FieldElement a) => Zero - a;

    public static FieldElement operator *(in FieldElement a, in FieldElement b)
    {
        ulong b1 = 19 * b._l1, b2 = 19 * b._l2, b3 = 19 * b._l3, b4 = 19 * b._l4;
        Wide r0 = default, r1 = default, r2 = default, r3 = default, r4 = default;
        r0.Add(a._l0, b._l0);
        r0.Add(a._l4, b1);
        r0.Add(a._l3, b2);
        r0.Add(a._l2, b3);
        r0.Add(a._l1, b4);
        r1.Add(a._l1, b._l0);
        r1.Add(a._l0, b._l1);
        r1.Add(a._l4, b2);
        r1.Add(a._l3, b3);
        r1.Add(a._l2, b4);
        r2.Add(a._l2, b._l0);
        r2.Add(a._l1, b._l1);
        r2.Add(a._l0, b._l2);
        r2.Add(a._l4, b3);
        r2.Add(a._l3, b4);
        r3.Add(a._l3, b._l0);
        r3.Add(a._l2, b._l1);
        r3.Add(a._l1, b._l2);
        r3.Add(a._l0, b._l3);
        r3.Add(a._l4, b4);
        r4.Add(a._l4, b._l0);
        r4.Add(a._l3, b._l1);
        r4.Add(a._l2, b._l2);
        r4.Add(a._l1, b._l3);
        r4.Add(a._l0, b._l4);
        return Reduced(ref r0, ref r1, ref r2, ref r3, ref r4);
    }

    /// <summary>The square; two thirds of a multiplication.</summary>
    public FieldElement Squared()
    {
        ulong d0 = 2 * _l0, d1 = 2 * _l1, d2 = 2 * _l2, m3 = 19 * _l3, m4 = 19 * _l4;
        Wide r0 = default, r1 = default, r2 = default, r3 = default, r4 = default;
        r0.Add(_l0, _l0);
        r0.Add(d1, m4);
        r0.Add(d2, m3);
        r1.Add(_l3, m3);
        r1.Add(d0, _l1);
        r1.Add(d2, m4);
        r2.Add(_l1, _l1);
        r2.Add(d0, _l2);
        r2.Add(2 * _l3, m4);
        r3.Add(_l4, m4);
        r3.Add(d0, _l3);
        r3.Add(d1, _l2);
        r4.Add(_l2, _l2);
        r4.Add(d0, _l4);
        r4.Add(d1, _l3);
        return Reduced(ref r0, ref r1, ref r2, ref r3, ref r4);
    }

    /// <summary>Squared so many times.</summary>
    public FieldElement Squared(int times)
    {
        FieldElement square = this;
        for (int i = 0; i < times; i++) square = square.Squared();
        return square;
    }

    /// <summary>√(1/v), the even root, or √(i/v) where 1/v has none (SQRT_RATIO_M1 of RFC 9496 §4.2 with u = 1).</summary>
    /// <returns>Whether 1/v is a square.</returns>
    public static bool TryInverseSquareRoot(in FieldElement v, out FieldElement root)
    {
        FieldElement v3 = v.Squared() * v;
        root = v3 * (v3.Squared() * v).ToFiveEighths();
        FieldElement check = v * root.Squared();
        bool isOne = (check - One).IsZero, isMinusOne = (check + One).IsZero, isMinusRoot = (check + SquareRootOfMinusOne).IsZero;
        if (isMinusOne || isMinusRoot) root *= SquareRootOfMinusOne;
        root = root.Absolute();
        return isOne || isMinusOne;
    }

    /// <summary>Whether the smallest form is odd, which RFC 9496 calls negative.</summary>
    public bool IsNegative
    {
        get
        {
            Span<byte> bytes = stackalloc byte[32];
            CopyTo(bytes);
            return (bytes[0] & 1) != 0;
        }
    }

    /// <summary>Whether the number is zero.</summary>
    public bool IsZero
    {
        get
        {
            Span<byte> bytes = stackalloc byte[32];
            CopyTo(bytes);
            return !bytes.ContainsAnyExcept((byte)0);
        }
    }

    /// <summary>The even one of a number and its negative.</summary>
    public FieldElement Absolute() => IsNegative ? -this : this;

    /// <summary>Writes the smallest form, 32 bytes, little-endian.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        FieldElement a = Carried(_l0, _l1, _l2, _l3, _l4);

        // Whether it is p or more: what is carried out of the top when 19 is added.
        ulong q = (a._l0 + 19) >> 51;
        q = (a._l1 + q) >> 51;
        q = (a._l2 + q) >> 51;
        q = (a._l3 + q) >> 51;
        q = (a._l4 + q) >> 51;
        ulong l0 = a._l0 + (19 * q);
        ulong l1 = a._l1 + (l0 >> 51);
        ulong l2 = a._l2 + (l1 >> 51);
        ulong l3 = a._l3 + (l2 >> 51);
        ulong l4 = a._l4 + (l3 >> 51);
        (l0, l1, l2, l3, l4) = (l0 & Mask, l1 & Mask, l2 & Mask, l3 & Mask, l4 & Mask);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, l0 | (l1 << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], (l1 >> 13) | (l2 << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], (l2 >> 26) | (l3 << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], (l3 >> 39) | (l4 << 12));
    }

    // To the power of (p − 5) / 8 = 2^252 − 3.
    private FieldElement ToFiveEighths()
    {
        FieldElement x2 = Squared() * this; // Numbered by the count of ones in the exponent.
        FieldElement x4 = x2.Squared(2) * x2;
        FieldElement x5 = x4.Squared() * this;
        FieldElement x10 = x5.Squared(5) * x5;
        FieldElement x20 = x10.Squared(10) * x10;
        FieldElement x40 = x20.Squared(20) * x20;
        FieldElement x50 = x40.Squared(10) * x10;
        FieldElement x100 = x50.Squared(50) * x50;
        FieldElement x200 = x100.Squared(100) * x100;
        FieldElement x250 = x200.Squared(50) * x50;
        return x250.Squared(2) * this;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FieldElement Carried(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4) => new(
        (l0 & Mask) + (19 * (l4 >> 51)), (l1 & Mask) + (l0 >> 51), (l2 & Mask) + (l1 >> 51), (l3 & Mask) + (l2 >> 51), (l4 & Mask) + (l3 >> 51));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FieldElement Reduced(ref Wide r0, ref Wide r1, ref Wide r2, ref Wide r3, ref Wide r4)
    {
        r1.Add(r0.Carry);
        r2.Add(r1.Carry);
        r3.Add(r2.Carry);
        r4.Add(r3.Carry);
        ulong low = (r0.Low & Mask) + (19 * r4.Carry);
        return new FieldElement(low & Mask, (r1.Low & Mask) + (low >> 51), r2.Low & Mask, r3.Low & Mask, r4.Low & Mask);
    }

    /// <summary>A sum of products, below 2^115.</summary>
    private struct Wide
    {
        private ulong _high;

        public ulong Low { get; private set; }

        /// <summary>What goes into the next limb.</summary>
        public readonly ulong Carry
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => (_high << 13) | (Low >> 51);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(ulong a, ulong b)
        {
            ulong high = Math.BigMul(a, b, out ulong low);
            Add(low);
            _high += high;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(ulong value)
        {
            Low += value;
            _high += Low < value ? 1UL : 0;
        }
    }
}
