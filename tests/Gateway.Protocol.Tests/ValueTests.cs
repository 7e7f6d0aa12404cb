using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Protocol.Tests;

public sealed class ValueTests
{
    [Fact]
    public void Order_is_the_order_of_the_bytes()
    {
        Prop.ForAll<int, int, byte>((left, right, shared) =>
        {
            byte[] a = Sample.Bytes($"{left}"), b = Sample.Bytes($"{right}");

            // A shared start, of any length, so that every byte gets to decide.
            a.AsSpan(0, shared % 33).CopyTo(b);
            int order = Math.Sign(a.AsSpan().SequenceCompareTo(b)), short16 = Math.Sign(a.AsSpan(0, 16).SequenceCompareTo(b.AsSpan(0, 16)));
            RecordId x = RecordId.FromBytes(a), y = RecordId.FromBytes(b);
            return Math.Sign(x.CompareTo(y)) == order && x < y == order < 0 && x > y == order > 0 && x <= y == order <= 0 && x >= y == order >= 0
                && Math.Sign(Tag.FromBytes(a.AsSpan(0, 16)).CompareTo(Tag.FromBytes(b.AsSpan(0, 16)))) == short16
                && Math.Sign(CircleId.FromBytes(a.AsSpan(0, 16)).CompareTo(CircleId.FromBytes(b.AsSpan(0, 16)))) == short16
                && Math.Sign(MemberId.FromBytes(a.AsSpan(0, 16)).CompareTo(MemberId.FromBytes(b.AsSpan(0, 16)))) == short16
                && Tag.FromBytes(a.AsSpan(0, 16)) < Tag.FromBytes(b.AsSpan(0, 16)) == short16 < 0
                && CircleId.FromBytes(a.AsSpan(0, 16)) >= CircleId.FromBytes(b.AsSpan(0, 16)) == short16 >= 0
                && MemberId.FromBytes(a.AsSpan(0, 16)) > MemberId.FromBytes(b.AsSpan(0, 16)) == short16 > 0;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Bytes_and_hexadecimal_give_the_same_value_again()
    {
        Prop.ForAll<int>(seed =>
        {
            byte[] bytes = Sample.Bytes($"{seed}");
            string hex = Convert.ToHexStringLower(bytes), half = hex[..32];
            Tag tag = Tag.FromBytes(bytes.AsSpan(0, 16));
            return RecordId.TryParse(hex, out RecordId id) && id.ToArray().AsSpan().SequenceEqual(bytes) && id.ToString() == hex && id.Prefix == hex[..8]
                && Tag.TryParse(half, out Tag parsed) && parsed == tag && Tag.FromUInt128(tag.ToUInt128()) == tag && tag.ToString() == half
                && CircleId.TryParse(half, out CircleId circle) && circle.ToString() == half && circle.ToArray().AsSpan().SequenceEqual(bytes.AsSpan(0, 16))
                && MemberId.TryParse(half, out MemberId member) && member.ToString() == half && member.ToArray().AsSpan().SequenceEqual(bytes.AsSpan(0, 16));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00112233445566778899aabbccddeef")]
    [InlineData("00112233445566778899aabbccddeeff0")]
    [InlineData("00112233445566778899aabbccddeefg")]
    [InlineData("0x112233445566778899aabbccddeeff")]
    public void What_is_not_hexadecimal_of_the_right_length_is_no_id(string? text)
    {
        Assert.False(Tag.TryParse(text, out _));
        Assert.False(CircleId.TryParse(text, out _));
        Assert.False(MemberId.TryParse(text, out _));
        Assert.False(RecordId.TryParse(text, out _));
    }

    [Fact]
    public void Other_lengths_are_refused()
    {
        Assert.False(Tag.TryFromBytes(new byte[17], out _));
        Assert.Throws<ArgumentException>(() => Tag.FromBytes(new byte[15]));
        Assert.Throws<ArgumentException>(() => CircleId.FromBytes(new byte[15]));
        Assert.Throws<ArgumentException>(() => MemberId.FromBytes(new byte[17]));
        Assert.Throws<ArgumentException>(() => RecordId.FromBytes(new byte[31]));
        Assert.Throws<ArgumentException>(() => RecordHead.FromBytes(new byte[123]));
    }

    [Fact]
    public void Days_count_from_1970_by_UTC()
    {
        Assert.Equal(0u, UtcDay.Of(DateTimeOffset.UnixEpoch).Number);
        Assert.Equal(19_783u, UtcDay.Of(new DateTimeOffset(2024, 3, 1, 0, 30, 0, TimeSpan.FromHours(1))).Number + 1);
        Assert.Equal("2024-02-29", UtcDay.Of(new DateTimeOffset(2024, 3, 1, 0, 30, 0, TimeSpan.FromHours(1))).ToString());
        Assert.Equal(0u, UtcDay.FromDate(new DateOnly(1969, 12, 31)).Number);
        Assert.Equal("9999-12-31", new UtcDay(uint.MaxValue).ToString());
        Assert.True(new UtcDay(1) < new UtcDay(2) && new UtcDay(2) <= new UtcDay(2) && new UtcDay(3) > new UtcDay(2) && new UtcDay(3) >= new UtcDay(3));
        Assert.Equal(new UtcDay(12), new UtcDay(5).AddDays(7));
        Assert.Throws<OverflowException>(() => new UtcDay(uint.MaxValue).AddDays(1));
    }
}
