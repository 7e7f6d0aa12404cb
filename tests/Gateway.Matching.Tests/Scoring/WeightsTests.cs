using System.Text;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;

namespace Gateway.Matching.Tests.Scoring;

public sealed class WeightsTests
{
    [Fact]
    public void Every_type_has_a_weight_and_says_where_it_comes_from()
    {
        Weights weights = Weights.Shipped();
        foreach (IdentifierType type in Enum.GetValues<IdentifierType>().Where(type => type != IdentifierType.None))
        {
            IdentifierWeight weight = weights.Of(type);
            Assert.True(weight.AgreeingBits > 0);
            Assert.NotEmpty(weight.Why);
            Assert.NotEmpty(weight.MadeOf);
        }
    }

    [Fact]
    public void Strong_identifiers_weigh_more_than_combinations_and_these_more_than_words()
    {
        Weights weights = Weights.Shipped();
        double[] bits = [.. new[] { IdentifierClass.Strong, IdentifierClass.Compound }.SelectMany(c =>
        {
            IEnumerable<double> all = weights.Identifiers.Where(w => Identifier.ClassOf(w.Key) == c).Select(w => w.Value.AgreeingBits);
            return new[] { all.Min(), all.Max() };
        })];
        Assert.True(bits[0] > bits[3]);
        Assert.True(bits[2] > weights.NameWord.AgreeingBits);
    }

    [Fact]
    public void Thresholds_can_be_replaced()
    {
        Weights shipped = Weights.Shipped();
        Scorer strict = new(shipped with { Thresholds = shipped.Thresholds with { ExamineBits = 50 } });
        RecordMatch match = new(new RecordFacts { Kind = RecordKind.BadActor, Grade = EvidenceGrade.CourtDecision }, [new Evidence(PartyRole.Consignor, "e", IdentifierType.Email)]);
        Assert.Equal(Lane.Yellow, strict.Assess(new ShipmentFacts { Day = 1 }, match).Lane);
    }

    [Theory]
    [InlineData("\"m\": 0.95, \"u\": 9.0e-7", "\"m\": 0.95, \"u\": 0", "Email")]
    [InlineData("\"Phone\":", "\"Fax\":", "")]
    [InlineData("\"examine_bits\": 10.0,", "", "examine_bits")]
    [InlineData("\"examine_bits\": 10.0,", "\"examine_bits\": 10.0, \"exmine_bits\": 1,", "exmine_bits")]
    [InlineData("\"Suspected\":", "\"suspected_of\":", "")]
    public void A_missing_mistyped_or_impossible_figure_is_refused(string good, string bad, string named)
    {
        using Stream stream = typeof(Weights).Assembly.GetManifestResourceStream("Gateway.Matching.Scoring.weights.json")!;
        using StreamReader reader = new(stream);
        string text = reader.ReadToEnd();
        Assert.Contains(good, text, StringComparison.Ordinal);
        FormatException refusal = Assert.Throws<FormatException>(() => Weights.Parse(Encoding.UTF8.GetBytes(text.Replace(good, bad, StringComparison.Ordinal))));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }
}
