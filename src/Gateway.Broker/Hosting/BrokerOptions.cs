using System.Net;
using System.Text.Json.Serialization;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol.Identity;
using Gateway.Storage;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Hosting;

/// <summary>How a broker runs: <c>broker.json</c> in its folder.</summary>
public sealed record BrokerOptions
{
    /// <summary>The broker's folder: its keys, certificates and store.</summary>
    [JsonIgnore]
    public string Directory { get; init; } = "";

    /// <summary>What opens the folder's keys; null where they are not sealed.</summary>
    [JsonIgnore]
    public SealingSecret? Secret { get; init; }

    /// <summary>Name of the network: a lower-case DNS name of at most 63 characters.</summary>
    public string Network { get; init; } = "";

    /// <summary>Address and port to listen on, e.g. 0.0.0.0:7443; port 0 takes a free one.</summary>
    public string Listen { get; init; } = "127.0.0.1:7443";

    /// <summary>Address under which nodes reach the broker: https, host and port.</summary>
    public string AdvertisedAddress { get; init; } = "https://localhost:7443";

    /// <summary>Addresses of the broker's replicas besides: nodes that join are told all of them.</summary>
    public IReadOnlyList<string> AlsoAdvertised { get; init; } = [];

    /// <summary>DNS names and IP addresses in the broker's certificate.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = ["localhost", "127.0.0.1"];

