using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Matching.Scoring;
using Gateway.Node.Broker;
using Gateway.Node.Circles;
using Gateway.Node.Contributions;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Screening;
using Gateway.Node.Services;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Grpc.Core;
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
        MemberKeys keys = resources.Keep(directory.ReadKeys());
        NodeCertificate certificate = resources.Keep(NodeCertificate.Load(directory));
        X509Certificate2 authority = resources.Keep(X509CertificateLoader.LoadCertificateFromFile(directory.AuthorityFile));
        INodeStore store = resources.Keep(await seams.OpenStore(directory.StoreFile, cancellation));
        KnownCache cache = new(keys, seams.Random);
        (NodeView view, Ledger.TiledTree tree) = await NodeLog.OpenAsync(store, settings.Member, keys, cancellation);
        NodeMatcher matcher = resources.Keep(await NodeMatcher.LoadAsync(store, cache, view, seams.Random, seams.Time, cancellation));
        OwnRecords own = await OwnRecords.LoadAsync(store, cancellation);
        BrokerConnection connection = resources.Keep(BrokerConnection.Authenticated(new Uri(settings.Broker), settings.Network, authority, certificate, seams.Time));
        CallInvoker broker = seams.Transport?.Invoke(connection.Invoker) ?? connection.Invoker;

        EvaluatorConnections evaluators = resources.Keep(new EvaluatorConnections(broker, settings.Network, authority, certificate, seams.Time, seams.Transport));
        NodeMetrics metrics = resources.Keep(new NodeMetrics());
        IReadOnlyList<NodeRecord> awaited = await store.ReadAwaitingWithdrawalAsync(cancellation);
        int lastNumber = await store.ReadLastRecordNumberAsync(cancellation);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        seams.Logging(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, directory, settings));
        IServiceCollection services = builder.Services;
        services.AddSingleton(_ => resources); // By a factory: what the container is given ready-made it does not dispose.
        services.AddSingleton(seams.Time).AddSingleton(seams.Random).AddSingleton(settings).AddSingleton(keys).AddSingleton(certificate).AddSingleton(store).AddSingleton(cache)
            .AddSingleton(matcher).AddSingleton(own).AddSingleton(connection).AddSingleton(broker).AddSingleton(evaluators).AddSingleton(metrics).AddSingleton<AlarmBell>();
        AddLog(services, settings, keys, (view, tree), awaited, lastNumber);
        AddWork(services, settings, keys, seams);
        AddLocalApi(services, File.ReadAllText(directory.TokenFile).Trim());

        WebApplication application = builder.Build();
        application.Services.GetRequiredService<NodeResources>(); // The first made is the last disposed.
        NodeGauges.Add(metrics.Meter, application.Services);
        application.MapGrpcService<ScreeningEndpoint>();
        application.MapGrpcService<ContributionsEndpoint>();
        application.Lifetime.ApplicationStarted.Register(() =>
        {
            // The folder has kept others out since before the socket was made; its own mode is for whoever opens the folder up later.
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(directory.SocketFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            NodeEvents.Started(application.Services.GetRequiredService<ILogger<NodeLog>>(), settings.Member.Prefix, settings.Network, view.Size, matcher.Known.Count);
        });
        return application;
    }

    private static void AddLog(IServiceCollection services, NodeSettings settings, MemberKeys keys, (NodeView View, Ledger.TiledTree Tree) opened, IReadOnlyList<NodeRecord> awaited, int lastNumber)
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
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<NodeLog>>()));
        services.AddSingleton<Func<NodeView>>(provider =>
        {
            NodeLog log = provider.GetRequiredService<NodeLog>();
            return () => log.View;
        });
    }

    private static void AddWork(IServiceCollection services, NodeSettings settings, MemberKeys keys, NodeSeams seams)
    {
        services.AddSingleton(provider => new EvaluatorClient(provider.GetRequiredService<EvaluatorConnections>().Of, seams.Random, seams.Time));
        services.AddSingleton(new RecordSealer(seams.Random)).AddSingleton(new ContributionRules(settings.Member, seams.Time)).AddSingleton<Outbox>();
        services.AddSingleton<Pseudonymiser>().AddHostedService(provider => provider.GetRequiredService<Pseudonymiser>());
        services.AddSingleton<Follower>().AddHostedService(provider => provider.GetRequiredService<Follower>());
        services.AddSingleton<ReleaseSchedule>().AddSingleton<WithdrawalUpload>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DraftSealer>(provider, settings.Member));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RecordUpload>(provider, settings.Member));
        services.AddHostedService<Publisher>();
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<CircleSteward>(provider, settings.Member));
        services.AddHostedService<CertificateRenewal>();
        services.AddSingleton(new Scorer(Weights.Shipped())).AddSingleton<HitOpener>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Screener>(provider, settings.Member));
        services.AddSingleton<RecordList>().AddSingleton<NodeStatus>().AddSingleton<LogAudit>();
    }

    private static void AddLocalApi(IServiceCollection services, string token)
    {
        services.AddSingleton(provider => new LocalAccess(token, provider.GetRequiredService<ILogger<LocalAccess>>()));
        services.AddSingleton<ScreeningEndpoint>().AddSingleton<ContributionsEndpoint>();
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = MaximumLocalMessage;
            options.MaxSendMessageSize = MaximumLocalMessage;
            options.Interceptors.Add<LocalAccess>();
        });
    }

    private static void Listen(KestrelServerOptions kestrel, NodeDirectory directory, NodeSettings settings)
    {
        File.Delete(directory.SocketFile); // A node that was killed leaves its socket behind.
        kestrel.ListenUnixSocket(directory.SocketFile, listen => listen.Protocols = HttpProtocols.Http2);
        if (settings.ApiPort > 0) kestrel.ListenLocalhost(settings.ApiPort, listen => listen.Protocols = HttpProtocols.Http2);
    }
}
