using FsCheck;
using FsCheck.Fluent;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Matching.Text;

namespace Gateway.Matching.Tests.Identifiers;

public sealed class IdentifierProperties
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(1_000);
    private static readonly IdentifierType[] Strong = [.. Enum.GetValues<IdentifierType>().Where(type => (ushort)type is > 0 and < 256)];

    private static readonly (IdentifierType Type, string Country, string Value)[] Valid =
    [
        (IdentifierType.Iban, "", "GB82WEST12345698765432"), (IdentifierType.Iban, "", "DE89370400440532013000"), (IdentifierType.Iban, "", "MT84MALT011000012345MTLCAST001S"),
        (IdentifierType.Container, "", "CSQU3054383"), (IdentifierType.AirWaybill, "", "02012345675"), (IdentifierType.PostalItem, "", "RR473124829CN"),
        (IdentifierType.CompanyRegistration, "CN", "91110000600037341L"), (IdentifierType.Vat, "DE", "DE136695976"), (IdentifierType.TaxNumber, "RU", "7707083893"),
    ];

    [Fact]
    public void Every_string_has_an_answer_in_every_type()
    {
        Gen<string> wild = Gen.Elements('\0', '\uD800', '\uDC00', '\u202E', '\u200B', '\u0301', '０', '٣', '字', 'ß', 'İ', ':', '@', '.', '-', '+', '/', '%', ' ', 'a', 'Z', '1').ListOf()
            .Select(chars => new string([.. chars]));
        Gen<string> any = Gen.OneOf(wild, ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""));
        Prop.ForAll(any.ToArbitrary(), text =>
        {
            foreach (IdentifierType type in Strong)
            {
                Normalisation normalisation = IdentifierNormaliser.Normalise(new StatedIdentifier(type, text), "DE");
                Assert.True(normalisation.IsAccepted == normalisation.Rejection is null);
                Assert.NotNull(normalisation.Rejection?.Message ?? "");
            }

            Assert.NotNull(KeysOf.Of(new Party { Name = text, Street = text, City = text, Postcode = text, Country = text, Aliases = [text] }));
        }).Check(Thorough);
    }

    [Fact]
    public void Ten_thousand_characters_of_anything_have_an_answer()
    {
        foreach (string unit in (string[])["a", "1", "\u0301", "a\u0301\u0327", "\uD800", "字", "a.", "1-", "@", ":", "/", "%", "\u200B", "+1 ", "한", "ab ", "(0)"])
        {
            string text = string.Concat(Enumerable.Repeat(unit, 10_000 / unit.Length));
            foreach (IdentifierType type in Strong)
            {
                Assert.NotNull(IdentifierNormaliser.Normalise(new StatedIdentifier(type, text), "DE").ToString());
            }

            Assert.NotNull(KeysOf.Of(new Party { Name = text, Street = text, City = text, Postcode = text, Country = text }));
        }

        Assert.Equal("too-long", IdentifierNormaliser.Normalise(new StatedIdentifier(IdentifierType.Email, new string('a', 10_001))).Rejection?.Rule);
    }

    [Fact]
    public void Normalising_a_normal_form_changes_nothing()
    {
        foreach (string[] row in Table.Rows("numbers.csv").Concat(Table.Rows("phones.csv").Where(row => row[2].Length > 0).Select(row => (string[])["Phone", row[0], row[1], "valid"])))
        {
            var stated = new StatedIdentifier(Enum.Parse<IdentifierType>(row[0]), row[2]);
            if (IdentifierNormaliser.Normalise(stated, row[1]).Identifier is { } once)
            {
                Assert.Equal(once, IdentifierNormaliser.Normalise(stated with { Raw = once.Value }, row[1]).Identifier);
            }
        }
    }

    [Fact]
    public void No_single_wrong_digit_passes_a_check_digit()
    {
        foreach ((IdentifierType type, string country, string value) in Valid)
        {
            Assert.True(IdentifierNormaliser.Normalise(new StatedIdentifier(type, value), country).IsAccepted, value);
            for (int i = 0; i < value.Length; i++)
            {
                for (char digit = '0'; char.IsAsciiDigit(value[i]) && digit <= '9'; digit++)
                {
                    string wrong = value[..i] + digit + value[(i + 1)..];
                    if (digit == value[i] || IsPromisedByNobody(type, value[i], digit, i))
                    {
                        continue;
                    }

                    Assert.False(IdentifierNormaliser.Normalise(new StatedIdentifier(type, wrong), country).IsAccepted, $"{type} {wrong}");
                }
            }
        }
    }

    [Fact]
    public void Spacing_case_and_separators_make_no_difference()
    {
        Gen<string> separators = Gen.Elements("", "", " ", "-", ".", "\u00A0", "\u200B", "\u2013", "  ", "\u2009");
        var cases = Gen.Elements(Valid).SelectMany(valid => separators.ListOf(valid.Value.Length).SelectMany(between => Gen.Choose(0, 2).Select(form => (valid, between: between.ToArray(), form))));
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            string disguised = string.Concat(c.valid.Value.Select((letter, i) => (i == 0 ? "" : c.between[i]) + c.form switch
            {
                0 => char.ToLowerInvariant(letter),
                1 => (char)(letter + 0xFEE0),
                _ => letter,
            }));
            Assert.Equal(
                IdentifierNormaliser.Normalise(new StatedIdentifier(c.valid.Type, c.valid.Value), c.valid.Country).Identifier,
                IdentifierNormaliser.Normalise(new StatedIdentifier(c.valid.Type, disguised), c.valid.Country).Identifier);
        }).Check(Thorough);
    }

    [Fact]
    public void Form_KC_is_made_without_the_machines_tables()
    {
        Assert.Equal("é", Nfkc.Of("e\u0301"));
        Assert.Equal("ộ", Nfkc.Of("o\u0302\u0323"));
        Assert.Equal("각", Nfkc.Of("\u1100\u1161\u11A8"));
        Assert.Equal("fiA1", Nfkc.Of("ﬁＡ①"));
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => Assert.Equal(Nfkc.Of(text ?? ""), Nfkc.Of(Nfkc.Of(text ?? "")))).Check(Thorough);
    }

    [Fact]
    public void The_short_way_for_plain_text_gives_what_the_long_way_gives()
    {
        Gen<string> plain = Gen.OneOf(Gen.Choose(' ', '~').Select(c => (char)c), Gen.Constant(' ')).ListOf().Select(chars => new string([.. chars]));

        // A zero-width space at the end is invisible, and takes the text off the short way.
        Prop.ForAll(plain.ToArbitrary(), text => Assert.Equal(CleanText.Of(text + "\u200B"), CleanText.Of(text))).Check(Thorough);
    }

    // RFC 3492 §7.1 (A), (B), (I) and (S), in lower case.
    [Theory]
    [InlineData("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn")]
    [InlineData("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye")]
    [InlineData("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l")]
    [InlineData("-> $1.00 <-", "-> $1.00 <--")]
    public void Labels_are_encoded_as_RFC_3492_shows(string label, string expected) => Assert.Equal(expected, Punycode.Encode(label));

    // Modulo 7 cannot tell digits that differ by 7, and the airline's prefix is outside it.
    private static bool IsPromisedByNobody(IdentifierType type, char right, char wrong, int place) =>
        type == IdentifierType.AirWaybill && (place < 3 || Math.Abs(right - wrong) == 7);
}