    /// <summary>How long a node's certificate holds.</summary>
    public TimeSpan NodeCertificateLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long the broker's certificate holds; it is renewed at half-life.</summary>
    public TimeSpan BrokerCertificateLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long after a rotation the new authority begins to issue: until then every verifier has read of it in the log.</summary>
    public TimeSpan AuthoritySettling { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long two authorities hold beside each other at least before the older one may be retired although members are missing.</summary>
    public TimeSpan AuthorityOverlap { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Connections at once.</summary>
    public int MaximumConnections { get; init; } = 20_000;

    /// <summary>Connections of one member at once. Strangers have a quarter of all between them; half of all may be in their handshake.</summary>
    public int ConnectionsPerMember { get; init; } = 64;

    /// <summary>Streams of one member at once.</summary>
    public int StreamsPerMember { get; init; } = 32;

    /// <summary>Calls of one member at once that are no streams.</summary>
    public int CallsPerMember { get; init; } = 128;

    /// <summary>Requests of the public log (checkpoint, tiles, entry bundles) that one address may make a second in the long run, four times as many at once.</summary>
    public int PublicRequestsPerSecond { get; init; } = 500;

    /// <summary>Records that may be traced to their contributors in 24 hours.</summary>
    public int RevealsPerDay { get; init; } = 20;

    /// <summary>Where metrics go by OTLP, e.g. http://localhost:4318; empty: nowhere.</summary>
    public string MetricsEndpoint { get; init; } = "";

    /// <summary>PostgreSQL database of the store, e.g. "Host=db;Database=gateway;Username=gateway"; empty: a file in the folder. Several brokers may share one. The password belongs into PGPASSWORD or ~/.pgpass.</summary>
    public string Store { get; init; } = "";

    /// <summary>What a member may use.</summary>
    public QuotaOptions Quotas { get; init; } = new();

    /// <summary>What a member may do with sealed messages of cases.</summary>
    public Gateway.Broker.Cases.CaseOptions Cases { get; init; } = new();

    /// <summary>The files of the broker's folder.</summary>
    [JsonIgnore]
    public BrokerFiles Files => new(Directory);

    /// <summary>The folder's keys. The caller disposes it.</summary>
    public SecretFolder OpenSecrets(RandomSource random) => new(Directory, Secret, random);

    /// <summary>Reads broker.json from a broker's folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="secret">What opens its keys; null where they are not sealed.</param>
    /// <exception cref="BrokerOptionsException">There is none, or it cannot be read.</exception>
    public static BrokerOptions Load(string directory, SealingSecret? secret = null) =>
        OptionsFile.Read<BrokerOptions>(new BrokerFiles(directory).Options, "make the broker with 'gateway broker init'") with { Directory = directory, Secret = secret };

    /// <summary>The options as they stand in broker.json.</summary>
    public byte[] ToJson() => OptionsFile.ToBytes(this);

    /// <summary>Checks everything at once.</summary>
    /// <exception cref="BrokerOptionsException">Lists every fault.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Directory.Length == 0) faults.Add("The broker's folder is not named.");
        if (!SpiffeId.IsNetwork(Network)) faults.Add($"network: '{Network}' is not a lower-case DNS name of at most 63 characters.");
        if (!IPEndPoint.TryParse(Listen, out _) || !Listen.Contains(':', StringComparison.Ordinal)) faults.Add($"listen: '{Listen}' is not an address with a port such as 0.0.0.0:7443.");
        if (!Uri.TryCreate(AdvertisedAddress, UriKind.Absolute, out Uri? address) || address.Scheme != Uri.UriSchemeHttps) faults.Add($"advertisedAddress: '{AdvertisedAddress}' is not an address such as https://broker.example:7443.");
        foreach (string other in AlsoAdvertised)
        {
            if (!Uri.TryCreate(other, UriKind.Absolute, out Uri? also) || also.Scheme != Uri.UriSchemeHttps) faults.Add($"alsoAdvertised: '{other}' is not an address such as https://broker.example:7443.");
        }

        foreach (string host in Hosts)
        {
            if (Uri.CheckHostName(host) == UriHostNameType.Unknown) faults.Add($"hosts: '{host}' is neither a DNS name nor an IP address.");
        }

        if (Hosts.Count == 0) faults.Add("hosts: at least one name is needed in the broker's certificate.");
        if (NodeCertificateLifetime < TimeSpan.FromMinutes(1) || NodeCertificateLifetime > TimeSpan.FromDays(30)) faults.Add("nodeCertificateLifetime: must lie between one minute and 30 days.");
        if (BrokerCertificateLifetime < TimeSpan.FromMinutes(1) || BrokerCertificateLifetime > TimeSpan.FromDays(398)) faults.Add("brokerCertificateLifetime: must lie between one minute and 398 days.");
        if (AuthoritySettling < TimeSpan.Zero || AuthoritySettling > TimeSpan.FromDays(1)) faults.Add("authoritySettling: must lie between nothing and one day.");
        if (AuthorityOverlap < AuthoritySettling || AuthorityOverlap > TimeSpan.FromDays(365)) faults.Add("authorityOverlap: must lie between authoritySettling and 365 days.");
        if (MaximumConnections < 1) faults.Add("maximumConnections: must be at least 1.");
        if (ConnectionsPerMember < 1 || StreamsPerMember < 1 || CallsPerMember < 1) faults.Add("connectionsPerMember, streamsPerMember, callsPerMember: must be at least 1.");
        if (PublicRequestsPerSecond < 1) faults.Add("publicRequestsPerSecond: must be at least 1.");
        if (RevealsPerDay < 0) faults.Add("revealsPerDay: must not be negative.");
        if (MetricsEndpoint.Length > 0 && !(Uri.TryCreate(MetricsEndpoint, UriKind.Absolute, out Uri? metrics) && metrics.Scheme is "http" or "https")) faults.Add($"metricsEndpoint: '{MetricsEndpoint}' is not an address such as http://localhost:4318.");
        if (Stores.FaultOf(Store) is { } store) faults.Add($"store: {store}.");
        faults.AddRange(Quotas.Validate());
        faults.AddRange(Cases.Validate());
        if (faults.Count > 0) throw new BrokerOptionsException(faults);
    }
}

/// <summary>The options of a broker have faults; all are listed.</summary>
public sealed class BrokerOptionsException(IReadOnlyList<string> faults) : Exception("The broker's options cannot be used:" + string.Concat(faults.Select(fault => "\n  " + fault)))
{
    /// <summary>The faults, a sentence each.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
