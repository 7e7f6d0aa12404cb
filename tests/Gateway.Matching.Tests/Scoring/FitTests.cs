using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;
using Gateway.Matching.Scoring;

namespace Gateway.Matching.Tests.Scoring;

/// <summary>What comparisons after opening do to a score, and what circles and offices set.</summary>
public sealed class FitTests
{
    private static readonly byte[] s_key = new byte[Clk.KeySize];
    private static readonly Weights s_weights = Weights.Shipped();
    private static readonly ShipmentFacts s_shipment = new() { Day = 1 };

    private static readonly Party s_record = new()
    {
        Kind = PartyKind.Person, Name = "Michaela Neumann", Street = "8 Stanley Street", City = "Winston Hills", Postcode = "4223", BirthDate = new DateOnly(1971, 3, 9),
    };

    private static RecordMatch Match(Party asking, params IdentifierType[] types) => new(
        new RecordFacts { Kind = RecordKind.BadActor, Grade = EvidenceGrade.SeizureConfirmed },
        [.. types.Select(type => new Evidence(PartyRole.Consignor, "consignor_name+postcode", type))])
    {
        Fits = [new PartyFit(PartyRole.Consignor, PartyComparison.Compare(asking, s_record.Kind, [.. PartyTexts.Encode(s_record, s_key)], s_key))],
    };

    private static Assessment Assess(RecordMatch match, LaneSetting? office = null) => new Scorer(s_weights, office).Assess(s_shipment, match);

    [Fact]
    public void The_parts_are_weighed_and_not_the_key_that_found_them()
    {
        Assessment assessment = Assess(Match(s_record, IdentifierType.PersonNamePostcode, IdentifierType.PersonNameCity));
        Assert.Contains(assessment.Reasons, reason => reason.Field == "consignor_postcode" && reason.Sentence.StartsWith("Same postcode, +", StringComparison.Ordinal));
        Assert.Contains(assessment.Reasons, reason => reason.Field == "consignor_birth_date" && reason.Sentence.StartsWith("Same birth date, +", StringComparison.Ordinal));
        Assert.All(assessment.Reasons.Where(reason => reason.Met is not null), reason => Assert.Equal(0, reason.Bits));
        Assert.Equal((Lane.Yellow, 100), (assessment.Lane, assessment.Score));
    }

    [Fact]
    public void A_stranger_who_met_in_a_key_is_cleared_and_told_why()
    {
        Party stranger = s_record with { Name = "Mikhail Nauman", Street = "77 Harbour Road", BirthDate = new DateOnly(1999, 12, 24), City = "Dapto" };
        Assessment assessment = Assess(Match(stranger, IdentifierType.PersonNamePostcode));
        Assert.Equal(Lane.Green, assessment.Lane);
        Assert.InRange(assessment.Score, 0, 5);
        Assert.Contains(assessment.Reasons, reason => reason.IsContradicting && reason.Sentence.StartsWith("Different birth year, -", StringComparison.Ordinal));
        Assert.Contains(assessment.Reasons, reason => reason.Bits > 0 && reason.Sentence.StartsWith("Same postcode", StringComparison.Ordinal));
    }

    [Fact]
    public void A_strong_identifier_outweighs_other_names_and_places()
    {
        Party other = s_record with { Name = "Courtney Painter", Street = "12 Pinkerton Circuit", City = "Richlands", Postcode = "4560", BirthDate = new DateOnly(1950, 1, 1) };
        Assessment assessment = Assess(Match(other, IdentifierType.Email));
        Assert.Equal(Lane.Red, assessment.Lane);
        Assert.Contains(assessment.Reasons, reason => reason.Sentence.StartsWith("A strong identifier met, and names, addresses and goods change", StringComparison.Ordinal));
    }

    [Fact]
    public void An_address_that_others_may_share_counts_up_to_its_limit()
    {
        Assessment assessment = Assess(Match(s_record with { Name = "Courtney Painter", BirthDate = null }, IdentifierType.NameInitialStreet));
        double address = assessment.Reasons.Where(reason => !reason.IsPrior && !reason.Sentence.StartsWith("Different name", StringComparison.Ordinal)).Sum(reason => reason.Bits);
        Assert.Equal(s_weights.Limits.PersonAddressBits, address, 9);
        Assert.Contains(assessment.Reasons, reason => reason.Sentence.StartsWith("Others may share the address", StringComparison.Ordinal));
        Assert.Contains(assessment.Reasons, reason => reason.Bits == 0 && reason.Sentence.Contains("not counted besides", StringComparison.Ordinal));
    }

    [Fact]
    public void An_office_that_moves_a_lane_is_named_in_the_result()
    {
        RecordMatch match = Match(s_record, IdentifierType.PersonNamePostcode) with { Fits = [] };
        Assessment product = Assess(match), strict = Assess(match, new LaneSetting { DocumentsScore = 100, ExamineScore = 100 });
        Assert.Equal((Lane.Yellow, Lane.Green), (product.Lane, strict.Lane));
        Assert.Equal(product.Bits, strict.Bits);
        Assert.Contains(strict.Reasons, reason => reason.Sentence.StartsWith("GREEN instead of YELLOW (documents) by the office's own thresholds: documents from 100 (product: 20)", StringComparison.Ordinal));
        Assert.DoesNotContain(product.Reasons, reason => reason.Sentence.Contains("thresholds", StringComparison.Ordinal));
    }

    [Fact]
    public void A_circle_sets_its_lanes_and_the_office_has_the_last_word()
    {
        RecordMatch match = Match(s_record, IdentifierType.PersonNamePostcode) with { Fits = [], Circle = new LaneSetting { DocumentsScore = 100, ExamineScore = 100 } };
        Assert.Contains(Assess(match).Reasons, reason => reason.Sentence.Contains("by the circle's own thresholds", StringComparison.Ordinal));
        Assert.Equal(Lane.Yellow, Assess(match, new LaneSetting { DocumentsScore = 10 }).Lane);
    }

    [Fact]
    public void Names_alone_ask_for_documents_where_an_office_wants_it()
    {
        RecordMatch match = Match(s_record, IdentifierType.NameWord);
        Assert.Equal(Lane.Green, Assess(match).Lane);
        Assessment asked = Assess(match, new LaneSetting { NamesAloneAskForDocuments = true });
        Assert.Equal(Lane.Yellow, asked.Lane);
        Assert.Contains(asked.Reasons, reason => reason.Sentence.Contains("names alone may ask for documents", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 50)]
    [InlineData(20, 101)]
    [InlineData(80, 70)]
    public void Lanes_that_contradict_themselves_are_refused(int documents, int examine) =>
        Assert.Throws<ArgumentException>(() => new Scorer(s_weights, new LaneSetting { DocumentsScore = documents, ExamineScore = examine }));
}
