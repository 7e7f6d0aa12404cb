using System.Net;
using System.Text.Json.Serialization;
using Gateway.Broker.Hosting;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Evaluators;

/// <summary>How an evaluator runs: <c>evaluator.json</c> in its folder.</summary>
public sealed record EvaluatorOptions
{
    /// <summary>The evaluator's folder.</summary>
    [JsonIgnore]
    public string Directory { get; init; } = "";

    /// <summary>What opens the folder's keys; null where they are not sealed.</summary>
    [JsonIgnore]
    public SealingSecret? Secret { get; init; }

    /// <summary>Name of the network.</summary>
    public string Network { get; init; } = "";

    /// <summary>The evaluator's name: [a-z0-9-], not "broker".</summary>
    public string Name { get; init; } = "";

    /// <summary>Address and port to listen on; port 0 takes a free one.</summary>
    public string Listen { get; init; } = "127.0.0.1:7444";

    /// <summary>Address under which nodes reach the evaluator: https, host and port.</summary>
    public string Address { get; init; } = "https://localhost:7444";

    /// <summary>Address of the broker, from its operator; empty before the evaluator is enrolled.</summary>
    public string Broker { get; init; } = "";

    /// <summary>What the evaluator pins: SHA-256 of the Genesis entry, hex; empty before it is enrolled.</summary>
    public string GenesisHash { get; init; } = "";

    /// <summary>How old its reading of the log may be before it stops to evaluate: it might not know of an expulsion.</summary>
    public TimeSpan MaximumLogAge { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Connections at once.</summary>
    public int MaximumConnections { get; init; } = 20_000;

    /// <summary>Connections of one member at once. Strangers have a quarter of all between them; half of all may be in their handshake.</summary>
    public int ConnectionsPerMember { get; init; } = 64;

    /// <summary>Calls of one member at once.</summary>
    public int CallsPerMember { get; init; } = 128;

    /// <summary>Where metrics go by OTLP, e.g. http://localhost:4318; empty: nowhere.</summary>
    public string MetricsEndpoint { get; init; } = "";

    /// <summary>What a member may use: the evaluator's own limits, beside the broker's.</summary>
    public QuotaOptions Quotas { get; init; } = new();

    /// <summary>The files of the folder.</summary>
    [JsonIgnore]
    public EvaluatorFiles Files => new(Directory);

    /// <summary>Whether the broker has admitted it.</summary>
    [JsonIgnore]
    public bool IsEnrolled => GenesisHash.Length > 0;

    /// <summary>The folder's secrets. The caller disposes it.</summary>
    public SecretFolder OpenSecrets(RandomSource random) => new(Directory, Secret, random);

    /// <summary>Reads evaluator.json.</summary>
    /// <exception cref="BrokerOptionsException">There is none, or it cannot be read.</exception>
    public static EvaluatorOptions Load(string directory, SealingSecret? secret = null) =>
        OptionsFile.Read<EvaluatorOptions>(new EvaluatorFiles(directory).Options, "make the evaluator with 'gateway evaluator init'") with { Directory = directory, Secret = secret };

    /// <summary>The options as they stand in evaluator.json.</summary>
    public byte[] ToJson() => OptionsFile.ToBytes(this);

    /// <summary>Checks everything at once.</summary>
    /// <exception cref="BrokerOptionsException">Lists every fault.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Directory.Length == 0) faults.Add("The evaluator's folder is not named.");
        if (!SpiffeId.IsNetwork(Network)) faults.Add($"network: '{Network}' is not a lower-case DNS name of at most 63 characters.");
        if (!SpiffeId.IsName(Name) || Name == OprfKeySet.Broker) faults.Add($"name: '{Name}' is not made of a–z, 0–9 and '-', or is 'broker'.");
        if (!IPEndPoint.TryParse(Listen, out _) || !Listen.Contains(':', StringComparison.Ordinal)) faults.Add($"listen: '{Listen}' is not an address with a port such as 0.0.0.0:7444.");
        if (!OprfKeySet.IsAddress(Address, out _)) faults.Add($"address: '{Address}' is not an address such as https://evaluator.example:7444.");
        if (IsEnrolled && !OprfKeySet.IsAddress(Broker, out _)) faults.Add($"broker: '{Broker}' is not an address such as https://broker.example:7443.");
        if (IsEnrolled && !Gateway.Protocol.RecordId.TryParse(GenesisHash, out _)) faults.Add("genesisHash: is not 64 hexadecimal digits.");
        if (MaximumLogAge < TimeSpan.FromSeconds(10) || MaximumLogAge > TimeSpan.FromHours(1)) faults.Add("maximumLogAge: must lie between ten seconds and an hour.");
        if (ConnectionsPerMember < 1 || CallsPerMember < 1) faults.Add("connectionsPerMember, callsPerMember: must be at least 1.");
        if (MaximumConnections < 1) faults.Add("maximumConnections: must be at least 1.");
        if (MetricsEndpoint.Length > 0 && !(Uri.TryCreate(MetricsEndpoint, UriKind.Absolute, out Uri? metrics) && metrics.Scheme is "http" or "https")) faults.Add($"metricsEndpoint: '{MetricsEndpoint}' is not an address such as http://localhost:4318.");
        faults.AddRange(Quotas.Validate());
        if (faults.Count > 0) throw new BrokerOptionsException(faults);
    }
}
