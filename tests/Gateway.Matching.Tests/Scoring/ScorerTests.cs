using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;

namespace Gateway.Matching.Tests.Scoring;

public sealed class ScorerTests
{
    private const uint Today = 20_000;

    private static readonly Scorer s_scorer = new(Weights.Shipped());
    private static readonly ShipmentFacts s_bareShipment = new() { Day = Today };

    private static readonly Evidence s_email = new(PartyRole.Consignor, "consignor_email", IdentifierType.Email);
    private static readonly Evidence s_namePostcode = new(PartyRole.Consignor, "consignor_name", IdentifierType.PersonNamePostcode);
    private static readonly Evidence s_companyCity = new(PartyRole.Consignor, "consignor_company", IdentifierType.CompanyCity);

    private static RecordFacts Record(EvidenceGrade grade = EvidenceGrade.SeizureConfirmed, RecordKind kind = RecordKind.BadActor) => new() { Kind = kind, Grade = grade };

    private static RecordMatch Match(RecordFacts record, params Evidence[] evidence) => new(record, evidence);

    private static Assessment Assess(RecordFacts record, params Evidence[] evidence) => s_scorer.Assess(s_bareShipment, Match(record, evidence));

    [Fact]
    public void A_strong_identifier_and_strong_evidence_send_the_goods_to_examination()
    {
        Assessment assessment = Assess(Record(), s_email);
        Assert.Equal(Lane.Red, assessment.Lane);
        Assert.Equal("consignor_email met an e-mail address of the record, +23.9 bits", assessment.Reasons[0].Sentence);
    }

    [Fact]
    public void Every_strong_type_examines_on_strong_evidence_even_when_goods_route_and_age_contradict()
    {
        RecordFacts record = Record(EvidenceGrade.RightsHolderConfirmed) with { HsChapters = ["64"], RouteCountries = ["TR"], LastSeenDay = Today - 7_000 };
        ShipmentFacts shipment = new() { Day = Today, HsCode = "950300", Countries = ["CN"] };
        foreach (IdentifierType type in Enum.GetValues<IdentifierType>().Where(type => type != IdentifierType.None && Identifier.ClassOf(type) == IdentifierClass.Strong))
        {
            Assessment assessment = s_scorer.Assess(shipment, Match(record, new Evidence(PartyRole.Consignor, "field", type)));
            Assert.Equal(Lane.Red, assessment.Lane);
            Assert.Equal(3, assessment.Reasons.Count(reason => reason.IsContradicting));
        }
    }

    [Theory]
    [InlineData(EvidenceGrade.TestPurchase)]
    [InlineData(EvidenceGrade.AccountClosed)]
    [InlineData(EvidenceGrade.Suspected)]
    [InlineData(EvidenceGrade.Unknown)]
    public void Weak_evidence_asks_for_documents_at_most(EvidenceGrade grade)
    {
        Assessment assessment = Assess(Record(grade), s_email, new Evidence(PartyRole.Consignor, "consignor_phone", IdentifierType.Phone));
        Assert.Equal(Lane.Yellow, assessment.Lane);
        Assert.Contains(assessment.Reasons, reason => reason.Sentence.Contains("not enough to examine", StringComparison.Ordinal));
    }

    [Fact]
    public void Keys_made_of_one_name_count_once_and_ask_for_documents_at_most()
    {
        Assessment one = Assess(Record(), s_namePostcode);
        Assessment several = Assess(
            Record(), s_companyCity, s_namePostcode, s_companyCity with { Role = PartyRole.Seller, RecordType = IdentifierType.CompanyCountry });
        Assert.Equal(Lane.Yellow, several.Lane);
        Assert.Equal(one.Bits, several.Bits, 9);
        Assert.Equal(2, several.Reasons.Count(reason => reason.Sentence.Contains("not counted again", StringComparison.Ordinal)));
    }

    [Fact]
    public void One_value_stated_in_two_roles_counts_once()
    {
        Assessment assessment = Assess(Record(), s_email, s_email with { Role = PartyRole.Consignee, Field = "consignee_email" });
        Assert.Equal(Assess(Record(), s_email).Bits, assessment.Bits, 9);
    }

    [Fact]
    public void The_strongest_of_dependent_identifiers_counts_whatever_the_order()
    {
        Evidence domain = new(PartyRole.Consignor, "consignor_site", IdentifierType.Domain);
        Assert.Equal(Assess(Record(), s_email, domain).Bits, Assess(Record(), domain, s_email).Bits, 9);
        Assert.Equal(Assess(Record(), s_email).Bits, Assess(Record(), domain, s_email).Bits, 9);
    }

