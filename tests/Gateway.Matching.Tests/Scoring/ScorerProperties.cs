using FsCheck;
using FsCheck.Fluent;
using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;

namespace Gateway.Matching.Tests.Scoring;

/// <summary>What holds for every score, whatever met.</summary>
public sealed class ScorerProperties
{
    private static readonly Weights s_weights = Weights.Shipped();
    private static readonly Scorer s_scorer = new(s_weights);
    private static readonly IdentifierType[] s_types = [.. Enum.GetValues<IdentifierType>().Where(type => type != IdentifierType.None)];

    private static readonly Gen<Evidence> s_evidence = Gen.Elements(s_types).Zip(Gen.Elements(Enum.GetValues<PartyRole>()), (type, role) => new Evidence(role, $"{role}_{type}", type));

    private static readonly Gen<IReadOnlyList<FieldComparison>> s_comparisons = Gen.Elements(false, true).SelectMany(company =>
        Gen.ListOf(Gen.Elements(Enum.GetValues<Likeness>()), 6).Zip(Gen.ListOf(Gen.Elements(true, false), 6), (levels, stated) =>
            (IReadOnlyList<FieldComparison>)[.. Enum.GetValues<ComparedField>().Where((field, i) => stated[i] && !(company && field == ComparedField.BirthDate))
                .Select(field => new FieldComparison(field, company, levels[(int)field], field.ToString(), $"about {field}"))]));

    private static readonly Gen<RecordMatch> s_match =
        from evidence in Gen.NonEmptyListOf(s_evidence)
        from comparisons in s_comparisons
        from role in Gen.Elements(Enum.GetValues<PartyRole>())
        from grade in Gen.Elements(Enum.GetValues<EvidenceGrade>())
        from kind in Gen.Elements(Enum.GetValues<RecordKind>())
        from chapter in Gen.Elements("64", "95")
        from route in Gen.Elements("CN", "TR")
        from seen in Gen.Choose(1, 20_000)
        from disputed in Gen.Elements(false, true)
        select new RecordMatch(
            new RecordFacts { Grade = grade, Kind = kind, HsChapters = [chapter], RouteCountries = [route], LastSeenDay = (uint)seen, Disputed = disputed, Severity = 2 }, [.. evidence])
        {
            Fits = [new PartyFit(role, comparisons)],
        };

    private static Assessment Assess(RecordMatch match) => s_scorer.Assess(new ShipmentFacts { Day = 20_000, HsCode = "640399", Countries = ["CN"] }, match);

    private static void ForAll(Action<RecordMatch> holds) => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(s_match.ToArbitrary(), holds));

    [Fact]
    public void Bits_are_the_sum_of_the_reasons_and_the_score_their_probability() => ForAll(match =>
    {
        Assessment assessment = Assess(match);
        double sum = assessment.Reasons.Sum(reason => reason.Bits);
        Assert.Equal(sum, assessment.Bits, 9);
        Assert.InRange(assessment.Score, 0, 100);
        Assert.Equal(100 / (1 + Math.Pow(2, -sum)), assessment.Score, 0.5 + 1e-9);
        Assert.Single(assessment.Reasons, reason => reason.IsPrior);
        Assert.All(assessment.Reasons, reason => Assert.NotEmpty(reason.Sentence));
    });

    [Fact]
    public void Every_weighing_reason_states_its_bits_in_its_sentence() => ForAll(match =>
        Assert.All(Assess(match).Reasons.Where(reason => reason.Bits != 0), reason => Assert.EndsWith(" bits", reason.Sentence, StringComparison.Ordinal)));

    [Fact]
    public void Supporting_reasons_come_first_then_contradicting_then_the_prior() => ForAll(match =>
    {
        int[] places = [.. Assess(match).Reasons.Select(reason => reason.IsPrior ? 2 : reason.Bits > 0 ? 0 : reason.Bits < 0 ? 1 : 3)];
        Assert.Equal(places.Order(), places);
    });

    [Fact]
    public void The_order_in_which_things_met_makes_no_difference() => ForAll(match =>
    {
        RecordMatch reversed = match with { Evidence = [.. match.Evidence.Reverse()], Fits = [.. match.Fits.Select(fit => fit with { Comparisons = [.. fit.Comparisons.Reverse()] })] };
        (Assessment one, Assessment two) = (Assess(match), Assess(reversed));
        Assert.Equal(one.Bits, two.Bits, 9);
        Assert.Equal((one.Lane, one.Score), (two.Lane, two.Score));
    });

    [Fact]
    public void A_greater_likeness_of_any_field_never_lowers_the_score() => ForAll(match =>
    {
        Assessment before = Assess(match);
        for (int i = 0; i < match.Fits[0].Comparisons.Count; i++)
        {
            FieldComparison[] comparisons = [.. match.Fits[0].Comparisons];
            if (comparisons[i].Likeness == Likeness.Same) continue;
            comparisons[i] = comparisons[i] with { Likeness = comparisons[i].Likeness - 1 };
            Assessment after = Assess(match with { Fits = [match.Fits[0] with { Comparisons = comparisons }] });
            Assert.True(after.Bits >= before.Bits - 1e-9, $"{comparisons[i].Field}: {before.Bits} to {after.Bits}");
            Assert.True(after.Lane >= before.Lane);
        }
    });

    [Fact]
    public void Another_strong_identifier_never_lowers_the_score() => ForAll(match =>
    {
        Assessment before = Assess(match);
        foreach (IdentifierType type in s_types.Where(type => Identifier.ClassOf(type) == IdentifierClass.Strong && !match.Evidence.Any(e => e.RecordType == type)))
        {
            Assessment after = Assess(match with { Evidence = [.. match.Evidence, new Evidence(PartyRole.Declarant, "field", type)] });
            Assert.True(after.Bits >= before.Bits - 1e-9);
            Assert.True(after.Lane >= before.Lane);
        }
    });

    [Fact]
    public void Words_of_names_alone_never_lead_to_an_examination() => ForAll(match =>
    {
        RecordMatch names = match with { Evidence = [new Evidence(PartyRole.Consignor, "consignor_name", IdentifierType.NameWord)] };
        Assert.Equal(Lane.Green, Assess(names).Lane);
        Scorer asking = new(s_weights, new LaneSetting { NamesAloneAskForDocuments = true, DocumentsScore = 1, ExamineScore = 1 });
        Assert.True(asking.Assess(new ShipmentFacts { Day = 1 }, names).Lane <= Lane.Yellow);
    });
}
