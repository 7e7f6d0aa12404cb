using System.Globalization;
using System.Net;
using System.Security.Authentication;
using Gateway.Broker.Access;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Life;
using Gateway.Broker.Services;
using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Storage.Broker;
using Gateway.Storage.Sqlite;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;

namespace Gateway.Broker.Hosting;

/// <summary>Composes a broker: options, store, services, listener.</summary>
public static class BrokerHost
{
    /// <summary>Largest message received, in bytes: larger ones are refused with RESOURCE_EXHAUSTED.</summary>
    public const int MaximumMessage = 1_024 * 1_024;

    private const int MaximumHeaders = 32 * 1_024;

    /// <summary>Opens the broker of a folder and prepares its listener; <c>StartAsync</c> or <c>RunAsync</c> on the result serves.</summary>
    /// <param name="options">The options.</param>
    /// <param name="seams">Clock, randomness, store and logging; the real ones unless given.</param>
    /// <param name="cancellation">Cancels the opening.</param>
    /// <exception cref="BrokerOptionsException">The options have faults, or do not belong to the keys and the log.</exception>
    /// <exception cref="Gateway.Protocol.Errors.RefusalException">BROKER_RUNS_ALREADY: another process runs the broker of this folder.</exception>
    public static async Task<WebApplication> BuildAsync(BrokerOptions options, BrokerSeams? seams = null, CancellationToken cancellation = default)
    {
        options.Validate();
        BrokerFolder.Close(options.Directory);
        BrokerLock held = BrokerLock.Take(options.Files);
        try
        {
            return await BuildAsync(options, seams ?? new BrokerSeams(), held, cancellation).ConfigureAwait(false);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Serves until the process is told to end.</summary>
    public static async Task RunAsync(BrokerOptions options, CancellationToken cancellation)
    {
        WebApplication app = await BuildAsync(options, null, cancellation).ConfigureAwait(false);
        await using (app.ConfigureAwait(false))
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
            BrokerCore core = app.Services.GetRequiredService<BrokerCore>();
            Log.Serving(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(BrokerHost)), options.Network, string.Join(", ", app.Urls), core.Signal.Size);
            await app.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<WebApplication> BuildAsync(BrokerOptions options, BrokerSeams seams, BrokerLock held, CancellationToken cancellation)
    {
        Action<ILoggingBuilder> logging = seams.Logging ?? LogToConsole;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetFullPath(options.Directory) });
        builder.Logging.ClearProviders();
        IBrokerStore store = await (seams.OpenStore ?? OpenStoreAsync)(options, seams.Time, cancellation).ConfigureAwait(false);

        // The sequencer logs before there is a container, and as long as it.
        ILoggerFactory loggers = LoggerFactory.Create(logging);
        BrokerCore core;
        try
        {
            core = await BrokerCore.OpenAsync(options, store, seams.Random, seams.Time, loggers.CreateLogger<BrokerCore>(), cancellation).ConfigureAwait(false);
        }
        catch
        {
            loggers.Dispose();
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        AddServices(builder.Services, core, held, seams);
        builder.Services.AddSingleton<ILoggerFactory>(_ => loggers); // By a factory: so the container disposes it.
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, core));
        WebApplication app = builder.Build();
        Map(app, core);
        return app;
    }

    private static async ValueTask<IBrokerStore> OpenStoreAsync(BrokerOptions options, TimeProvider time, CancellationToken cancellation)
    {
        if (!File.Exists(options.Files.Store)) throw new BrokerOptionsException([$"The store {options.Files.Store} does not exist: make the broker with 'gateway broker init'."]);
        return await SqliteBrokerStore.OpenAsync(options.Files.Store, time, cancellation).ConfigureAwait(false);
    }

    private static void AddServices(IServiceCollection services, BrokerCore core, BrokerLock held, BrokerSeams seams)
    {
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        services.AddSingleton(seams.Time);
        services.AddSingleton(seams.Random);
        services.AddSingleton(core.Store);
        services.AddSingleton(core.View);
        services.AddSingleton(core.Signal);
        services.AddSingleton(core.Sequencer);
        services.AddSingleton(core.Reader);
        services.AddSingleton(core.Admission);
        services.AddSingleton(core.Enrolment);
        services.AddSingleton(core.Proposals).AddSingleton(core.Statements);
        services.AddSingleton(core.Changes);
        services.AddSingleton(core.Sponsorship);
        services.AddSingleton(core.OperatorCertificates);
        services.AddSingleton(new EvaluatorName(OprfKeySet.Broker));
        services.AddSingleton(core.Shares);
        services.AddSingleton(core.Dealer);
        services.AddSingleton(core.EvaluatorAdmission);
        services.AddSingleton(core.Evaluations);
        services.AddSingleton(core.Metrics);
        services.AddSingleton(core.Feeds);
        services.AddSingleton(core.Refusals);
        services.AddSingleton(core.Quotas);
        services.AddSingleton(core.Identifier);
        services.AddSingleton(core.Denials);
        services.AddSingleton(core.Authorities);
        services.AddSingleton(core.Connections);
        services.AddSingleton(core.Calls);
        services.AddSingleton(core.Audit);
        services.AddSingleton(core.Activity);
        services.AddSingleton(core);
        services.AddSingleton(held);
        services.AddHostedService<CoreLifetime>();
        services.AddHostedService<DailyWork>();
        services.AddHostedService<ConnectionReview>();
        services.AddHostedService<StandingWatch>();
        services.AddSingleton<AcknowledgementDesk>().AddHostedService<AcknowledgementWatch>();
        services.AddSingleton<CallGate>();
        services.AddSingleton<PseudonymsService>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaximumMessage;
            grpc.MaxSendMessageSize = MaximumMessage;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<CallGate>();
        });
    }

    private static void Listen(KestrelServerOptions kestrel, BrokerOptions options, BrokerCore core)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaximumHeaders;
        kestrel.Limits.MaxConcurrentConnections = options.MaximumConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = MaximumHeaders / 2;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        ConnectionShares shares = new(core.Identifier, options.MaximumConnections, options.ConnectionsPerMember);
        kestrel.Listen(IPEndPoint.Parse(options.Listen), listener =>
        {
            // HTTP/1.1 for health checks; gRPC itself speaks HTTP/2 only.
            listener.Protocols = HttpProtocols.Http1AndHttp2;
            listener.Use(shares.Arriving);
            listener.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                https.ServerCertificateSelector = (_, _) => core.Certificate.Current;
                https.HandshakeTimeout = TimeSpan.FromSeconds(10);

                // Enrolment has none; all others are judged by PeerIdentifier, which can say what is wrong where a handshake could only break off.
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (_, _, _) => true;
            });
            listener.Use(shares.Known);
            listener.Use(next => connection => core.Connections.RunAsync(connection, next));
        });
    }

    private static void Map(WebApplication app, BrokerCore core)
    {
        app.MapGrpcService<Services.ExchangeService>();
        app.MapGrpcService<Services.AcknowledgementsService>();
        app.MapGrpcService<Services.MisbindingService>();
        app.MapGrpcService<Services.PseudonymsService>();
        app.MapGrpcService<Services.LogService>();
        app.MapGrpcService<Services.MembershipService>();
        app.MapGrpcService<Services.EvaluatorsService>();
        app.MapGrpcService<Services.OperationsService>();
        app.MapGrpcService<Services.AdministrationService>();
        app.MapGrpcService<Services.CertificatesService>();
        app.MapGet("/healthz", async context =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"ok {core.Signal.Size}\n"), context.RequestAborted).ConfigureAwait(false);
        });
    }

    private static void LogToConsole(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Grpc", LogLevel.Warning);
        logging.AddSerilog(new LoggerConfiguration().WriteTo.Console(formatProvider: CultureInfo.InvariantCulture).CreateLogger(), dispose: true);
    }
}
