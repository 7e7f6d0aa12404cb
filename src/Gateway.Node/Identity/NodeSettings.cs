using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Matching.Scoring;
using Gateway.Protocol;
using Gateway.Protocol.Errors;

namespace Gateway.Node.Identity;

/// <summary>Settings of a node, from node.json.</summary>
public sealed record NodeSettings
{
    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    /// <summary>Address of the broker, https://host:port.</summary>
    public required string Broker { get; init; }

    /// <summary>Further addresses of the same broker: replicas, any of which answers any call. The node begins at any of all and goes over to another when one does not answer.</summary>
    public IReadOnlyList<string> BrokerAlsoAt { get; init; } = [];

    /// <summary>All addresses of the broker.</summary>
    [JsonIgnore]
    public IReadOnlyList<Uri> Brokers => [.. BrokerAlsoAt.Prepend(Broker).Select(address => new Uri(address)).Distinct()];

    /// <summary>SHA-256 of the Genesis entry, hex: what this node pins.</summary>
    public required string GenesisHash { get; init; }

    /// <summary>This member's id, hex.</summary>
    public required string MemberId { get; init; }

    /// <summary>This member's name.</summary>
    public required string Name { get; init; }

    /// <summary>Loopback port of the local API for systems that cannot use the socket; 0: none.</summary>
    public int ApiPort { get; init; }

    /// <summary>Days for which screened shipments are remembered, so that a record that arrives later finds them: 13 months unless stated; 0: not at all; at most 3,650.</summary>
    public int? PastShipmentDays { get; init; }

    /// <summary>Days for which a closed case is kept, and an unused one left open: 365 unless stated; at least 1, at most 3,650. A circle's longest retention goes before where it is shorter.</summary>
    public int? CaseDays { get; init; }

    /// <summary>Days for which a closed case is kept.</summary>
    [JsonIgnore]
    public int KeptCaseDays => CaseDays ?? 365;

    /// <summary>The office's own lanes; null for those of circle and product.</summary>
    public LaneSetting? Lanes { get; init; }

    /// <summary>log2 of the odds, below 0, that a shipment and a record taken at random concern the same party; null for the product's.</summary>
    public double? PriorBits { get; init; }

    /// <summary>How many other members must have cosigned a checkpoint before it is accepted; null: two, or all others where there are fewer.</summary>
    public int? CosignatureQuorum { get; init; }

    /// <summary>Address and port on which other members' nodes may compare their logs with this one's, e.g. 0.0.0.0:7444; empty: nowhere.</summary>
    public string GossipListen { get; init; } = "";

    /// <summary>Nodes of other members with whom this one compares its log, https://host:port each.</summary>
    public IReadOnlyList<string> GossipPeers { get; init; } = [];

    /// <summary>Days for which screened shipments are remembered.</summary>
    [JsonIgnore]
    public int RememberedDays => PastShipmentDays ?? Watch.Forgetting.UnusedDays;

    /// <summary>PostgreSQL database of the store, e.g. "Host=db;Database=gateway;Username=gateway"; empty: a file in the folder. The password belongs into PGPASSWORD or ~/.pgpass.</summary>
    public string Store { get; init; } = "";

    /// <summary>Where metrics go by OTLP, e.g. http://localhost:4318; empty: nowhere.</summary>
    public string MetricsEndpoint { get; init; } = "";

    /// <summary>The member's id.</summary>
    [JsonIgnore]
    public MemberId Member => Protocol.MemberId.TryParse(MemberId, out MemberId id) ? id : default;

    /// <summary>Checks all settings and reports every fault at once.</summary>
    /// <exception cref="RefusalException">Something is wrong; all of it is named.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (!Uri.TryCreate(Broker, UriKind.Absolute, out Uri? broker) || broker.Scheme != Uri.UriSchemeHttps) faults.Add("broker is not an https:// address");
        if (BrokerAlsoAt.FirstOrDefault(also => !Uri.TryCreate(also, UriKind.Absolute, out Uri? address) || address.Scheme != Uri.UriSchemeHttps) is { } other) faults.Add($"broker_also_at: '{other}' is not an https:// address");
        if (!Protocol.MemberId.TryParse(MemberId, out _)) faults.Add("member_id is not 32 hexadecimal digits");
        if (!RecordId.TryParse(GenesisHash, out _)) faults.Add("genesis_hash is not 64 hexadecimal digits");
        if (!Protocol.Identity.SpiffeId.IsNetwork(Network)) faults.Add("network is not a network's name");
        if (ApiPort is < 0 or > 65_535) faults.Add("api_port is not a port");
        if (PastShipmentDays is < 0 or > 3_650) faults.Add("past_shipment_days is not 0 to 3650");
        if (CaseDays is < 1 or > 3_650) faults.Add("case_days is not 1 to 3650");
        if (Lanes?.FaultOn(Weights.Shipped().Thresholds) is { } lanes) faults.Add($"lanes: {lanes}");
        if (PriorBits is >= 0 or < -60 or double.NaN) faults.Add("prior_bits is not between -60 and 0");
        if (CosignatureQuorum is < 0 or > 256) faults.Add("cosignature_quorum is not 0 to 256");
        if (GossipListen.Length > 0 && (!System.Net.IPEndPoint.TryParse(GossipListen, out _) || !GossipListen.Contains(':', StringComparison.Ordinal))) faults.Add("gossip_listen is not an address with a port such as 0.0.0.0:7444");
        if (GossipPeers.FirstOrDefault(peer => !Uri.TryCreate(peer, UriKind.Absolute, out Uri? address) || address.Scheme != Uri.UriSchemeHttps) is { } odd) faults.Add($"gossip_peers: '{odd}' is not an https:// address");
        if (MetricsEndpoint.Length > 0 && !(Uri.TryCreate(MetricsEndpoint, UriKind.Absolute, out Uri? metrics) && metrics.Scheme is "http" or "https")) faults.Add("metrics_endpoint is not an http:// or https:// address");
        if (Storage.Stores.FaultOf(Store) is { } store) faults.Add($"store: {store}");
        if (faults.Count > 0) throw new RefusalException(Refusal.Invalid("SETTINGS_INVALID", $"The settings are wrong: {string.Join("; ", faults)}.", "node.json", "Correct the file."));
    }
}

[JsonSerializable(typeof(NodeSettings))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class NodeSettingsJson : JsonSerializerContext
{
}
