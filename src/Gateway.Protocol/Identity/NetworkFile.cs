using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Protocol.Errors;

namespace Gateway.Protocol.Identity;

/// <summary>What an organisation needs to apply, and pins from then on: public. Check its Genesis hash with the operators by another way than the one the file came.</summary>
public sealed record NetworkFile
{
    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    /// <summary>Address of the broker, https://host:port.</summary>
    public required string Broker { get; init; }

    /// <summary>Further addresses of the same broker: replicas, any of which answers any call.</summary>
    public IReadOnlyList<string> BrokerAlsoAt { get; init; } = [];

    /// <summary>All addresses of the broker.</summary>
    [JsonIgnore]
    public IReadOnlyList<Uri> Brokers => [.. BrokerAlsoAt.Prepend(Broker).Select(address => new Uri(address)).Distinct()];

    /// <summary>The network's certificate authority, PEM.</summary>
    public required string CertificateAuthority { get; init; }

    /// <summary>SHA-256 of the Genesis entry, hex.</summary>
    public required string GenesisHash { get; init; }

    /// <summary>Writes the file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AdmissionFilesJson.Default.NetworkFile);

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="RefusalException">It is no network file.</exception>
    public static NetworkFile Parse(string json) => AdmissionFilesJson.Read(json, AdmissionFilesJson.Default.NetworkFile, "NETWORK_FILE_UNREADABLE", "network file", "Ask a broker's operator for the file that `gateway network export` prints.");
}

/// <summary>An organisation's application: its signed statement and whom to ask there.</summary>
public sealed record ApplicationFile
{
    /// <summary>Name of the network it applies to.</summary>
    public required string Network { get; init; }

    /// <summary>SHA-256 of the network's Genesis entry, hex.</summary>
    public required string GenesisHash { get; init; }

    /// <summary>SignedStatement with the body MemberJoined, base64.</summary>
    public required byte[] Statement { get; init; }

    /// <summary>Responsible person.</summary>
    public required string ContactName { get; init; }

    /// <summary>E-mail address.</summary>
    public required string ContactEmail { get; init; }

    /// <summary>Telephone number.</summary>
    public required string ContactPhone { get; init; }

    /// <summary>Writes the file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AdmissionFilesJson.Default.ApplicationFile);

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="RefusalException">It is no application.</exception>
    public static ApplicationFile Parse(string json) => AdmissionFilesJson.Read(json, AdmissionFilesJson.Default.ApplicationFile, "APPLICATION_UNREADABLE", "application", "Ask the organisation for the file that `gateway node apply` wrote.");
}

/// <summary>An operator's file: who he is, his certificate and key, and the way to the broker. Keep it like a password.</summary>
public sealed record OperatorFile
{
    /// <summary>The network.</summary>
    public required NetworkFile Network { get; init; }

    /// <summary>The operator's name.</summary>
    public required string Name { get; init; }

    /// <summary>His certificate, PEM; empty while his admission waits.</summary>
    public required string Certificate { get; init; }

    /// <summary>His key, PKCS #8 PEM.</summary>
    public required string Key { get; init; }

    /// <summary>Writes the file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AdmissionFilesJson.Default.OperatorFile);

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="RefusalException">It is no operator's file.</exception>
    public static OperatorFile Parse(string json) => AdmissionFilesJson.Read(json, AdmissionFilesJson.Default.OperatorFile, "OPERATOR_FILE_UNREADABLE", "operator's file", "Name the file that `gateway broker init` or `gateway operator apply` wrote.");

    /// <summary>Name and network alone: the key is a secret.</summary>
    public override string ToString() => $"operator {Name} of {Network.Network}";
}

[JsonSerializable(typeof(NetworkFile))]
[JsonSerializable(typeof(ApplicationFile))]
[JsonSerializable(typeof(OperatorFile))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class AdmissionFilesJson : JsonSerializerContext
{
    public static T Read<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string code, string kind, string remedy)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("it is empty");
        }
        catch (JsonException fault)
        {
            throw new RefusalException(Refusal.Invalid(code, $"The file is no {kind}: {fault.Message}.", kind, remedy));
        }
    }
}
