using Gateway.Matching.Identifiers;
using Gateway.Node.Contributions;
using Gateway.Protocol;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Contributions;

/// <summary>Which words of a name a circle gets to see, and which combinations still open a record then (docs/protocol.md, §4).</summary>
public sealed class NameTagPlanTests
{
    private static readonly Party s_company = new() { Kind = PartyKind.Organisation, Name = "Qianhai Turnschuh Werkstatt GmbH" };

    [Theory]
    [InlineData(V1.NameMatching.CompoundOnly, PartyKind.Organisation, false)]
    [InlineData(V1.NameMatching.Unspecified, PartyKind.Organisation, false)]
    [InlineData(V1.NameMatching.FuzzyOrganisations, PartyKind.Organisation, true)]
    [InlineData(V1.NameMatching.FuzzyOrganisations, PartyKind.Person, false)]
    [InlineData(V1.NameMatching.FuzzyAll, PartyKind.Person, true)]
    public void A_circle_sees_the_words_its_policy_names(V1.NameMatching policy, PartyKind kind, bool tagged)
    {
        NameTagPlan plan = NameTagPlan.Of(s_company with { Kind = kind }, policy, []);
        Assert.Equal(tagged, plan.TagsNames);
        Assert.Equal(tagged, plan.Identifiers.Count > 0);
        Assert.All(plan.Identifiers, identifier => Assert.Equal(IdentifierClass.Name, identifier.Class));
    }

    [Fact]
    public void A_party_of_unstated_kind_is_a_person_unless_its_name_says_company()
    {
        Assert.False(NameTagPlan.Matches(V1.NameMatching.FuzzyOrganisations, new Party { Name = "Wilhelmina Abendroth" }));
        Assert.True(NameTagPlan.Matches(V1.NameMatching.FuzzyOrganisations, new Party { Name = "Abendroth Handels GmbH" }));
    }

    [Fact]
    public void Of_more_tags_than_fit_the_first_names_are_taken_whole_and_always_the_same()
    {
        Party many = s_company with { Aliases = [.. Enumerable.Range(0, 40).Select(i => $"Alias{(char)('a' + (i % 26))}{(char)('k' + (i / 26))}werk Handelshaus{(char)('a' + (i % 26))} Niederlassung{(char)('b' + (i % 20))}")] };
        Identifier[] combinations = [new(IdentifierType.CompanyCity, "a|b"), new(IdentifierType.CompanyStreetNumberPostcode, "a|1|b")];
        NameTagPlan plan = NameTagPlan.Of(many, V1.NameMatching.FuzzyOrganisations, combinations);
        Assert.InRange(plan.Identifiers.Count, 200, 255); // One of the 256 is the city's combination; the house's has a slot.
        Assert.Superset(NameTagPlan.Of(s_company, V1.NameMatching.FuzzyOrganisations, []).LayOut(_ => 0).SelectMany(name => name.Words).Select(word => word.Exact).ToHashSet(), plan.LayOut(_ => 0).SelectMany(name => name.Words).Select(word => word.Exact).ToHashSet());
        Assert.Equal(plan.Identifiers, NameTagPlan.Of(many, V1.NameMatching.FuzzyOrganisations, combinations).Identifiers);
        Assert.InRange(plan.LayOut(PlacesOf(plan)).Count(), 2, NameLayoutRules.MostNames);
    }

    [Fact]
    public void What_is_laid_out_passes_every_nodes_check()
    {
        foreach (string name in new[] { s_company.Name, "Pizza Pizza Pizza", "A B C D E F G H I J K L M N O P Q R", "\u6DF1\u5733\u5E02\u534E\u4E3A\u6280\u672F\u6709\u9650\u516C\u53F8" })
        {
            NameTagPlan plan = NameTagPlan.Of(new Party { Kind = PartyKind.Organisation, Name = name }, V1.NameMatching.FuzzyAll, []);
            V1.Summary summary = new();
            summary.Names.AddRange(plan.LayOut(PlacesOf(plan)));
            Assert.NotEmpty(summary.Names);
            Assert.Null(NameLayoutRules.FirstFault(summary, 256));
        }
    }

    [Fact]
    public void Where_words_are_tagged_only_combinations_with_a_house_open_a_record()
    {
        IdentifierType[] opening = [.. Enum.GetValues<IdentifierType>().Where(type => type != IdentifierType.None && Identifier.ClassOf(type) == IdentifierClass.Compound && NameTagPlan.OpensRecord(type, tagsNames: true))];
        Assert.Equal([IdentifierType.SurnameStreetNumberPostcode, IdentifierType.CompanyStreetNumberPostcode, IdentifierType.NameWordAddress, IdentifierType.NameFragmentAddress], opening);
        Assert.All(Enum.GetValues<IdentifierType>().Where(type => type != IdentifierType.None), type => Assert.Equal(Identifier.ClassOf(type) != IdentifierClass.Name, NameTagPlan.OpensRecord(type, tagsNames: false)));
        Assert.True(NameTagPlan.OpensRecord(IdentifierType.Email, tagsNames: true));
    }

    private static Func<Identifier, int> PlacesOf(NameTagPlan plan)
    {
        Dictionary<Identifier, int> places = plan.Identifiers.Select((identifier, place) => (identifier, place)).ToDictionary();
        return identifier => places.GetValueOrDefault(identifier, -1);
    }
}
