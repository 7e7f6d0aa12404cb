using Gateway.Broker.Access;
using Gateway.Broker.Administration;
using Gateway.Broker.Certificates;
using Gateway.Broker.Disputes;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Membership;
using Gateway.Broker.Observation;
using Gateway.Broker.Outcomes;
using Gateway.Broker.Publishing;
using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Broker.Witness;
using Gateway.Cryptography;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
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
    private readonly OprfShare? _derived;
    private int _disposed;

    private BrokerCore(
        BrokerOptions options, IBrokerStore store, NetworkView view, LogSignal signal, SigningKey logKey, SecretFolder secrets, Sequencer sequencer, NetworkAuthorities authorities, BrokerCertificate certificate, CertificateDenials denials,
        OprfShare? derived, ShareRing shares, QuotaLedger quotas, OperatorRoster operators, HistoryGuard guard, CosignatureBoard cosignatures, BrokerMetrics metrics, RandomSource random, TimeProvider time, ILogger log)
    {
        Files = options.Files;
        StartedAt = time.GetUtcNow();
        Store = store;
        View = view;
        Signal = signal;
        _logKey = logKey;
        Sequencer = sequencer;
        Authorities = authorities;
        _secrets = secrets;
        Certificate = certificate;
        _derived = derived;
        Shares = shares;
        Metrics = metrics;
        Evaluations = new EvaluationQueue(Math.Max(1, Environment.ProcessorCount), EvaluationQueue.DefaultPerMember, time);
        Dealer = new ShareDealer(view, store, sequencer, shares, random, time);
        Feeds = new FeedActivity(time);
        Refusals = new RefusalTally(metrics);
        Quotas = quotas;
        Operators = operators;
        _log = log;
        Reader = new LogReader(store);
        History = guard;
        Cosignatures = cosignatures;
        PublicLog = new PublicLog(store, signal, cosignatures, new PublicLimits(options.PublicRequestsPerSecond, time));
        Admission = new Admission(view, store, sequencer, Reader, quotas);
        Objections = new ObjectionIntake(view, store.Disputes, random, time);
        Disputes = new DisputeRegister(view, store, sequencer, Reader, Admission, Objections);
        Outcomes = new OutcomeRegister(view, store, time);
        CertificateIssuance issuance = new(authorities, denials.Holder, store.Certificates, time);
        Enrolment = new Enrolment(view, store, sequencer, issuance, options.Quotas, time, options.NodeCertificateLifetime);
        Proposals = new EpochProposals(view, store, sequencer);
        EvaluatorAdmission = new EvaluatorAdmission(view, store, issuance, options.BrokerCertificateLifetime, time);
        Statements = new CircleStatements(view, store);
        Sponsorship = new Sponsorship(view, store, time);
        OperatorCertificates = new OperatorCertificates(view, issuance);
        Denials = denials;
        Changes = new ChangeDesk(
            view, store, sequencer,
            [
                StandingExecutor.Suspension, StandingExecutor.Reinstatement, StandingExecutor.Expulsion, new CirclePolicyExecutor(random), new AdmissionExecutor(store, random, time),
                new OperatorExecutor(operators, OperatorCertificates), new AuthorityExecutor(options, view, store.Certificates, authorities, certificate, time, log),
                new OprfKeysExecutor(Dealer), new RevealExecutor(store, Reader, options.RevealsPerDay, time),
                new RecordWithdrawalExecutor(store),
            ],
            operators.Has,
            time);
        Identifier = new PeerIdentifier(view, operators.Has, denials.Holder.IsDenied, time);
        Calls = new OpenCalls(Identifier, new CallLimits(options.StreamsPerMember, options.CallsPerMember));
        Audit = new AuditTrail(store.Audit, time, log);
        Activity = new PeerActivity(time);
        Connections = new OpenConnections(time, log);
        BrokerGauges.Add(metrics.Meter, this, time);
    }

    /// <summary>The files of the broker's folder.</summary>
    public BrokerFiles Files { get; }

    /// <summary>Whether a store that is shared with other brokers can be reached.</summary>
    public StoreReach Reach { get; } = new();

    /// <summary>When the broker started.</summary>
    public DateTimeOffset StartedAt { get; }

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

    /// <summary>Whether what members hold is of this store's history.</summary>
    public HistoryGuard History { get; }

    /// <summary>Members' cosignatures.</summary>
    public CosignatureBoard Cosignatures { get; }

    /// <summary>What anyone may read of the log.</summary>
    public PublicLog PublicLog { get; }

    /// <summary>The checks before the log.</summary>
    public Admission Admission { get; }

    /// <summary>Disputes about records.</summary>
    public DisputeRegister Disputes { get; }

    /// <summary>What is filed for the dispute desks.</summary>
    public ObjectionIntake Objections { get; }

    /// <summary>What came of hits.</summary>
    public OutcomeRegister Outcomes { get; }

    /// <summary>The network's authorities.</summary>
    public NetworkAuthorities Authorities { get; }

    /// <summary>Which certificates are denied.</summary>
    public CertificateDenials Denials { get; }

    /// <summary>The broker's own certificate.</summary>
    public BrokerCertificate Certificate { get; }

    /// <summary>The broker's shares of the OPRF keys.</summary>
    public ShareRing Shares { get; }

    /// <summary>Shares the keys out with other evaluators.</summary>
    public ShareDealer Dealer { get; }

    /// <summary>Admits other evaluators.</summary>
    public EvaluatorAdmission EvaluatorAdmission { get; }

    /// <summary>Whose turn it is to have evaluated.</summary>
    public EvaluationQueue Evaluations { get; }

    /// <summary>What is counted.</summary>
    public BrokerMetrics Metrics { get; }

    /// <summary>How far members have been sent the log.</summary>
    public FeedActivity Feeds { get; }

    /// <summary>What was refused.</summary>
    public RefusalTally Refusals { get; }

    /// <summary>What members have used.</summary>
    public QuotaLedger Quotas { get; }

    /// <summary>Who operates the broker.</summary>
    public OperatorRoster Operators { get; }

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
        OprfShare? derived = File.Exists(files.OprfSeed) ? BrokerKeys.Read(secrets, files.OprfSeed, seed => OprfShare.Derive(seed, announced.Version, random)) : null;
        ShareRing shares = ShareRing.Open(OprfKeySet.Broker, files.OprfShares, secrets, derived, random, time);
        List<string> faults = [];
        if (genesis.Network != options.Network) faults.Add($"network: broker.json says '{options.Network}', the log's Genesis '{genesis.Network}'.");
        if (!logKey.PublicKey.ToArray().AsSpan().SequenceEqual(genesis.LogPk.Span)) faults.Add($"{files.LogSeed} is not the key of this log: restore it from a backup.");
        if (shares.Announced(announced) is null) faults.Add($"Neither {files.OprfSeed} nor {files.OprfShares} has the OPRF keys that the log announces: restore them from a backup made since the last change of the keys.");
        if (faults.Count > 0) throw new BrokerOptionsException(faults);

        BrokerCertificate certificate = new(
            files.BrokerCertificate, files.BrokerKey, secrets, authorities, SpiffeId.ForBroker(options.Network, "broker"), options.Hosts, options.BrokerCertificateLifetime, time);
        CertificateDenials denials = await CertificateDenials.LoadAsync(store.Certificates, view, logKey, time, log, cancellation).ConfigureAwait(false);
        LogSignal signal = new();
        QuotaLedger quotas = await QuotaLedger.LoadAsync(store, options.Quotas, time, cancellation).ConfigureAwait(false);
        BrokerMetrics metrics = new();
        Sequencer sequencer = await Sequencer.OpenAsync(store, view, options.Network, logKey, random, time, signal, metrics, log, cancellation).ConfigureAwait(false);
        OperatorRoster operators = await OperatorRoster.LoadAsync(store, cancellation).ConfigureAwait(false);
        HistoryGuard guard = await HistoryGuard.OpenAsync(store, view, sequencer, files.Restored, time, log, cancellation).ConfigureAwait(false);
        CosignatureBoard cosignatures = await CosignatureBoard.LoadAsync(store, view, guard, time, log, cancellation).ConfigureAwait(false);
        return new BrokerCore(options, store, view, signal, logKey, secrets, sequencer, authorities, certificate, denials, derived, shares, quotas, operators, guard, cosignatures, metrics, random, time, log);
    }

    /// <summary>Destroys shares that the log has left behind, and the seed they came from.</summary>
    public void RetireShares()
    {
        OprfKeys announced = View.Current.OprfKeys!;
        if (Shares.Retire(announced) is > 0 and int destroyed) Log.SharesDestroyed(_log, destroyed);
        if (_derived is null || Shares.Holds(_derived) || !File.Exists(Files.OprfSeed)) return;
        CertificateFiles.Destroy(Files.OprfSeed);
        Log.SeedDestroyed(_log);
    }

    /// <summary>Commits what waits, writes the usage, closes the store. Once, however often it is asked.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        Log.Stopping(_log);
        await Sequencer.DisposeAsync().ConfigureAwait(false);
        await Cosignatures.WriteAsync(CancellationToken.None).ConfigureAwait(false);
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
        PublicLog.Dispose();
        Reach.Dispose();
        Shares.Dispose();
        Metrics.Dispose();
        Authorities.Dispose();
        _secrets.Dispose();
        _logKey.Dispose();
    }
}
