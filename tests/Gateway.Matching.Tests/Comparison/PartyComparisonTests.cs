using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Tests.Comparison;

public sealed class PartyComparisonTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, Clk.KeySize).Select(i => (byte)(3 * i))];

    private static readonly Party s_person = new()
    {
        Kind = PartyKind.Person, Name = "Michaela Neumann", Street = "8 Stanley Street", City = "Winston Hills", Postcode = "4223", BirthDate = new DateOnly(1971, 3, 9),
    };

    private static readonly Party s_company = new()
    {
        Kind = PartyKind.Organisation, Name = "Shenzhen Huaxin Golden Leather Goods Co., Ltd.", Aliases = ["Huaxin Leather"], Street = "No. 18 Nanshan Road", City = "Shenzhen", Postcode = "518000",
    };

    private static IReadOnlyList<FieldComparison> Compare(Party asking, Party record) => PartyComparison.Compare(asking, record.Kind, [.. PartyTexts.Encode(record, s_key)], s_key);

    private static FieldComparison Of(ComparedField field, Party asking, Party record) => Compare(asking, record).Single(comparison => comparison.Field == field);

    [Fact]
    public void A_party_is_the_same_as_itself_in_every_field_stated()
    {
        Assert.Equal(6, Compare(s_person, s_person).Count);
        Assert.Equal(5, Compare(s_company, s_company).Count);
        Assert.All(Compare(s_person, s_person).Concat(Compare(s_company, s_company)), comparison => Assert.Equal(Likeness.Same, comparison.Likeness));
    }

    [Fact]
    public void What_either_side_leaves_out_is_not_compared()
    {
        Party bare = new() { Kind = PartyKind.Person, Name = "Michaela Neumann" };
        Assert.Equal(ComparedField.Name, Assert.Single(Compare(bare, s_person)).Field);
        Assert.Equal(ComparedField.Name, Assert.Single(Compare(s_person, bare)).Field);
        Assert.Empty(Compare(new Party(), s_person));
    }

    [Theory]
    [InlineData("1971-03-09", Likeness.Same, "same birth date")]
    [InlineData("1971-09-03", Likeness.Close, "birth dates with day and month exchanged")]
    [InlineData("1971-03-08", Likeness.Close, "birth dates differ in one digit")]
    [InlineData("1917-03-09", Likeness.Close, "birth dates with two digits exchanged")]
    [InlineData("1971-11-28", Likeness.Similar, "same birth year, another day")]
    [InlineData("1950-03-09", Likeness.Similar, "different birth year, same day and month")]
    [InlineData("1950-11-28", Likeness.Different, "different birth year")]
    public void Birth_dates_are_compared_digit_by_digit(string date, Likeness likeness, string sentence)
    {
        FieldComparison comparison = Of(ComparedField.BirthDate, s_person with { BirthDate = DateOnly.ParseExact(date, "yyyy-MM-dd", null) }, s_person);
        Assert.Equal((likeness, sentence, "birth_date"), (comparison.Likeness, comparison.Sentence, comparison.Column));
    }

    [Theory]
    [InlineData("AU-4223", Likeness.Same, "same postcode")]
    [InlineData("4228", Likeness.Close, "postcodes differ in one character")]
    [InlineData("2423", Likeness.Close, "postcodes with two characters exchanged")]
    [InlineData("4311", Likeness.Different, "different postcode")]
    [InlineData("42231", Likeness.Close, "postcodes differ in one character")]
    [InlineData("422", Likeness.Close, "postcodes differ in one character")]
    public void Postcodes_are_compared_character_by_character(string postcode, Likeness likeness, string sentence)
    {
        FieldComparison comparison = Of(ComparedField.Postcode, s_person with { Postcode = postcode }, s_person);
        Assert.Equal((likeness, sentence), (comparison.Likeness, comparison.Sentence));
    }

    [Theory]
    [InlineData("Neumann, Michaela", Likeness.Same, "same name, 2 of 2 words")]
    [InlineData("Michaela Newmann", Likeness.Close, "name words 2 of 2 alike (a letter or two differ in NEWMANN)")]
    [InlineData("Michaela Neuman", Likeness.Close, "name words 2 of 2 alike, the record's name has more")]
    [InlineData("Courtney Painter", Likeness.Different, "different name: 0 of 2 words alike")]
    public void Names_say_which_words_are_alike(string name, Likeness likeness, string sentence)
    {
        FieldComparison comparison = Of(ComparedField.Name, s_person with { Name = name }, s_person);
        Assert.Equal((likeness, sentence, false), (comparison.Likeness, comparison.Sentence, comparison.IsCompany));
    }

    [Fact]
    public void A_company_is_compared_without_its_legal_form_and_under_all_its_names()
    {
        Assert.Equal(Likeness.Same, Of(ComparedField.Name, s_company with { Name = "SHENZHEN HUAXIN GOLDEN LEATHER GOODS LIMITED" }, s_company).Likeness);
        Assert.Equal(Likeness.Same, Of(ComparedField.Name, s_company with { Name = "Huaxin Leather GmbH" }, s_company).Likeness);
        FieldComparison slip = Of(ComparedField.Name, s_company with { Name = "Shenzen Huaxin Golden Leather Goods", Aliases = [] }, s_company);
        Assert.Equal((Likeness.Close, true), (slip.Likeness, slip.IsCompany));
        Assert.Equal("company name words 5 of 5 alike (a letter or two differ in SHENZEN)", slip.Sentence);
    }

    [Fact]
    public void Number_and_street_are_told_apart()
    {
        IReadOnlyList<FieldComparison> neighbour = Compare(s_person with { Street = "86 Stanley St" }, s_person);
        Assert.Equal(Likeness.Same, neighbour.Single(c => c.Field == ComparedField.Street).Likeness);
        Assert.Equal(Likeness.Different, neighbour.Single(c => c.Field == ComparedField.StreetNumber).Likeness);
    }

    [Fact]
    public void Under_another_key_nothing_is_alike()
    {
        byte[] other = [.. s_key.Reverse()];
        IReadOnlyList<FieldComparison> comparisons = PartyComparison.Compare(s_person, PartyKind.Person, [.. PartyTexts.Encode(s_person, other)], s_key);
        Assert.All(comparisons, comparison => Assert.Equal(Likeness.Different, comparison.Likeness));
    }

    [Fact]
    public void A_text_of_a_kind_of_later_versions_is_passed_over() =>
        Assert.Empty(PartyComparison.Compare(s_person, PartyKind.Person, [new EncodedText((TextKind)99, new byte[Clk.Size])], s_key));
}
