using Gateway.Broker.Access;
using Gateway.Broker.Administration;
using Gateway.Broker.Certificates;
using Gateway.Broker.Membership;
using Gateway.Broker.Publishing;
using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Broker.Services;
using Gateway.Cryptography;
using Gateway.Protocol.Identity;
using Gateway.Storage.Broker;
using Gateway.Storage.Secrets;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Hosting;

/// <summary>Everything a broker is but its listener: opened in order, closed in reverse.</summary>
public sealed class BrokerCore : IAsyncDisposable
{
    private readonly SigningKey _logKey;
    private readonly SecretFolder _secrets;
    private readonly ILogger _log;
    private int _disposed;

    private BrokerCore(
        BrokerOptions options, IBrokerStore store, NetworkView view, LogSignal signal, SigningKey logKey, SecretFolder secrets, Sequencer sequencer, NetworkAuthorities authorities, BrokerCertificate certificate, CertificateDenials denials,
        OprfEvaluator evaluator, QuotaLedger quotas, OperatorRoster operators, RandomSource random, TimeProvider time, ILogger log)
    {
        Store = store;
        View = view;
        Signal = signal;
        _logKey = logKey;
        Sequencer = sequencer;
        Authorities = authorities;
        _secrets = secrets;
        Certificate = certificate;
        Evaluator = evaluator;
        Quotas = quotas;
        _log = log;
        Reader = new LogReader(store);
        Admission = new Admission(view, store, sequencer, Reader, quotas);
        CertificateIssuance issuance = new(authorities, denials.Holder, store.Certificates, time);
        Enrolment = new Enrolment(view, store, sequencer, issuance, options.Quotas, time, options.NodeCertificateLifetime);
        Proposals = new EpochProposals(view, store, sequencer);
        Statements = new CircleStatements(view, store);
        Sponsorship = new Sponsorship(view, store, time);
        OperatorCertificates = new OperatorCertificates(view, issuance);
        Denials = denials;
        Changes = new ChangeDesk(
            view, store, sequencer,
            [
                StandingExecutor.Suspension, StandingExecutor.Reinstatement, StandingExecutor.Expulsion, new CirclePolicyExecutor(random), new AdmissionExecutor(store, random, time),
                new OperatorExecutor(operators, OperatorCertificates), new AuthorityExecutor(options, view, store.Certificates, authorities, certificate, time, log),
            ],
            time);
        Identifier = new PeerIdentifier(view, operators, denials.Holder, time);
        Calls = new OpenCalls(Identifier, new CallLimits(options.StreamsPerMember, options.CallsPerMember));
        Audit = new AuditTrail(store.Audit, time, log);
        Activity = new PeerActivity(time);
        Connections = new OpenConnections(time, log);
    }

    /// <summary>The store.</summary>
    public IBrokerStore Store { get; }

    /// <summary>The network's state.</summary>
    public NetworkView View { get; }

    /// <summary>Tells of commits.</summary>
    public LogSignal Signal { get; }

    /// <summary>The appender.</summary>
    public Sequencer Sequencer { get; }

    /// <summary>Receipts and proofs.</summary>
    public LogReader Reader { get; }

    /// <summary>The checks before the log.</summary>
    public Admission Admission { get; }

    /// <summary>The network's authorities.</summary>
    public NetworkAuthorities Authorities { get; }

    /// <summary>Which certificates are denied.</summary>
    public CertificateDenials Denials { get; }

    /// <summary>The broker's own certificate.</summary>
    public BrokerCertificate Certificate { get; }

    /// <summary>The OPRF keys.</summary>
    public OprfEvaluator Evaluator { get; }

    /// <summary>What members have used.</summary>
    public QuotaLedger Quotas { get; }

    /// <summary>Members' first and further certificates.</summary>
    public Enrolment Enrolment { get; }

    /// <summary>Key epochs on their way.</summary>
    public EpochProposals Proposals { get; }

    /// <summary>Members' words about circles.</summary>
    public CircleStatements Statements { get; }

    /// <summary>What operators decide.</summary>
    public ChangeDesk Changes { get; }

