using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;

namespace Gateway.Matching.Tests.Keys;

public sealed class BirthDateKeyTests
{
    private static readonly Party s_person = new()
    {
        Kind = PartyKind.Person, Name = "Michaela Neumann", Street = "8 Stanley Street", City = "Winston Hills", Postcode = "4223", BirthDate = new DateOnly(1971, 3, 9),
    };

    private static HashSet<Identifier> Keys(Party party) => [.. KeysOf.Of(party).Identifiers.Select(key => key.Identifier)];

    private static bool Meet(Party a, Party b) => Keys(a).Overlaps(Keys(b));

    [Fact]
    public void The_keys_of_a_birth_date_are_the_documented_ones()
    {
        string[] values = [.. KeysOf.Of(s_person).Identifiers.Where(key => (ushort)key.Identifier.Type >= 265).Select(key => $"{(ushort)key.Identifier.Type} {key.Identifier.Value} {key.Field}")];
        Assert.Contains($"265 {Pair()}|19710309 name+birth_date", values);
        Assert.Contains("267 19710309|4223 birth_date+postcode", values);
        Assert.Contains("267 19710309|stnl birth_date+street", values);
        Assert.Contains("267 19710309|no 8 birth_date+street", values);
        Assert.Contains($"268 {Pair()}|stnl name+street", values);
        Assert.Contains("270 m|stnl|4223 name+street+postcode", values);
        Assert.Contains("270 n|stnl|winstonhills name+street+city", values);
    }

    [Fact]
    public void A_person_is_met_by_name_and_birth_date_wherever_they_live()
    {
        Party moved = s_person with { Street = "77 Harbour Road", City = "Dapto", Postcode = "9999" };
        Assert.True(Meet(s_person, moved));
        Assert.True(Meet(s_person, moved with { Name = "NEUMANN, Michaela" }));
        Assert.True(Meet(s_person, moved with { Name = "Michaela Smith" }));
        Assert.False(Meet(s_person, moved with { BirthDate = new DateOnly(1950, 1, 1) }));
    }

    [Fact]
    public void A_birth_date_alone_is_no_key() =>
        Assert.Empty(Keys(new Party { Kind = PartyKind.Person, BirthDate = s_person.BirthDate }));

    [Fact]
    public void Companies_have_no_keys_of_birth_dates_or_of_initials() =>
        Assert.DoesNotContain(Keys(s_person with { Kind = PartyKind.Organisation }), key => (ushort)key.Type is >= 265 and <= 270);

    [Fact]
    public void A_person_with_many_names_fits_into_a_record()
    {
        Party many = s_person with { Aliases = [.. Enumerable.Range(0, 2).Select(i => $"Georgina Maximiliana Alexandra Wolfeschlegel{i}")] };
        Assert.InRange(Keys(many).Count, 30, 64);
    }

    private static string Pair() => KeysOf.Of(s_person).Identifiers.Single(key => key.Identifier.Type == IdentifierType.PersonNameBirthDate).Identifier.Value.Split('|')[0];
}
