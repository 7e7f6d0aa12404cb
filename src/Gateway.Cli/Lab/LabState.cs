using System.Text.Json;

namespace Gateway.Cli.Lab;

/// <summary>A broker of a lab.</summary>
/// <param name="Name">What its folder and its process are called.</param>
/// <param name="Port">Where it listens, on loopback.</param>
internal sealed record LabBroker(string Name, int Port)
{
    /// <summary>Where operators and relays reach it.</summary>
    public string Address => $"https://localhost:{Port}";
}

/// <summary>The link from a node to a broker: a port on which the relay listens for the node.</summary>
/// <param name="Node">What the node's process is called.</param>
/// <param name="Broker">What the broker's process is called.</param>
/// <param name="Port">Where the relay listens, on loopback.</param>
/// <param name="IsCut">Whether nothing passes.</param>
internal sealed record LabLink(string Node, string Broker, int Port, bool IsCut)
{
    /// <summary>Where the node reaches the broker.</summary>
    public string Address => $"https://localhost:{Port}";
}

/// <summary>A process that the lab has started.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Identity">Which it is.</param>
internal sealed record LabProcess(string Name, ProcessIdentity Identity);

/// <summary>What there is of a lab: state.json in its folder.</summary>
internal sealed record LabState
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, IgnoreReadOnlyProperties = true };

    /// <summary>Whether its network is complete: members admitted, circles founded.</summary>
    public bool IsFounded { get; init; }

    /// <summary>The folder of its PostgreSQL; empty where there is none.</summary>
    public string PostgresFolder { get; init; } = "";

    /// <summary>The brokers.</summary>
    public IReadOnlyList<LabBroker> Brokers { get; init; } = [];

    /// <summary>The links.</summary>
    public IReadOnlyList<LabLink> Links { get; init; } = [];

    /// <summary>The processes it has started last, running or not.</summary>
    public IReadOnlyList<LabProcess> Processes { get; init; } = [];

    /// <summary>Reads it.</summary>
    public static LabState Read(string file) => JsonSerializer.Deserialize<LabState>(File.ReadAllText(file), Format) ?? throw new InvalidDataException($"{file} is empty.");

    /// <summary>Writes it, whole or not at all: whoever reads meanwhile finds the old one.</summary>
    public void Write(string file)
    {
        string temporary = file + ".new";
        File.WriteAllText(temporary, JsonSerializer.Serialize(this, Format));
        File.Move(temporary, file, overwrite: true);
    }
}
