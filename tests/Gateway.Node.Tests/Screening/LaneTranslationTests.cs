using Gateway.Matching.Comparison;
using Gateway.Matching.Scoring;
using Gateway.Node.Identity;
using Gateway.Node.Screening;
using Gateway.Protocol.Errors;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Screening;

public sealed class LaneTranslationTests
{
    private static readonly NodeSettings s_settings = new()
    {
        Network = "exchange.example", Broker = "https://broker.example:7443", GenesisHash = new string('a', 64), MemberId = new string('b', 32), Name = "Customs",
    };

    [Fact]
    public void What_a_circle_leaves_0_is_the_products()
    {
        Assert.Null(Translation.LanesOf(null));
        LaneSetting setting = Translation.LanesOf(new V1.CircleLanes { ExamineScore = 90 })!;
        Assert.Equal((null, 90, false), (setting.DocumentsScore, setting.ExamineScore, setting.NamesAloneAskForDocuments));
    }

    [Fact]
    public void An_offices_lanes_and_prior_are_checked_before_the_node_starts()
    {
        (s_settings with { Lanes = new LaneSetting { DocumentsScore = 30 }, PriorBits = -20 }).Validate();
        RefusalException refused = Assert.Throws<RefusalException>(() => (s_settings with { Lanes = new LaneSetting { DocumentsScore = 90 }, PriorBits = 2 }).Validate());
        Assert.Equal("SETTINGS_INVALID", refused.Refusal.Code);
        Assert.Contains("lanes: documents would be asked for from 90", refused.Refusal.What, StringComparison.Ordinal);
        Assert.Contains("prior_bits", refused.Refusal.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_birth_date_reaches_the_matcher_and_an_impossible_one_is_refused()
    {
        Assert.Equal(new DateOnly(1980, 3, 31), Translation.ToParty(new V1.Party { BirthDate = "1980-03-31" }).BirthDate);
        Assert.Null(Translation.ToParty(new V1.Party()).BirthDate);
        Assert.Null(Translation.FaultOf(new V1.Party { BirthDate = "1980-03-31" }, "party"));
        Assert.Equal("BIRTH_DATE_INVALID", Translation.FaultOf(new V1.Party { BirthDate = "1980-02-31" }, "party")!.Code);
    }

    [Fact]
    public void Kinds_of_texts_have_the_numbers_of_the_protocol() => Assert.All(Enum.GetValues<TextKind>(), kind =>
        Assert.Equal(kind == TextKind.Unknown ? "Unspecified" : kind.ToString(), ((V1.EncodedTextKind)kind).ToString()));
}
