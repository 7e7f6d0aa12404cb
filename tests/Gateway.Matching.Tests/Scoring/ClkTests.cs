using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Matching.Scoring;

namespace Gateway.Matching.Tests.Scoring;

public sealed class ClkTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, Clk.KeySize).Select(i => (byte)i)];
    private static readonly byte[] s_otherKey = [.. Enumerable.Range(1, Clk.KeySize).Select(i => (byte)i)];

    private static double Likeness(string a, string b) => Clk.Dice(Clk.Encode(s_key, a), Clk.Encode(s_key, b));

    [Theory]
    [InlineData("Shenzhen Huaxin Trading", "Shenzen Huaxin Tradng", "Guangzhou Bright Import")]
    [InlineData("Michaela Neumann", "Michela Neuman", "Courtney Painter")]
    [InlineData("8 Stanley Street Winston Hills 4223", "8 Stanly St Winston Hills 4223", "12 Pinkerton Circuit Richlands 4560")]
    public void A_misspelt_name_is_nearer_than_another_name(string name, string misspelt, string other)
    {
        Assert.True(Likeness(name, misspelt) > 0.75);
        Assert.True(Likeness(name, misspelt) > Likeness(name, other) + 0.2);
    }

    [Fact]
    public void Case_punctuation_and_order_of_words_do_not_matter() =>
        Assert.Equal(Clk.Encode(s_key, "Acme Trading (HK), Ltd."), Clk.Encode(s_key, "  LTD hk ACME/trading"));

    [Fact]
    public void Repeated_pairs_count() => Assert.True(Likeness("banana", "bana") < 1);

    [Fact]
    public void Under_different_keys_equal_names_are_as_unlike_as_strangers()
    {
        const string name = "Shenzhen Huaxin Trading Company Limited";
        byte[] one = Clk.Encode(s_key, name);
        byte[] two = Clk.Encode(s_otherKey, name);
        double fill = one.Sum(b => BitOperations.PopCount(b)) / 1024.0;

        // Two independent random sets that fill this much of 1,024 bits have about this likeness; six standard deviations around it.
        Assert.InRange(Clk.Dice(one, two), fill - 0.12, fill + 0.12);
        Assert.Equal(1.0, Clk.Dice(one, one));
    }

    [Theory]
    [InlineData("Shenzhen Huaxin Trading Co Ltd", 0.40, 0.60)]
    [InlineData("Istanbul Deri Tekstil Sanayi ve Ticaret AS", 0.40, 0.65)]
    [InlineData("Michaela Neumann", 0.25, 0.45)]
    public void Typical_names_set_about_half_of_the_bits(string name, double least, double most) =>
        Assert.InRange(Clk.Encode(s_key, name).Sum(b => BitOperations.PopCount(b)) / 1024.0, least, most);

    [Fact]
    public void Likeness_is_symmetric_between_0_and_1_and_1_with_itself() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100),
        Prop.ForAll(ArbMap.Default.GeneratorFor<(NonNull<string>, NonNull<string>)>().ToArbitrary(), pair =>
        {
            (string a, string b) = (pair.Item1.Get, pair.Item2.Get);
            double likeness = Likeness(a, b);
            Assert.InRange(likeness, 0, 1);
            Assert.Equal(likeness, Likeness(b, a));
            bool hasText = Clk.Encode(s_key, a).Any(bits => bits != 0);
            Assert.Equal(hasText ? 1.0 : 0.0, Likeness(a, a));
        }));

    [Fact]
    public void A_text_without_letters_or_digits_is_like_nothing()
    {
        Assert.All(Clk.Encode(s_key, " -- "), bits => Assert.Equal(0, bits));
        Assert.Equal(0, Likeness("", ""));
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Clk.Encode(new byte[31], "a"));
        Assert.Throws<ArgumentException>(() => Clk.Encode(s_key, "a", new byte[127]));
        Assert.Throws<ArgumentException>(() => Clk.Dice(new byte[128], new byte[64]));
    }
}
