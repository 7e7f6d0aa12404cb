using System.Globalization;
using Gateway.Broker.Access;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Life;
using Gateway.Broker.Sequencing;
using Gateway.Broker.Services;
using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;

namespace Gateway.Broker.Hosting;

/// <summary>Composes a broker: options, store, services, listener.</summary>
public static class BrokerHost
{
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

    /// <summary>
    /// Keeps a host from watching its folder, with all folders below it, for changes of an appsettings.json that nobody writes: each write to the store would be told to it, which was a tenth of
    /// the processor time of an entry.
    /// </summary>
    internal static string[] Unwatched => ["--hostBuilder:reloadConfigOnChange=false"];

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
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetFullPath(options.Directory), Args = Unwatched });
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

        AddServices(builder.Services, options, core, held, seams);
        builder.Services.AddSingleton<ILoggerFactory>(_ => loggers); // By a factory: so the container disposes it.
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(new PublicListener(options.Listen, options.MaximumConnections, options.ConnectionsPerMember, () => core.Certificate.Current, core.Identifier, core.Connections).Configure);
        WebApplication app = builder.Build();
        Map(app, core);
        return app;
    }

    private static async ValueTask<IBrokerStore> OpenStoreAsync(BrokerOptions options, TimeProvider time, CancellationToken cancellation)
    {
        if (options.Store.Length == 0 && !File.Exists(options.Files.Store)) throw new BrokerOptionsException([$"The store {options.Files.Store} does not exist: make the broker with 'gateway broker init'."]);
        return await Stores.OpenBrokerAsync(options.Store, options.Files.Store, time, cancellation).ConfigureAwait(false);
    }

    private static void AddServices(IServiceCollection services, BrokerOptions options, BrokerCore core, BrokerLock held, BrokerSeams seams)
    {
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        services.AddSingleton(seams.Time);
        services.AddSingleton(seams.Random);
        services.AddSingleton(core.Store);
        services.AddSingleton(core.View);
        services.AddSingleton(core.Signal);
        services.AddSingleton<RecentBatches>();
        services.AddSingleton(core.Sequencer);
        services.AddSingleton(core.Reader);
        services.AddSingleton(core.Admission);
        services.AddSingleton(core.Disputes).AddSingleton(core.Objections).AddSingleton(core.Outcomes);
        services.AddSingleton(core.Cosignatures).AddSingleton(core.History);
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
        services.AddSingleton(_ => core.Reach);
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
        services.AddHostedService(_ => new ConnectionReview(core.Connections, core.Denials.Holder.IsDenied, seams.Time));
        services.AddHostedService<StandingWatch>();
        services.AddHostedService<SharedStoreWatch>();
        services.AddSingleton(options.Cases).AddSingleton<Cases.CaseDesk>().AddHostedService<Cases.CaseSweep>();
        services.AddSingleton<AcknowledgementDesk>().AddHostedService<AcknowledgementWatch>();
        services.AddSingleton<CallGate>();
        services.AddSingleton<PseudonymsService>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = PublicListener.MaximumMessage;
            grpc.MaxSendMessageSize = PublicListener.MaximumMessage;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<CallGate>();
        });
    }

    private static void Map(WebApplication app, BrokerCore core)
    {
        app.MapGrpcService<Services.ExchangeService>();
        app.MapGrpcService<Services.AcknowledgementsService>();
        app.MapGrpcService<Services.MisbindingService>();
        app.MapGrpcService<Services.PseudonymsService>();
        app.MapGrpcService<Services.LogService>();
        app.MapGrpcService<Services.WitnessService>();
        core.PublicLog.Map(app);
        app.MapGrpcService<Services.MembershipService>();
        app.MapGrpcService<Services.EvaluatorsService>();
        app.MapGrpcService<Services.OperationsService>();
        app.MapGrpcService<Services.AdministrationService>();
        app.MapGrpcService<Services.CertificatesService>();
        app.MapGrpcService<Services.DisputesService>();
        app.MapGrpcService<Services.OutcomesService>();
        Disputes.ObjectionPage.Map(app, core.Objections, app.Services.GetRequiredService<ILogger<Disputes.ObjectionIntake>>());
        app.MapGrpcService<Services.CasesService>();
        app.MapGet("/healthz", async context =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            bool isLost = core.Reach.IsLost;
            if (isLost) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync(isLost ? "the store cannot be reached\n" : string.Create(CultureInfo.InvariantCulture, $"ok {core.Signal.Size}\n"), context.RequestAborted).ConfigureAwait(false);
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
