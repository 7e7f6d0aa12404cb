namespace Gateway.Broker.Hosting;

/// <summary>Where things are in a broker's folder.</summary>
/// <param name="Directory">The folder.</param>
public readonly record struct BrokerFiles(string Directory)
{
    /// <summary>The options.</summary>
    public string Options => Path.Combine(Directory, "broker.json");

    /// <summary>The network's certificate authority: what nodes and operators trust.</summary>
    public string AuthorityCertificate => Path.Combine(Directory, "ca.crt");

    /// <summary>The authority's key.</summary>
    public string AuthorityKey => Path.Combine(Directory, "ca.key");

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

    /// <summary>Certificates and keys of operators.</summary>
    public string Operators => Path.Combine(Directory, "operators");

    /// <summary>An operator's certificate.</summary>
    public string OperatorCertificate(string name) => Path.Combine(Operators, name + ".crt");

    /// <summary>An operator's key.</summary>
    public string OperatorKey(string name) => Path.Combine(Operators, name + ".key");
}
