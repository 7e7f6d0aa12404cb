using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

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
