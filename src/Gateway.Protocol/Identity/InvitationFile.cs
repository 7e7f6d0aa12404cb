using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Protocol.Errors;

namespace Gateway.Protocol.Identity;

/// <summary>The invitation file that the broker's operator hands to an organisation: whom to call, what to pin, and the one-time secret. Keep it like a password.</summary>
public sealed record InvitationFile
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

    /// <summary>Id the organisation will have, hex.</summary>
    public required string MemberId { get; init; }

    /// <summary>Name of the organisation.</summary>
    public required string Name { get; init; }

    /// <summary>Role of the organisation, e.g. RETAILER.</summary>
    public required string Role { get; init; }

    /// <summary>The one-time secret, hex.</summary>
    public required string Token { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Writes the file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, InvitationFileJson.Default.InvitationFile);

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="RefusalException">It is not an invitation.</exception>
    public static InvitationFile Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, InvitationFileJson.Default.InvitationFile) ?? throw NotOne("it is empty");
        }
        catch (JsonException fault)
        {
            throw NotOne(fault.Message);
        }
    }

    private static RefusalException NotOne(string why) =>
        new(Refusal.Invalid("INVITATION_UNREADABLE", $"The file is not an invitation: {why}.", "invitation", "Ask the broker's operator for the file that `gateway change approve` wrote."));

    /// <summary>Name and network alone: the token is a secret.</summary>
    public override string ToString() => $"invitation of {Name} to {Network}";
}

[JsonSerializable(typeof(InvitationFile))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class InvitationFileJson : JsonSerializerContext
{
}
