using Gateway.Cryptography;
using Gateway.Matching.Scoring;
using Gateway.Node.Broker;
using Gateway.Node.Cases;
using Gateway.Node.Circles;
using Gateway.Node.Contributions;
using Gateway.Node.Disputes;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Life;
using Gateway.Node.Matching;
using Gateway.Node.Neutrality;
using Gateway.Node.Outcomes;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Replicas;
using Gateway.Node.Screening;
using Gateway.Node.Services;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node;

/// <summary>What a node is made with besides its folder: the seams for time, randomness, store and transport.</summary>
public sealed record NodeSeams
{
    /// <summary>Clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Randomness.</summary>
    public RandomSource Random { get; init; } = RandomSource.System;

    /// <summary>Opens the store at a path.</summary>
    public required Func<string, CancellationToken, Task<INodeStore>> OpenStore { get; init; }

    /// <summary>Sets up logging.</summary>
    public required Action<ILoggingBuilder> Logging { get; init; }

    /// <summary>Wraps the way to the broker; null for the plain one.</summary>
    public Func<CallInvoker, CallInvoker>? Transport { get; init; }
}

/// <summary>Composes and starts a node.</summary>
public static class NodeHost
{
    private const int MaximumLocalMessage = 4 * 1_048_576;

    /// <summary>
    /// Keeps a host from watching the working directory, with all folders below it, for changes of an appsettings.json that nobody writes: each write to a store in there would be told to it.
    /// </summary>
    internal static string[] Unwatched => ["--hostBuilder:reloadConfigOnChange=false"];

    /// <summary>Opens folder and store, builds the index, and composes the services. The caller starts and stops the application.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">The folder holds no node, its settings are wrong, or another process runs it.</exception>
    public static async Task<WebApplication> BuildAsync(NodeDirectory directory, NodeSeams seams, CancellationToken cancellation)
    {
        NodeResources resources = new();
        try
        {
            return await BuildAsync(directory, seams, resources, cancellation);
        }
        catch
        {
            await resources.DisposeAsync();
            throw;
        }
    }

