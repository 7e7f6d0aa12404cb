using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Access;
using Gateway.Broker.Observation;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Gateway.Storage.Secrets;
using Gateway.Storage.Sqlite;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Evaluators;

/// <summary>Clients of the broker's services that an evaluator calls.</summary>
public sealed record BrokerClients(ExchangeService.ExchangeServiceClient Exchange, LogService.LogServiceClient Log, EvaluatorsService.EvaluatorsServiceClient Evaluators, CertificatesService.CertificatesServiceClient Certificates);

/// <summary>Everything an evaluator is but its listener: opened in order, closed in reverse.</summary>
public sealed class EvaluatorCore : IAsyncDisposable
{
    private readonly IQuotaStore _store;
    private readonly GrpcChannel _channel;
    private readonly AuthoritySet _enrolled;
    private readonly SecretFolder _secrets;
    private readonly LoggedAuthorities _logged = new();
    private readonly BoxKey _box;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private volatile DenyListHolder? _denials;
    private int _disposed;

    private EvaluatorCore(EvaluatorOptions options, IQuotaStore store, QuotaLedger quotas, RandomSource random, TimeProvider time, ILoggerFactory loggers)
    {
        Options = options;
        _store = store;
        _time = time;
        Quotas = quotas;
        _log = loggers.CreateLogger<EvaluatorCore>();
        EvaluatorFiles files = options.Files;
        _enrolled = AuthoritySet.FromPem(File.ReadAllText(files.Authority));
        _secrets = options.OpenSecrets(random);
        _secrets.Finish(files.Secrets); // The folder is this process's alone.
        _box = EvaluatorInitialiser.ReadBoxKey(files, _secrets);
        Certificate = EvaluatorCertificate.Load(files, _secrets);
        _channel = BrokerChannel.Open(options, Authorities, Certificate, time);
        Broker = new BrokerClients(
            new ExchangeService.ExchangeServiceClient(_channel), new LogService.LogServiceClient(_channel), new EvaluatorsService.EvaluatorsServiceClient(_channel), new CertificatesService.CertificatesServiceClient(_channel));
        Log = new EvaluatorLog(files, Convert.FromHexString(options.GenesisHash), time);
        Shares = ShareRing.Open(options.Name, files.Shares, _secrets, null, random, time);
        Receiver = new ShareReceiver(options.Name, options.Address, _box, Shares, Log, Broker.Evaluators, random, loggers.CreateLogger<ShareReceiver>());
        Evaluations = new EvaluationQueue(Math.Max(1, Environment.ProcessorCount), EvaluationQueue.DefaultPerMember, time);
        Identifier = new PeerIdentifier(Log.View, _ => false, IsDenied, time);
        Connections = new OpenConnections(time, loggers.CreateLogger<OpenConnections>());
        Calls = new OpenCalls(Identifier, new CallLimits(options.CallsPerMember, options.CallsPerMember));
        Activity = new PeerActivity(time);
        Refusals = new RefusalTally(Metrics);
        Metrics.Meter.CreateObservableGauge("gateway.evaluations.waiting", () => Evaluations.Count, "{batch}", "Batches of evaluations that wait for a processor.");
        Metrics.Meter.CreateObservableGauge("gateway.log.size", () => (long)Log.Size, "{leaf}", "Leaves in the log.");
        Metrics.Meter.CreateObservableGauge("gateway.certificate.remaining", () => new System.Diagnostics.Metrics.Measurement<double>((Certificate.Current.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime).TotalSeconds, new KeyValuePair<string, object?>("certificate", "evaluator")), "s", "Time until a certificate of the broker's ends.");
    }

    /// <summary>How it runs.</summary>
    public EvaluatorOptions Options { get; }

    /// <summary>The log as it has read it.</summary>
    public EvaluatorLog Log { get; }

    /// <summary>Its shares.</summary>
    public ShareRing Shares { get; }

    /// <summary>Takes new shares.</summary>
    public ShareReceiver Receiver { get; }

    /// <summary>What members have used.</summary>
    public QuotaLedger Quotas { get; }

    /// <summary>Whose turn it is.</summary>
    public EvaluationQueue Evaluations { get; }

    /// <summary>Its certificate.</summary>
    public EvaluatorCertificate Certificate { get; }

    /// <summary>The broker.</summary>
    public BrokerClients Broker { get; }

    /// <summary>Finds out who calls.</summary>
    public PeerIdentifier Identifier { get; }

    /// <summary>The connections that are open.</summary>
    public OpenConnections Connections { get; }

    /// <summary>Calls that are open.</summary>
    public OpenCalls Calls { get; }

    /// <summary>When members called last.</summary>
    public PeerActivity Activity { get; }

    /// <summary>What was refused.</summary>
    public RefusalTally Refusals { get; }

    /// <summary>What is counted.</summary>
    public BrokerMetrics Metrics { get; } = new();

    /// <summary>Opens the evaluator of a folder.</summary>
    public static async ValueTask<EvaluatorCore> OpenAsync(EvaluatorOptions options, RandomSource random, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellation)
    {
        SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(options.Files.Store, time, cancellation).ConfigureAwait(false);
        try
        {
            return new EvaluatorCore(options, store, await QuotaLedger.LoadAsync(store, options.Quotas, time, cancellation).ConfigureAwait(false), random, time, loggers);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Writes the usage, closes the store. Once, however often it is asked.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        try
        {
            await Quotas.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Gateway.Storage.StoreUnavailableException error)
        {
            // The store must be closed all the same; only evaluations of the last seconds stay uncounted.
            Gateway.Broker.Log.UsageNotWritten(_log, error);
        }

        await _store.DisposeAsync().ConfigureAwait(false);
        _channel.Dispose();
        Shares.Dispose();
        Metrics.Dispose();
        _box.Dispose();
        _secrets.Dispose();
    }

    /// <summary>Takes the broker's newest list of denied certificates; its signer is the log's key, so the log must have been read first.</summary>
    /// <returns>Null, or why it was not taken.</returns>
    public Refusal? TakeDenyList(SignedDenyList list)
    {
        if (Log.View.Current.Genesis is not { } genesis || !VerifyingKey.TryFromBytes(genesis.LogPk.Span, out VerifyingKey logKey)) return null;
        _denials ??= new DenyListHolder(Log.View.Current.GenesisHash, logKey, _time);
        return _denials.Accept(list);
    }

    /// <summary>Whether a certificate is denied, as far as the evaluator has heard.</summary>
    public bool IsDenied(X509Certificate2 certificate, Gateway.Protocol.MemberId? member) => _denials?.IsDenied(certificate, member) == true;

    // Those of the log once it is read; until then those that came with the admission.
    private AuthoritySet Authorities()
    {
        IReadOnlyList<ReadOnlyMemory<byte>> list = Log.View.Current.Authorities;
        return list.Count == 0 ? _enrolled : _logged.Of(list);
    }
}
