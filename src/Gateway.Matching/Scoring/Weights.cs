using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>Bits at which a lane begins.</summary>
public sealed record LaneThresholds
{
    /// <summary>Bits from which a shipment is examined, if a strong identifier met.</summary>
    public required double ExamineBits { get; init; }

    /// <summary>Bits from which its documents are looked at.</summary>
    public required double DocumentsBits { get; init; }

    /// <summary>Independent groups of evidence it takes to examine without a strong identifier.</summary>
    public required int ExamineGroupsWithoutStrong { get; init; }

    /// <summary>Bits it takes to examine without a strong identifier.</summary>
    public required double ExamineBitsWithoutStrong { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}

/// <summary>How often something agrees among the same and among others.</summary>
public record Agreement
{
    /// <summary>Probability that it agrees if shipment and record concern the same.</summary>
    public required double M { get; init; }

    /// <summary>Probability that it agrees if they do not.</summary>
    public required double U { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";

    /// <summary>log2(m/u).</summary>
    [JsonIgnore]
    public double AgreeingBits => Math.Log2(M / U);

    /// <summary>log2((1−m)/(1−u)), below zero.</summary>
    [JsonIgnore]
    public double DisagreeingBits => Math.Log2((1 - M) / (1 - U));
}

/// <summary>Weight of an identifier type.</summary>
public sealed record IdentifierWeight : Agreement
{
    /// <summary>The type in a sentence, with its article.</summary>
    public required string Label { get; init; }

    /// <summary>What the identifier is made of. Two that share a part are not independent, and only the stronger counts.</summary>
    public required IReadOnlyList<string> MadeOf { get; init; }
}

/// <summary>Weight of a kind or grade, and the strictest lane it can lead to.</summary>
public sealed record StatementWeight
{
    /// <summary>It in a sentence, with its article.</summary>
    public string Label { get; init; } = "";

    /// <summary>Bits added.</summary>
    public required double Bits { get; init; }

    /// <summary>The strictest lane.</summary>
    public required Lane HighestLane { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}

/// <summary>Agreement of goods, with the chapters of the Harmonized System that a category falls into.</summary>
public sealed record GoodsWeight : Agreement
{
    /// <summary>HS chapters by category.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Categories { get; init; }
}

/// <summary>What a record loses by age.</summary>
public sealed record AgeWeight
{
    /// <summary>Days since the last sighting that cost nothing.</summary>
    public required int DaysWithoutLoss { get; init; }

    /// <summary>Further days that cost one bit.</summary>
    public required int DaysABit { get; init; }

    /// <summary>The most it can cost.</summary>
    public required double MostBits { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}

/// <summary>What the severity adds.</summary>
public sealed record SeverityWeight
{
    /// <summary>Bits by severity, from 0 = not stated.</summary>
    public required IReadOnlyList<double> Bits { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}

/// <summary>How bits become a score from 0 to 100.</summary>
public sealed record ScoreCurve
{
    /// <summary>Bits that score 50.</summary>
    public required double MidpointBits { get; init; }

    /// <summary>Bits by which the odds behind the score double.</summary>
    public required double BitsPerDoubling { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";

    /// <summary>The score of so many bits.</summary>
    public int Of(double bits) => (int)Math.Round(100 / (1 + Math.Pow(2, (MidpointBits - bits) / BitsPerDoubling)), MidpointRounding.AwayFromZero);
}

/// <summary>Every figure the scoring uses, as <c>weights.json</c> states them, each with where it comes from.</summary>
public sealed record Weights
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Version of the figures.</summary>
    public required int Version { get; init; }

    /// <summary>What holds for all figures.</summary>
    public required IReadOnlyList<string> Provenance { get; init; }

    /// <summary>Where lanes begin; replace them with a <c>with</c> expression.</summary>
    public required LaneThresholds Thresholds { get; init; }

    /// <summary>From bits to score.</summary>
    public required ScoreCurve Score { get; init; }

    /// <summary>By STRONG and COMPOUND type.</summary>
    public required IReadOnlyDictionary<IdentifierType, IdentifierWeight> Identifiers { get; init; }

    /// <summary>For all NAME types.</summary>
    public required IdentifierWeight NameWord { get; init; }

    /// <summary>By kind of record.</summary>
    public required IReadOnlyDictionary<RecordKind, StatementWeight> Kinds { get; init; }

    /// <summary>By evidence grade.</summary>
    public required IReadOnlyDictionary<EvidenceGrade, StatementWeight> Grades { get; init; }

    /// <summary>Goods.</summary>
    public required GoodsWeight Goods { get; init; }

    /// <summary>Countries.</summary>
    public required Agreement Route { get; init; }

    /// <summary>Age.</summary>
    public required AgeWeight Age { get; init; }

    /// <summary>Severity.</summary>
    public required SeverityWeight Severity { get; init; }

    /// <summary>An open dispute.</summary>
    public required StatementWeight Disputed { get; init; }

    /// <summary>The weights that come with the product.</summary>
    public static Weights Shipped()
    {
        const string name = "Gateway.Matching.Scoring.weights.json";
        using Stream stream = typeof(Weights).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {name}: build it again.");
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return Parse(bytes.ToArray());
    }

    /// <summary>Reads weights from the same format.</summary>
    /// <exception cref="FormatException">A figure is missing, unknown or not a probability; the text says which.</exception>
    public static Weights Parse(ReadOnlySpan<byte> utf8Json)
    {
        Weights weights;
        try
        {
            weights = JsonSerializer.Deserialize<Weights>(utf8Json, s_json) ?? throw new FormatException("The weights are null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The weights cannot be read: {e.Message}", e);
        }

        weights.Check();
        return weights;
    }

    /// <summary>The weight of a type.</summary>
    public IdentifierWeight Of(IdentifierType type) => Identifier.ClassOf(type) == IdentifierClass.Name ? NameWord : Identifiers[type];

    private void Check()
    {
        foreach (IdentifierType type in Enum.GetValues<IdentifierType>())
        {
            if (type != IdentifierType.None && Identifier.ClassOf(type) != IdentifierClass.Name && !Identifiers.ContainsKey(type))
            {
                throw new FormatException($"The weights have no entry for the identifier type {type}: add its m, u, label and made_of.");
            }
        }

        foreach ((string name, Agreement weight) in Identifiers.Select(w => (w.Key.ToString(), (Agreement)w.Value))
            .Concat([("name_word", NameWord), ("goods", Goods), ("route", Route)]))
        {
            if (!(weight.U > 0 && weight.U < weight.M && weight.M < 1))
            {
                throw new FormatException($"The weights of {name} must have 0 < u < m < 1; they have m = {weight.M}, u = {weight.U}.");
            }
        }

        RequireAll(Kinds, "kinds");
        RequireAll(Grades, "grades");
        if (Severity.Bits.Count == 0 || Age.DaysABit <= 0 || Score.BitsPerDoubling <= 0)
        {
            throw new FormatException("The weights need severity bits, and days_a_bit and bits_per_doubling above 0.");
        }
    }

    private static void RequireAll<TKey>(IReadOnlyDictionary<TKey, StatementWeight> weights, string name) where TKey : struct, Enum
    {
        foreach (TKey key in Enum.GetValues<TKey>())
        {
            if (!weights.ContainsKey(key))
            {
                throw new FormatException($"The weights have no entry for {key} in {name}.");
            }
        }
    }
}