    [Fact]
    public void Independent_identifiers_add_up()
    {
        Evidence phone = new(PartyRole.Consignor, "consignor_phone", IdentifierType.Phone);
        Weights weights = Weights.Shipped();
        double both = Assess(Record(), s_email, phone).Bits - Assess(Record(), s_email).Bits;
        Assert.Equal(weights.Of(IdentifierType.Phone).AgreeingBits, both, 9);
    }

    [Fact]
    public void Combinations_of_two_parties_together_can_examine()
    {
        Evidence consignee = new(PartyRole.Consignee, "consignee_company", IdentifierType.CompanyStreetNumberPostcode);
        Assert.Equal(Lane.Red, Assess(Record(), s_namePostcode, consignee).Lane);
        Assert.Equal(Lane.Yellow, Assess(Record(EvidenceGrade.Suspected), s_namePostcode, consignee).Lane);
    }

    [Fact]
    public void A_record_under_dispute_does_not_examine_and_says_so()
    {
        Assessment assessment = Assess(Record() with { Disputed = true }, s_email);
        Assert.Equal(Lane.Yellow, assessment.Lane);
        Assert.Contains(assessment.Reasons, reason => reason.Sentence.Contains("dispute", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_alone_decide_nothing()
    {
        Evidence word = new(PartyRole.Consignor, "consignor_name", (IdentifierType)512);
        Assessment assessment = Assess(Record(EvidenceGrade.CourtDecision), word);
        Assert.Equal(Lane.Green, assessment.Lane);
        Assert.Contains(assessment.Reasons, reason => reason.Sentence.StartsWith("Unverified name similarity", StringComparison.Ordinal));
    }

    [Fact]
    public void Agreement_and_contradiction_of_goods_and_route_are_both_shown()
    {
        ShipmentFacts shipment = new() { Day = Today, HsCode = "640399", Countries = ["", "CN", "TR"] };
        Assessment agreeing = s_scorer.Assess(shipment, Match(Record() with { HsChapters = ["6403", "42"], RouteCountries = ["TR"] }, s_email));
        Assessment contradicting = s_scorer.Assess(shipment, Match(Record() with { Categories = ["TOYS"], RouteCountries = ["VN"] }, s_email));
        Assessment silent = s_scorer.Assess(shipment, Match(Record() with { Categories = ["A CATEGORY NOBODY KNOWS"] }, s_email));
        Assert.Contains(agreeing.Reasons, reason => reason.Sentence == "HS chapter 64 is among the record's HS chapters, +3.7 bits");
        Assert.Contains(agreeing.Reasons, reason => reason.Sentence == "TR is on the record's route, +1.5 bits");
        Assert.Contains(contradicting.Reasons, reason => reason.IsContradicting && reason.Sentence.StartsWith("HS chapter 64 is not among the record's goods categories (95)", StringComparison.Ordinal));
        Assert.True(agreeing.Bits > silent.Bits && silent.Bits > contradicting.Bits);
        Assert.True(agreeing.Score >= silent.Score && silent.Score > contradicting.Score);
    }

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(365, 0.0)]
    [InlineData(365 + 730, -1.0)]
    [InlineData(15_000, -3.0)]
    public void A_record_loses_weight_with_age_up_to_a_limit(uint days, double lost)
    {
        double bits = Assess(Record() with { LastSeenDay = Today - days }, s_email).Bits - Assess(Record(), s_email).Bits;
        Assert.Equal(lost, bits, 9);
    }

    [Fact]
    public void Bits_are_the_sum_of_the_reasons_and_there_is_no_score_without_reasons()
    {
        Assessment assessment = Assess(Record() with { LastSeenDay = 1, Severity = 3, Disputed = true }, s_email, s_namePostcode);
        Assert.Equal(assessment.Reasons.Sum(reason => reason.Bits), assessment.Bits, 9);
        Assert.Throws<ArgumentException>(() => Assess(Record()));
    }

    [Fact]
    public void A_shipment_that_met_nothing_is_green_with_score_0()
    {
        ShipmentAssessment assessment = s_scorer.Assess(s_bareShipment, []);
        Assert.Equal((Lane.Green, 0), (assessment.Lane, assessment.Score));
    }

    [Fact]
    public void A_right_accuses_nobody() => Assert.Equal(Lane.Green, Assess(Record(EvidenceGrade.CourtDecision, RecordKind.Right), s_email).Lane);
}
