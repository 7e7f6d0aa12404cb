namespace Gateway.Broker.Evaluators;

/// <summary>Where things are in an evaluator's folder.</summary>
/// <param name="Directory">The folder.</param>
public readonly record struct EvaluatorFiles(string Directory)
{
    /// <summary>The options.</summary>
    public string Options => Path.Combine(Directory, "evaluator.json");

    /// <summary>What the broker's operator is handed.</summary>
    public string Request => Path.Combine(Directory, "evaluator-request.json");

    /// <summary>The evaluator's seed, 32 bytes: its box key comes from it.</summary>
    public string Seed => Path.Combine(Directory, "evaluator.seed");

    /// <summary>Its shares of the OPRF keys.</summary>
    public string Shares => Path.Combine(Directory, "oprf.shares");

    /// <summary>The TLS key.</summary>
    public string TlsKey => Path.Combine(Directory, "tls.key");

    /// <summary>The TLS certificate.</summary>
    public string TlsCertificate => Path.Combine(Directory, "tls.crt");

    /// <summary>The network's certificate authority.</summary>
    public string Authority => Path.Combine(Directory, "network-ca.crt");

    /// <summary>The newest checkpoint that was verified: an older log is refused after it.</summary>
    public string Checkpoint => Path.Combine(Directory, "checkpoint");

    /// <summary>Every file that holds a key.</summary>
    public IReadOnlyCollection<string> Secrets => [Seed, Shares, TlsKey];

    /// <summary>What members have used.</summary>
    public string Store => Path.Combine(Directory, "evaluator.db");

    /// <summary>Held by the process that runs the evaluator.</summary>
    public string Lock => Path.Combine(Directory, "evaluator.lock");
}
