using FsCheck;
using FsCheck.Fluent;
using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Tests.Comparison;

public sealed class ClkTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, Clk.KeySize).Select(i => (byte)i)];
    private static readonly byte[] s_otherKey = [.. Enumerable.Range(1, Clk.KeySize).Select(i => (byte)i)];

    private static byte[] Encode(string text) => Clk.EncodePairs(s_key, text, 25);

    private static double Likeness(string a, string b) => Clk.Dice(Encode(a), Encode(b));

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
        Assert.Equal(Encode("Acme Trading (HK), Ltd."), Encode("  LTD hk ACME/trading"));

    [Fact]
    public void Repeated_pairs_count() => Assert.True(Likeness("banana", "bana") < 1);

    [Fact]
    public void Under_different_keys_equal_names_share_nothing()
    {
        const string name = "Shenzhen Huaxin Trading Company Limited";
        byte[] one = Encode(name);
        Assert.InRange(Clk.Dice(one, Clk.EncodePairs(s_otherKey, name, 25)), 0, 0.15);
        Assert.Equal(1.0, Clk.Dice(one, one));
    }

    [Fact]
    public void Likeness_is_that_of_the_features_and_not_of_bits_that_coincide()
    {
        // 9 and 9 pairs, none in common: the bits alone would say about 0.2.
        Assert.InRange(Likeness("abcdefgh", "qrstuvwx"), 0, 0.12);

        // 13 and 13 pairs of which two differ.
        Assert.InRange(Likeness("constantinop", "constantinep"), (2 * 11.0 / 26) - 0.06, (2 * 11.0 / 26) + 0.06);
    }

    [Fact]
    public void Whether_a_feature_is_there_can_be_told()
    {
        byte[] name = Encode("constantinople");
        Assert.True(Clk.Holds(name, Clk.Encode(s_key, [('O', 'N')], 25)));
        Assert.False(Clk.Holds(name, Clk.Encode(s_key, [('X', 'Y')], 25)));
    }

    [Theory]
    [InlineData("Michaela Neumann", "8 Stanley Street", "Winston Hills", "4223", PartyKind.Person)]
    [InlineData("Courtney Painter", "12 Pinkerton Circuit", "Richlands", "10115", PartyKind.Person)]
    [InlineData("Shenzhen Huaxin Trading Co Ltd", "No. 188 Nanshan Boulevard", "Shenzhen", "518000", PartyKind.Organisation)]
    [InlineData("Istanbul Deri Tekstil Sanayi ve Ticaret AS", "Bahcelievler Mahallesi 1204", "Istanbul", "EC3N1DY", PartyKind.Organisation)]
    public void Typical_texts_set_about_half_of_the_bits(string name, string street, string city, string postcode, PartyKind kind)
    {
        Party party = new() { Kind = kind, Name = name, Street = street, City = city, Postcode = postcode, BirthDate = new DateOnly(1971, 3, 9) };
        foreach (EncodedText text in PartyTexts.Encode(party, s_key).Where(text => text.Kind != TextKind.StreetNumber))
        {
            Assert.InRange(Clk.FillOf(text.Clk.Span), 0.28, 0.68);
        }
    }

    [Fact]
    public void Likeness_is_symmetric_between_0_and_1_and_1_with_itself() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100),
        Prop.ForAll(ArbMap.Default.GeneratorFor<(NonNull<string>, NonNull<string>)>().ToArbitrary(), pair =>
        {
            (string a, string b) = (pair.Item1.Get, pair.Item2.Get);
            double likeness = Likeness(a, b);
            Assert.InRange(likeness, 0, 1);
            Assert.Equal(likeness, Likeness(b, a), 12);
            bool hasText = Encode(a).Any(bits => bits != 0);
            Assert.Equal(hasText ? 1.0 : 0.0, Likeness(a, a));
        }));

    [Fact]
    public void A_text_without_letters_or_digits_is_like_nothing()
    {
        Assert.All(Encode(" -- "), bits => Assert.Equal(0, bits));
        Assert.Equal(0, Likeness("", ""));
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Clk.EncodePairs(new byte[31], "a", 25));
        Assert.Throws<ArgumentException>(() => Clk.EncodePairs(s_key, "a", 0));
        Assert.Throws<ArgumentException>(() => Clk.Dice(new byte[128], new byte[64]));
    }
}