    /// <summary>Applications and their sponsors.</summary>
    public Sponsorship Sponsorship { get; }

    /// <summary>Certificates of operators.</summary>
    public OperatorCertificates OperatorCertificates { get; }

    /// <summary>Finds out who calls.</summary>
    public PeerIdentifier Identifier { get; }

    /// <summary>The connections that are open.</summary>
    public OpenConnections Connections { get; }

    /// <summary>Calls that are open.</summary>
    public OpenCalls Calls { get; }

    /// <summary>What operators did and what was refused.</summary>
    public AuditTrail Audit { get; }

    /// <summary>When members called last.</summary>
    public PeerActivity Activity { get; }

    /// <summary>Opens the broker of a folder over a store, which it closes in the end.</summary>
    /// <exception cref="BrokerOptionsException">Options, keys and log do not belong together.</exception>
    public static async ValueTask<BrokerCore> OpenAsync(BrokerOptions options, IBrokerStore store, RandomSource random, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        BrokerFiles files = options.Files;
        NetworkView view = await NetworkView.LoadAsync(store, cancellation).ConfigureAwait(false);
        if (view.Current.Genesis is not { } genesis || view.Current.OprfKeys is not { } announced) throw new BrokerOptionsException([$"The store {files.Store} holds no log: make the broker with 'gateway broker init'."]);

        SecretFolder secrets = options.OpenSecrets(random);
        secrets.Finish(files.Secrets); // The folder is this process's alone.
        SigningKey logKey = BrokerKeys.ReadLogKey(files, secrets);
        NetworkAuthorities authorities = NetworkAuthorities.Load(files, secrets, view.Current.Authorities, options.AuthoritySettling, time, random);
        OprfEvaluator evaluator = BrokerKeys.Read(secrets, files.OprfSeed, seed => new OprfEvaluator(seed, announced.Version, random));
        List<string> faults = [];
        if (genesis.Network != options.Network) faults.Add($"network: broker.json says '{options.Network}', the log's Genesis '{genesis.Network}'.");
        if (!logKey.PublicKey.ToArray().AsSpan().SequenceEqual(genesis.LogPk.Span)) faults.Add($"{files.LogSeed} is not the key of this log: restore it from a backup.");
        if (!evaluator.IsAnnouncedBy(announced)) faults.Add($"{files.OprfSeed} does not give the OPRF keys that the log announces: restore it from a backup.");
        if (faults.Count > 0) throw new BrokerOptionsException(faults);

        BrokerCertificate certificate = new(
            files.BrokerCertificate, files.BrokerKey, secrets, authorities, SpiffeId.ForBroker(options.Network, "broker"), options.Hosts, options.BrokerCertificateLifetime, time);
        CertificateDenials denials = await CertificateDenials.LoadAsync(store.Certificates, view, logKey, time, log, cancellation).ConfigureAwait(false);
        LogSignal signal = new();
        QuotaLedger quotas = await QuotaLedger.LoadAsync(store, options.Quotas, time, cancellation).ConfigureAwait(false);
        Sequencer sequencer = await Sequencer.OpenAsync(store, view, options.Network, logKey, random, time, signal, log, cancellation).ConfigureAwait(false);
        OperatorRoster operators = await OperatorRoster.LoadAsync(store, cancellation).ConfigureAwait(false);
        return new BrokerCore(options, store, view, signal, logKey, secrets, sequencer, authorities, certificate, denials, evaluator, quotas, operators, random, time, log);
    }

    /// <summary>Commits what waits, writes the usage, closes the store. Once, however often it is asked.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        Log.Stopping(_log);
        await Sequencer.DisposeAsync().ConfigureAwait(false);
        try
        {
            await Quotas.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Gateway.Storage.StoreUnavailableException error)
        {
            // The store must be closed all the same; only evaluations of the last seconds stay uncounted.
            Log.UsageNotWritten(_log, error);
        }

        await Store.DisposeAsync().ConfigureAwait(false);
        Evaluator.Dispose();
        Authorities.Dispose();
        _secrets.Dispose();
        _logKey.Dispose();
    }
}
