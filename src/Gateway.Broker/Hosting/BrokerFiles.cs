namespace Gateway.Broker.Hosting;

/// <summary>Where things are in a broker's folder.</summary>
/// <param name="Directory">The folder.</param>
public readonly record struct BrokerFiles(string Directory)
{
    /// <summary>The options.</summary>
    public string Options => Path.Combine(Directory, "broker.json");

    /// <summary>The network's certificate authorities in force, PEM, the newest first: what nodes and operators trust.</summary>
    public string AuthorityCertificate => Path.Combine(Directory, "ca.crt");

    /// <summary>The authorities' keys, PEM.</summary>
    public string AuthorityKey => Path.Combine(Directory, "ca.key");

    /// <summary>An authority that is prepared and not in the log yet, PEM.</summary>
    public string NextAuthority => Path.Combine(Directory, "ca-next.crt");

    /// <summary>The broker's certificate.</summary>
    public string BrokerCertificate => Path.Combine(Directory, "broker.crt");

    /// <summary>The broker's TLS key.</summary>
    public string BrokerKey => Path.Combine(Directory, "broker.key");

    /// <summary>Seed of the log key, 32 bytes.</summary>
    public string LogSeed => Path.Combine(Directory, "log.seed");

    /// <summary>Seed of the OPRF keys, 32 bytes.</summary>
    public string OprfSeed => Path.Combine(Directory, "oprf.seed");

    /// <summary>The broker's shares of the OPRF keys, once other evaluators hold some of them; then there is no seed.</summary>
    public string OprfShares => Path.Combine(Directory, "oprf.shares");

    /// <summary>The store.</summary>
    public string Store => Path.Combine(Directory, "broker.db");

    /// <summary>Held by the process that runs the broker.</summary>
    public string Lock => Path.Combine(Directory, "broker.lock");

    /// <summary>There where the store was put back from a backup and members have not been heard yet.</summary>
    public string Restored => Path.Combine(Directory, "restored");

    /// <summary>What an organisation needs to apply: public.</summary>
    public string Network => Path.Combine(Directory, "network.json");

    /// <summary>The first operators' files, to be handed over and deleted here.</summary>
    public string Operators => Path.Combine(Directory, "operators");

    /// <summary>An operator's file: certificate, key and the way to the broker.</summary>
    public string OperatorFile(string name) => Path.Combine(Operators, name + ".json");

    /// <summary>Every file that holds a key of the broker.</summary>
    public IReadOnlyCollection<string> Secrets => [LogSeed, OprfSeed, OprfShares, AuthorityKey, BrokerKey];
}
