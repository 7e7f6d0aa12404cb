using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>
/// Every figure the scoring uses, each with where it comes from: those that were set, as <c>weights.json</c> has them, and those that were counted, as <c>learned.json</c> has them.
/// </summary>
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

    /// <summary>Before anything is compared.</summary>
    public required Prior Prior { get; init; }

    /// <summary>What hangs together.</summary>
    public required Limits Limits { get; init; }

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

    /// <summary>An open dispute.</summary>
    public required StatementWeight Disputed { get; init; }

    /// <summary>What was counted.</summary>
    [JsonIgnore]
    public LearnedWeights Learned { get; private init; } = null!;

    /// <summary>The weights that come with the product.</summary>
    public static Weights Shipped() => Parse(Resource("weights.json"), Resource("learned.json"));

    /// <summary>Reads weights from the same formats.</summary>
    /// <exception cref="FormatException">A figure is missing, unknown or not a probability; the text says which.</exception>
    public static Weights Parse(ReadOnlySpan<byte> utf8Json, ReadOnlySpan<byte> learnedUtf8Json)
    {
        Weights weights = Read<Weights>(utf8Json);
        LearnedWeights learned = Read<LearnedWeights>(learnedUtf8Json);
        Dictionary<IdentifierType, IdentifierWeight> identifiers = new(weights.Identifiers);
        foreach ((IdentifierType type, Agreement counted) in learned.Combinations)
        {
            if (!identifiers.TryGetValue(type, out IdentifierWeight? set))
            {
                throw new FormatException($"The learned weights have {type}, which the weights do not know.");
            }

            identifiers[type] = set with { M = counted.M, U = counted.U, Why = counted.Why };
        }

        weights = weights with { Identifiers = identifiers, Learned = learned };
        weights.Check();
        return weights;
    }

    /// <summary>The weight of a compared field.</summary>
    public FieldWeight Of(FieldComparison comparison) => (comparison.IsCompany ? Learned.Companies : Learned.Persons)[comparison.Field];

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
        RequireSound(Learned.Persons, "persons", Enum.GetValues<ComparedField>());
        RequireSound(Learned.Companies, "companies", Enum.GetValues<ComparedField>().Where(field => field != ComparedField.BirthDate));
        if (Age.DaysABit <= 0 || Prior.Bits >= 0 || Limits.ContradictionBits < 0 || Limits.PersonAddressBits <= 0 || Limits.CompanyAddressBits <= 0)
        {
            throw new FormatException("The weights need days_a_bit above 0, a prior below 0 bits, and limits that are not negative.");
        }

        if (new LaneSetting().FaultOn(Thresholds) is { } fault)
        {
            throw new FormatException($"The weights' thresholds contradict themselves: {fault}.");
        }
    }

    private static void RequireSound(IReadOnlyDictionary<ComparedField, FieldWeight> weights, string name, IEnumerable<ComparedField> fields)
    {
        foreach (ComparedField field in fields)
        {
            if (!weights.TryGetValue(field, out FieldWeight? weight) || !weight.IsSound)
            {
                throw new FormatException($"The weights of {name} need four m and four u for {field}, all between 0 and 1, and no likeness that weighs less than a lesser one.");
            }
        }
    }

    private static T Read<T>(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(utf8Json, s_json) ?? throw new FormatException("The weights are null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The weights cannot be read: {e.Message}", e);
        }
    }

    private static byte[] Resource(string file)
    {
        string name = $"Gateway.Matching.Scoring.{file}";
        using Stream stream = typeof(Weights).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {name}: build it again.");
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
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