    private static async Task<WebApplication> BuildAsync(NodeDirectory directory, NodeSeams seams, NodeResources resources, CancellationToken cancellation)
    {
        NodeSettings settings = directory.ReadSettings();
        directory.Close(); // Before the socket is made in it.
        resources.Keep(NodeLock.Take(directory));
        directory.Secrets.Finish(directory.SecretFiles); // The folder is this process's alone.
        MemberKeys keys = resources.Keep(directory.ReadKeys());
        NodeCertificate certificate = resources.Keep(NodeCertificate.Load(directory));
        INodeStore store = resources.Keep(await seams.OpenStore(directory.StoreFile, cancellation));
        KnownCache cache = new(keys, seams.Random);
        HighWater highWater = HighWater.Load(directory.HighWaterFile, keys);
        (NodeView view, Ledger.TiledTree tree, NodeMatcher matcher) = await NodeStart.LoadAsync(store, cache, settings.Member, keys, highWater, directory, seams, cancellation);
        resources.Keep(matcher);
        WatchSeal seal = new(keys, seams.Random);
        Dismissals dismissals = await Dismissals.LoadAsync(store, seal, seams.Time, cancellation);
        OwnRecords own = await OwnRecords.LoadAsync(store, cancellation);
        IReadOnlyList<NodeRecord> awaited = await store.ReadAwaitingWithdrawalAsync(cancellation);
        int lastNumber = await store.ReadLastRecordNumberAsync(cancellation);
        IReadOnlyList<StoredBackfill> backfills = await store.ReadBackfillsAsync(cancellation);
        DisputeBook disputes = new(await store.ReadDisputesAsync(cancellation), seams.Time);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(Unwatched);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, directory, settings));
        IServiceCollection services = builder.Services;
        ILoggerFactory loggers = resources.Keep(LoggerFactory.Create(seams.Logging)); // The one and only: two would write one file.
        services.AddSingleton(loggers);
        AlarmBell alarms = new(store, seams.Time, loggers.CreateLogger<AlarmBell>());
        NodeAuthorities authorities = new(directory, view.State, loggers.CreateLogger<NodeAuthorities>());
        NodeDenials denials = new(directory, seams.Time, alarms, loggers.CreateLogger<NodeDenials>());
        BrokerConnection connection = resources.Keep(
            BrokerConnection.Authenticated(settings.Brokers, settings.Network, () => authorities.Current, certificate, seams.Time, denials.IsDenied));
        CallInvoker broker = seams.Transport?.Invoke(connection.Invoker) ?? connection.Invoker;
        EvaluatorConnections evaluators = resources.Keep(new EvaluatorConnections(broker, settings.Network, () => authorities.Current, certificate, denials.IsDenied, seams.Time, seams.Transport));
        NodeMetrics metrics = resources.Keep(new NodeMetrics());
        services.AddSingleton(_ => resources); // By a factory: what the container is given ready-made it does not dispose.
        services.AddSingleton(seams.Time).AddSingleton(seams.Random).AddSingleton(settings).AddSingleton(keys).AddSingleton(certificate).AddSingleton(store).AddSingleton(cache)
            .AddSingleton(matcher).AddSingleton(own).AddSingleton(connection).AddSingleton(provider => broker.Intercept(provider.GetRequiredService<AgeGate>())).AddSingleton(evaluators).AddSingleton(metrics).AddSingleton(alarms).AddSingleton(authorities).AddSingleton(denials);
        AddLog(services, settings, keys, (view, tree), awaited, lastNumber, backfills);
        AddWork(services, settings, keys, seams);
        AddWatch(services, seal, dismissals);
        AddJustice(services, settings, disputes);
        AddCases(services, settings, store);
        services.AddNeutrality(settings, keys, await Acceptance.LoadAsync(store, cancellation));
        AddLife(services, settings, highWater);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<OfficersEndpoint>(provider, store.Audit)).AddSingleton(provider => new OfficerAudit(store.Audit, seams.Time));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<OwnStanding>(provider, settings.Member));
        services.AddReplicas();
        AddLocalApi(services, File.ReadAllText(directory.TokenFile).Trim());

        WebApplication application = builder.Build();
        application.Services.GetRequiredService<NodeResources>(); // The first made is the last disposed.
        application.Services.GetRequiredService<NodeLog>().Ending = application.Services.GetRequiredService<StoreAge>().Mark;
        NodeGauges.Add(metrics.Meter, application.Services);
        application.MapGrpcService<ScreeningEndpoint>();
        application.MapGrpcService<ContributionsEndpoint>();
        application.MapGrpcService<WatchEndpoint>();
        application.MapGrpcService<CirclesEndpoint>();
        application.MapGrpcService<OfficersEndpoint>();
        application.MapGrpcService<DisputeOfficeEndpoint>();
        application.MapGrpcService<OutcomeOfficeEndpoint>();
        application.MapGrpcService<CasesEndpoint>();
        application.MapGrpcService<NeutralityEndpoint>();
        application.MapGrpcService<LifeEndpoint>();
        application.Lifetime.ApplicationStarted.Register(() =>
        {
            // The folder has kept others out since before the socket was made; its own mode is for whoever opens the folder up later.
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(directory.SocketFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            NodeEvents.Started(application.Services.GetRequiredService<ILogger<NodeLog>>(), settings.Member.Prefix, settings.Network, view.Size, matcher.Known.Count);
        });
        return application;
    }

    private static void AddLog(
        IServiceCollection services, NodeSettings settings, MemberKeys keys, (NodeView View, Ledger.TiledTree Tree) opened, IReadOnlyList<NodeRecord> awaited, int lastNumber, IReadOnlyList<StoredBackfill> backfills)
    {
        services.AddSingleton(provider => new NodeLog(
            provider.GetRequiredService<INodeStore>(),
            provider.GetRequiredService<NodeMatcher>(),
            new BatchReader(settings.Member, keys.Box, Convert.FromHexString(settings.GenesisHash), provider.GetRequiredService<TimeProvider>()),
            opened.Tree,
            opened.View,
            provider.GetRequiredService<OwnRecords>(),
            awaited,
            lastNumber,
            backfills,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<NodeLog>>(),
            provider.GetRequiredService<DisputeBook>(),
            (before, cancellation) => NodeLog.ReadOnAsync(provider.GetRequiredService<INodeStore>(), before, settings.Member, keys, cancellation)));
        services.AddSingleton<Func<NodeView>>(provider =>
        {
            NodeLog log = provider.GetRequiredService<NodeLog>();
            return () => log.View;
        });
    }

    private static void AddWork(IServiceCollection services, NodeSettings settings, MemberKeys keys, NodeSeams seams)
    {
        services.AddSingleton(provider => new EvaluatorClient(provider.GetRequiredService<EvaluatorConnections>().Of, seams.Random));
        services.AddSingleton(new RecordSealer(seams.Random)).AddSingleton(new ContributionRules(settings.Member, seams.Time)).AddSingleton<Outbox>();
        services.AddSingleton<Pseudonymiser>().AddHostedService(provider => provider.GetRequiredService<Pseudonymiser>());
        services.AddSingleton<Follower>().AddLeased<Follower>();
        services.AddSingleton<ReleaseSchedule>().AddSingleton<WithdrawalUpload>();
        services.AddSingleton<PublishedBefore>().AddSingleton(provider => ActivatorUtilities.CreateInstance<DraftSealer>(provider, settings.Member));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RecordUpload>(provider, settings.Member));
        services.AddSingleton<Publisher>().AddLeased<Publisher>().AddSingleton<Rectifier>().AddLeased<Rectifier>().AddSingleton<OutboxExpiry>().AddLeased<OutboxExpiry>();
        services.AddSingleton<CircleWork>().AddSingleton(provider => ActivatorUtilities.CreateInstance<CircleOrders>(provider, settings.Member));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<CircleSteward>(provider, settings.Member)).AddLeased<CircleSteward>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Backfill>(provider, settings.Member)).AddLeased<Backfill>();
        services.AddSingleton<CertificateRenewal>().AddHostedService(provider => provider.GetRequiredService<CertificateRenewal>());
        Weights weights = Weights.Shipped();
        weights = settings.PriorBits is { } bits ? weights with { Prior = weights.Prior with { Bits = bits } } : weights;
        services.AddSingleton(new Scorer(weights, settings.Lanes)).AddSingleton(provider => ActivatorUtilities.CreateInstance<HitOpener>(provider, settings.Member));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<NameSimilarity>(provider, settings.Member));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Screener>(provider, settings.Member));
        services.AddSingleton<RecordList>().AddSingleton<NodeStatus>().AddSingleton<LogAudit>();
    }

    private static void AddWatch(IServiceCollection services, WatchSeal seal, Dismissals dismissals)
    {
        services.AddSingleton(seal).AddSingleton(dismissals).AddSingleton<SellerBook>().AddSingleton<AlertList>().AddSingleton<WatchEndpoint>();
        services.AddSingleton<SellerEvaluation>().AddLeased<SellerEvaluation>();
        services.AddSingleton<PastShipments>().AddHostedService(provider => provider.GetRequiredService<PastShipments>());
        services.AddSingleton<AlertRaiser>().AddLeased<AlertRaiser>();
        services.AddSingleton<Forgetting>().AddLeased<Forgetting>();
    }

    private static void AddJustice(IServiceCollection services, NodeSettings settings, DisputeBook disputes)
    {
        services.AddSingleton(disputes).AddSingleton<OutcomeGrades>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DisputeReminders>(provider, settings.Member)).AddLeased<DisputeReminders>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<OutcomeExchange>(provider, settings.Member)).AddHostedService(provider => provider.GetRequiredService<OutcomeExchange>());
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DisputeOffice>(provider, settings.Member)).AddSingleton<DisputeOfficeEndpoint>();
        services.AddSingleton<OutcomeDesk>().AddSingleton<OutcomeOfficeEndpoint>();
    }

    private static void AddCases(IServiceCollection services, NodeSettings settings, INodeStore store)
    {
        services.AddSingleton<CaseVault>().AddSingleton<CaseSignals>().AddSingleton(new CaseFiles(store.Cases)).AddSingleton<CaseReceiver>().AddSingleton<CaseReader>().AddSingleton<CaseSearch>().AddSingleton<CaseKeeping>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<CaseTargets>(provider, settings.Member)).AddSingleton(provider => ActivatorUtilities.CreateInstance<CaseWriter>(provider, settings.Member));
        services.AddSingleton<CaseDispatch>().AddSingleton<CaseCollection>().AddSingleton<CasesEndpoint>();
        services.AddSingleton<CaseCourier>().AddLeased<CaseCourier>();
    }

    private static void AddLife(IServiceCollection services, NodeSettings settings, HighWater highWater)
    {
        services.AddSingleton(highWater).AddSingleton<StoreAge>().AddSingleton<EpochRetirement>().AddSingleton<SubjectSearch>().AddSingleton<LifeEndpoint>();
        services.AddSingleton(provider =>
        {
            NodeLog log = provider.GetRequiredService<NodeLog>();
            Acceptance acceptance = provider.GetRequiredService<Acceptance>();
            Func<ulong> accepted = () => acceptance.Size;
            return ActivatorUtilities.CreateInstance<Acknowledger>(provider, settings.Member, accepted);
        });
        services.AddLeased<Acknowledger>().AddSingleton<MisbindReporter>().AddLeased<MisbindReporter>();
    }

    private static void AddLocalApi(IServiceCollection services, string token)
    {
        services.AddSingleton(provider => new LocalAccess(token, provider.GetRequiredService<OfficerAudit>(), provider.GetRequiredService<ILogger<LocalAccess>>()));
        services.AddSingleton<AgeGate>().AddSingleton<ScreeningEndpoint>().AddSingleton<ContributionsEndpoint>().AddSingleton<CirclesEndpoint>();
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = MaximumLocalMessage;
            options.MaxSendMessageSize = MaximumLocalMessage;
            options.Interceptors.Add<LocalAccess>();
            options.Interceptors.Add<AgeGate>();
        });
    }

    private static void Listen(KestrelServerOptions kestrel, NodeDirectory directory, NodeSettings settings)
    {
        File.Delete(directory.SocketFile); // A node that was killed leaves its socket behind.
        kestrel.ListenUnixSocket(directory.SocketFile, listen => listen.Protocols = HttpProtocols.Http2);
        if (settings.ApiPort > 0) kestrel.ListenLocalhost(settings.ApiPort, listen => listen.Protocols = HttpProtocols.Http2);
    }
}
