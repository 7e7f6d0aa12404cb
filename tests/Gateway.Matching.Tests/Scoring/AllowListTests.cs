using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;

namespace Gateway.Matching.Tests.Scoring;

/// <summary>What an authorised-trader record can say for a party, and what it cannot.</summary>
public sealed class AllowListTests
{
    private static readonly Scorer s_scorer = new(Weights.Shipped());

    private static readonly Evidence s_vat = new(PartyRole.Consignor, "consignor_vat", IdentifierType.Vat) { Place = 1 };
    private static readonly Evidence s_email = new(PartyRole.Consignor, "consignor_email", IdentifierType.Email) { Place = 2 };
    private static readonly Evidence s_otherEmail = s_email with { Place = 3 };
    private static readonly Evidence s_city = new(PartyRole.Consignor, "consignor_name+city", IdentifierType.CompanyCity) { Place = 4 };

    [Fact]
    public void A_trader_whose_record_carries_what_met_lowers_the_lane_by_one_with_bits_against()
    {
        ShipmentAssessment alone = Assess(Accusing(s_vat), null), both = Assess(Accusing(s_vat), Trader(s_vat));
        Assert.Equal((Lane.Red, Lane.Yellow), (alone.Lane, both.Lane));
        Reason reason = both.Records[0].Reasons[^1];
        Assert.Equal(-5, reason.Bits);
        Assert.Equal("An authorised-trader record carries everything by which this one met; lowered from RED (examine) to YELLOW (documents); -5.0 bits", reason.Sentence);
        Assert.Equal(alone.Records[0].Bits - 5, both.Records[0].Bits);
        Assert.True(both.Records[0].Score < alone.Records[0].Score);
        Assert.Equal(both.Records[0].Bits, both.Records[0].Reasons.Sum(r => r.Bits), 9);
    }

    [Fact]
    public void What_the_traders_record_does_not_carry_goes_on_accusing()
    {
        // Somebody wrote a trader's VAT number onto a declaration with an e-mail address of a counterfeiter.
        Assert.Equal(Lane.Red, Assess(Accusing(s_email), Trader(s_vat)).Lane);
        Assert.Equal(Lane.Red, Assess(Accusing(s_vat, s_email), Trader(s_vat)).Lane);
        Assert.Equal(Lane.Red, Assess(Accusing(s_vat, s_city), Trader(s_vat)).Lane);
    }

    [Fact]
    public void Another_value_of_the_same_field_is_another_identifier() => Assert.Equal(Lane.Red, Assess(Accusing(s_vat, s_otherEmail), Trader(s_vat, s_email)).Lane);

    [Fact]
    public void One_copied_address_is_no_trader_and_two_kinds_of_identifier_are()
    {
        Evidence phone = new(PartyRole.Consignor, "consignor_phone", IdentifierType.Phone) { Place = 5 };
        Assert.Equal(Lane.Red, Assess(Accusing(s_email), Trader(s_email)).Lane);
        Assert.Equal(Lane.Red, Assess(Accusing(s_email), Trader(s_email, s_otherEmail)).Lane);
        Assert.Equal(Lane.Yellow, Assess(Accusing(s_email), Trader(s_email, phone)).Lane);
    }

    [Fact]
    public void Names_do_not_authorise()
    {
        Evidence word = new(PartyRole.Consignor, "consignor_name", IdentifierType.NameWord) { Place = 6 };
        Assert.Equal(Lane.Yellow, Assess(Accusing(s_city), null).Lane);
        Assert.Equal(Lane.Yellow, Assess(Accusing(s_city), Trader(s_city, word)).Lane);
    }

    [Fact]
    public void A_trader_in_another_role_says_nothing() =>
        Assert.Equal(Lane.Red, Assess(Accusing(s_vat), Trader(new Evidence(PartyRole.Consignee, "consignee_vat", IdentifierType.Vat) { Place = 9 })).Lane);

    [Theory]
    [InlineData(EvidenceGrade.Suspected, false)]
    [InlineData(EvidenceGrade.RightsHolderConfirmed, true)]
    public void A_traders_record_that_is_disputed_or_ill_founded_says_nothing(EvidenceGrade grade, bool disputed) =>
        Assert.Equal(Lane.Red, Assess(Accusing(s_vat), new RecordMatch(new RecordFacts { Kind = RecordKind.AuthorisedTrader, Grade = grade, Disputed = disputed }, [s_vat])).Lane);

    private static ShipmentAssessment Assess(RecordMatch accusing, RecordMatch? trader) => s_scorer.Assess(new ShipmentFacts { Day = 20_000 }, trader is null ? [accusing] : [accusing, trader]);

    private static RecordMatch Accusing(params Evidence[] evidence) => new(new RecordFacts { Kind = RecordKind.BadActor, Grade = EvidenceGrade.SeizureConfirmed }, evidence);

    private static RecordMatch Trader(params Evidence[] evidence) => new(new RecordFacts { Kind = RecordKind.AuthorisedTrader, Grade = EvidenceGrade.RightsHolderConfirmed }, evidence);
}
