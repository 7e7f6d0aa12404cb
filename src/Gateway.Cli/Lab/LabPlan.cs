using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Gateway.Cli.Circles;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;

namespace Gateway.Cli.Lab;

/// <summary>Where a store lies.</summary>
internal enum LabStore
{
    /// <summary>A file in the folder.</summary>
    Sqlite,

    /// <summary>The lab's own PostgreSQL.</summary>
    Postgresql,
}

/// <summary>A member, and its node.</summary>
internal sealed record LabMember
{
    /// <summary>Its name, as other members see it.</summary>
    public required string Name { get; init; }

    /// <summary>Its role, e.g. RETAILER.</summary>
    public required string Role { get; init; }

    /// <summary>What its folder and its process are called, where that is not to follow from its name.</summary>
    [JsonPropertyName("folder")]
    public string? StatedFolder { get; init; }

    /// <summary>Where its node's store lies.</summary>
    public LabStore Store { get; init; }

    /// <summary>What its folder and its process are called.</summary>
    [JsonIgnore]
    public string Folder => StatedFolder ?? string.Join('-', Name.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>A circle.</summary>
internal sealed record LabCircle
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The template of its policy; the one of its name unless stated.</summary>
    public string? Template { get; init; }

    /// <summary>Name of the member that is its steward.</summary>
    public required string Steward { get; init; }

    /// <summary>Names of its members, the steward's among them.</summary>
    public required IReadOnlyList<string> Members { get; init; }
}

/// <summary>What a lab consists of: brokers, members with their nodes, circles. A JSON file (docs/formats.md).</summary>
internal sealed partial record LabPlan
{
    private const int MostBrokers = 9;

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    /// <summary>How many brokers there are.</summary>
    public int Brokers { get; init; } = 1;

    /// <summary>Where the brokers' one store lies.</summary>
    public LabStore Store { get; init; }

    /// <summary>Port of the first broker, on loopback; the others have the ones after it. 0: free ones are taken.</summary>
    public int Port { get; init; }

    /// <summary>The members, in the order in which they come in.</summary>
    public IReadOnlyList<LabMember> Members { get; init; } = [];

    /// <summary>The circles.</summary>
    public IReadOnlyList<LabCircle> Circles { get; init; } = [];

    /// <summary>Names of the brokers' processes.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> BrokerNames => [.. Enumerable.Range(1, Brokers).Select(BrokerName)];

    /// <summary>Whether the lab has a PostgreSQL of its own.</summary>
    [JsonIgnore]
    public bool HasPostgres => Store == LabStore.Postgresql || Members.Any(member => member.Store == LabStore.Postgresql);

    /// <summary>Reads a description and checks all of it.</summary>
    /// <exception cref="RefusalException">It cannot be read, or has faults: all are named.</exception>
    public static LabPlan Parse(string json, string file)
    {
        LabPlan plan;
        try
        {
            plan = JsonSerializer.Deserialize<LabPlan>(json, Format) ?? throw new JsonException("it is null");
        }
        catch (JsonException fault)
        {
            throw new RefusalException(Refusal.Invalid("LAB_PLAN_UNREADABLE", $"The description of the lab cannot be read: {fault.Message}", file, "Correct the file; `gateway lab plan` prints one that can be."));
        }

        List<string> faults = [.. plan.Faults()];
        return faults.Count == 0
            ? plan
            : throw new RefusalException(Refusal.Invalid("LAB_PLAN_INVALID", $"The description of the lab has faults: {string.Join("; ", faults)}.", file, "Correct the file."));
    }

    /// <summary>The description as it stands in a file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format);

    /// <summary>The circles of a member.</summary>
    public IEnumerable<LabCircle> CirclesOf(LabMember member) => Circles.Where(circle => circle.Members.Contains(member.Name));

    /// <summary>The members of a circle.</summary>
    public IEnumerable<LabMember> MembersOf(LabCircle circle) => Members.Where(member => circle.Members.Contains(member.Name));

    private static string BrokerName(int number) => number == 1 ? "broker" : $"broker-{number}";

    private IEnumerable<string> Faults()
    {
        if (!SpiffeId.IsNetwork(Network)) yield return $"network: '{Network}' is not a lower-case DNS name of at most 63 characters";
        if (Brokers is < 1 or > MostBrokers) yield return $"brokers: {Brokers} is not 1 to {MostBrokers}";
        if (Brokers > 1 && Store == LabStore.Sqlite) yield return $"store: {Brokers} brokers share one store, which a file cannot be: say \"store\": \"postgresql\"";
        if (Port is < 0 or > 65_535 - MostBrokers) yield return $"port: {Port} is not a port";
        foreach (LabMember member in Members)
        {
            if (string.IsNullOrWhiteSpace(member.Name)) yield return "members: one has no name";
            if (!Codes.Roles.TryParse(member.Role, out _)) yield return $"members: the role of {member.Name}, '{member.Role}', is none of {string.Join(", ", Codes.Roles.All)}";
            if (!FolderName().IsMatch(member.Folder)) yield return $"members: '{member.Folder}' cannot be the folder of {member.Name}; state one of small letters, digits and hyphens in \"folder\"";
            if (Reserved().IsMatch(member.Folder)) yield return $"members: the folder of {member.Name} has the name {member.Folder}, which another part of the lab has; state another in \"folder\"";
        }

        foreach (string name in Twice(Members.Select(member => member.Name))) yield return $"members: the name {name} is there twice";
        foreach (string folder in Twice(Members.Select(member => member.Folder))) yield return $"members: the folder {folder} is there twice";
        foreach (string name in Twice(Circles.Select(circle => circle.Name))) yield return $"circles: the name {name} is there twice";
        foreach (string fault in Circles.SelectMany(FaultsOf)) yield return fault;
    }

    private IEnumerable<string> FaultsOf(LabCircle circle)
    {
        HashSet<string> known = [.. Members.Select(member => member.Name)];
        if (CircleTemplate.Find(circle.Template ?? circle.Name) is null) yield return $"circles: {circle.Name} has the template '{circle.Template ?? circle.Name}', which is none of {string.Join(", ", CircleTemplate.Names)}";
        foreach (string name in circle.Members.Where(name => !known.Contains(name))) yield return $"circles: {circle.Name} has the member {name}, whom \"members\" does not name";
        foreach (string name in Twice(circle.Members)) yield return $"circles: {circle.Name} has the member {name} twice";
        if (!circle.Members.Contains(circle.Steward)) yield return $"circles: the steward of {circle.Name}, {circle.Steward}, is not among its members";
        if (circle.Members.Count < 2) yield return $"circles: {circle.Name} needs two members: one makes its key, another signs it";
    }

    private static IEnumerable<string> Twice(IEnumerable<string> names) => names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1).Select(group => group.First());

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
    private static partial Regex FolderName();

    [GeneratedRegex("^(broker(-[0-9]+)?|wires|postgresql|logs|sample)$")]
    private static partial Regex Reserved();
}
