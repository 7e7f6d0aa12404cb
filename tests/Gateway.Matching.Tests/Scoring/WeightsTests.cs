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
        Scorer strict = new(shipped with { Thresholds = shipped.Thresholds with { ExamineScore = 100 } });
        RecordMatch match = new(new RecordFacts { Kind = RecordKind.BadActor, Grade = EvidenceGrade.CourtDecision }, [new Evidence(PartyRole.Consignor, "e", IdentifierType.Email)]);
        Assert.Equal(Lane.Yellow, strict.Assess(new ShipmentFacts { Day = 1 }, match).Lane);
    }

    [Theory]
    [InlineData("\"m\": 0.95, \"u\": 6.0e-8", "\"m\": 0.95, \"u\": 0", "Email")]
    [InlineData("\"Phone\":", "\"Fax\":", "")]
    [InlineData("\"examine_score\": 70,", "", "examine_score")]
    [InlineData("\"examine_score\": 70,", "\"examine_score\": 70, \"exmine_score\": 1,", "exmine_score")]
    [InlineData("\"documents_score\": 20,", "\"documents_score\": 80,", "documents would be asked for from 80")]
    [InlineData("\"bits\": -16.6", "\"bits\": 3", "prior")]
    [InlineData("\"Suspected\":", "\"suspected_of\":", "")]
    public void A_missing_mistyped_or_impossible_figure_is_refused(string good, string bad, string named)
    {
        string text = Encoding.UTF8.GetString(Resource("weights.json"));
        Assert.Contains(good, text, StringComparison.Ordinal);
        FormatException refusal = Assert.Throws<FormatException>(() => Weights.Parse(Encoding.UTF8.GetBytes(text.Replace(good, bad, StringComparison.Ordinal)), Resource("learned.json")));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_learned_likeness_that_weighs_less_than_a_lesser_one_is_refused()
    {
        FormatException refusal = Assert.Throws<FormatException>(() => Weights.Parse(
            Resource("weights.json"),
            """{ "provenance": [], "companies": {}, "combinations": {}, "persons": { "Name": { "m": [0.1, 0.2, 0.3, 0.4], "u": [0.4, 0.3, 0.2, 0.1] } } }"""u8));
        Assert.Contains("Name", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Learned_figures_say_what_they_were_learned_on_and_by_which_command()
    {
        LearnedWeights learned = Weights.Shipped().Learned;
        Assert.Contains(learned.Provenance, line => line.Contains("./gateway bench learn", StringComparison.Ordinal));
        Assert.Contains(learned.Provenance, line => line.Contains("counterfeiters", StringComparison.Ordinal));
        Assert.All(learned.Persons.Values.Concat(learned.Companies.Values), weight => Assert.StartsWith("LEARNED", weight.Why, StringComparison.Ordinal));
        Assert.All(learned.Combinations, pair => Assert.Equal(pair.Value.AgreeingBits, Weights.Shipped().Of(pair.Key).AgreeingBits, 9));
    }

    private static byte[] Resource(string file)
    {
        using Stream stream = typeof(Weights).Assembly.GetManifestResourceStream($"Gateway.Matching.Scoring.{file}")!;
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
