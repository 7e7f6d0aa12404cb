namespace Gateway.Cryptography.Internal;

/// <summary>
/// A point of edwards25519 in extended coordinates x = X/Z, y = Y/Z, xy = T/Z (Hisil, Wong, Carter, Dawson 2008), and ristretto255's coding of it (RFC 9496 §4.3). For public values.
/// </summary>
internal readonly struct EdwardsPoint(FieldElement x, FieldElement y, FieldElement z, FieldElement t)
{
    private readonly FieldElement _x = x, _y = y, _z = z, _t = t;

    public static EdwardsPoint Identity => new(FieldElement.Zero, FieldElement.One, FieldElement.One, FieldElement.Zero);

    private static FieldElement D => new(0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff);

    private static FieldElement TwiceD => new(0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff);

    private static FieldElement InverseSquareRootOfAMinusD => new(0xfdaa805d40ea, 0x2eb482e57d339, 0x7610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff);

    /// <summary>Decodes an element whose encoding was checked before, for adding.</summary>
    public static Addend Decode(ReadOnlySpan<byte> encoding)
    {
        FieldElement s = FieldElement.FromBytes(encoding);
        FieldElement ss = s.Squared();
        FieldElement u1 = FieldElement.One - ss;
        FieldElement u2 = FieldElement.One + ss;
        FieldElement u2Squared = u2.Squared();
        FieldElement v = -(D * u1.Squared()) - u2Squared;
        FieldElement.TryInverseSquareRoot(v * u2Squared, out FieldElement inverse);
        FieldElement denominatorX = inverse * u2;
        FieldElement denominatorY = inverse * denominatorX * v;
        FieldElement x = ((s + s) * denominatorX).Absolute();
        FieldElement y = u1 * denominatorY;
        return new Addend(y + x, y - x, x * y * TwiceD);
    }

    /// <summary>Writes the element's canonical 32 bytes; zeros for the identity.</summary>
    public void Encode(Span<byte> encoding)
    {
        FieldElement u1 = (_z + _y) * (_z - _y);
        FieldElement u2 = _x * _y;
        FieldElement.TryInverseSquareRoot(u1 * u2.Squared(), out FieldElement inverse);
        FieldElement denominator1 = inverse * u1;
        FieldElement denominator2 = inverse * u2;
        FieldElement zInverse = denominator1 * denominator2 * _t;
        bool rotates = (_t * zInverse).IsNegative;
        FieldElement x = rotates ? _y * FieldElement.SquareRootOfMinusOne : _x;
        FieldElement y = rotates ? _x * FieldElement.SquareRootOfMinusOne : _y;
        FieldElement denominator = rotates ? denominator1 * InverseSquareRootOfAMinusD : denominator2;
        if ((x * zInverse).IsNegative) y = -y;
        (denominator * (_z - y)).Absolute().CopyTo(encoding);
    }

    /// <summary>The sum with a decoded point: 7 multiplications.</summary>
    public static EdwardsPoint operator +(in EdwardsPoint point, in Addend addend) =>
        Completed((point._y - point._x) * addend.Minus, (point._y + point._x) * addend.Plus, point._t * addend.Product, point._z + point._z);

    /// <summary>The difference from a decoded point.</summary>
    public static EdwardsPoint operator -(in EdwardsPoint point, in Addend addend) =>
        Completed((point._y - point._x) * addend.Plus, (point._y + point._x) * addend.Minus, -(point._t * addend.Product), point._z + point._z);

    /// <summary>The sum of any two points: 9 multiplications.</summary>
    public static EdwardsPoint operator +(in EdwardsPoint left, in EdwardsPoint right)
    {
        FieldElement zz = left._z * right._z;
        return Completed((left._y - left._x) * (right._y - right._x), (left._y + left._x) * (right._y + right._x), left._t * TwiceD * right._t, zz + zz);
    }

    /// <summary>Twice the point.</summary>
    public EdwardsPoint Doubled()
    {
        FieldElement xx = _x.Squared(), yy = _y.Squared(), zz = _z.Squared();
        FieldElement h = xx + yy;
        FieldElement e = h - (_x + _y).Squared();
        FieldElement g = xx - yy;
        FieldElement f = zz + zz + g;
        return new EdwardsPoint(e * f, g * h, f * g, e * h);
    }

    private static EdwardsPoint Completed(in FieldElement a, in FieldElement b, in FieldElement c, in FieldElement d)
    {
        FieldElement e = b - a, f = d - c, g = d + c, h = b + a;
        return new EdwardsPoint(e * f, g * h, f * g, e * h);
    }

    /// <summary>A point as y + x, y − x and 2d·x·y.</summary>
    internal readonly struct Addend(FieldElement plus, FieldElement minus, FieldElement product)
    {
        public readonly FieldElement Plus = plus, Minus = minus, Product = product;
    }
}
