using Gateway.Broker.Access;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Evaluators;

/// <summary>What an evaluator takes from the world, replaceable for tests.</summary>
public sealed record EvaluatorSeams
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Randomness.</summary>
    public RandomSource Random { get; init; } = RandomSource.System;

    /// <summary>Where logs go.</summary>
    public required Action<ILoggingBuilder> Logging { get; init; }
}

/// <summary>Composes an evaluator: options, log, shares, quotas, listener.</summary>
public static class EvaluatorHost
{
    /// <summary>Opens the evaluator of a folder and prepares its listener. It answers from the moment that it has read the log.</summary>
    /// <exception cref="BrokerOptionsException">The options have faults.</exception>
    /// <exception cref="RefusalException">The evaluator is not enrolled, or another process runs it.</exception>
    public static async Task<WebApplication> BuildAsync(EvaluatorOptions options, EvaluatorSeams seams, CancellationToken cancellation)
    {
        options.Validate();
        if (!options.IsEnrolled) throw new RefusalException(Refusal.Precondition("EVALUATOR_NOT_ENROLLED", "The broker has not admitted this evaluator yet.", options.Directory, "Hand evaluator-request.json to the broker's operator, and give what comes back to `gateway evaluator enrol`."));
        BrokerFolder.Close(options.Directory);
        BrokerLock held = BrokerLock.Take(options.Files.Lock, options.Directory);
        ILoggerFactory loggers = LoggerFactory.Create(seams.Logging);
        try
        {
            EvaluatorCore core = await EvaluatorCore.OpenAsync(options, seams.Random, seams.Time, loggers, cancellation).ConfigureAwait(false);
            return Compose(options, seams, core, held, loggers);
        }
        catch
        {
            loggers.Dispose();
            held.Dispose();
            throw;
        }
    }

    private static WebApplication Compose(EvaluatorOptions options, EvaluatorSeams seams, EvaluatorCore core, BrokerLock held, ILoggerFactory loggers)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetFullPath(options.Directory), Args = Hosting.BrokerHost.Unwatched });
        builder.Logging.ClearProviders();
        IServiceCollection services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        services.AddSingleton(seams.Time).AddSingleton(seams.Random);
        services.AddSingleton(core).AddSingleton(held);
        services.AddSingleton(core.Identifier).AddSingleton(core.Calls).AddSingleton(core.Activity).AddSingleton(core.Refusals).AddSingleton(core.Metrics);
        services.AddSingleton(new EvaluatorName(options.Name)).AddSingleton(core.Shares).AddSingleton(core.Log.View).AddSingleton(core.Quotas).AddSingleton(core.Evaluations);
        services.AddSingleton<Services.PseudonymsService>().AddSingleton<CallGate>().AddSingleton<FreshnessGate>();
        services.AddHostedService<EvaluatorLifetime>();
        services.AddHostedService(_ => new ConnectionReview(core.Connections, core.IsDenied, seams.Time));
        services.AddSingleton<EvaluatorWork>().AddHostedService(provider => provider.GetRequiredService<EvaluatorWork>());
        services.AddSingleton<ILoggerFactory>(_ => loggers); // By a factory: so the container disposes it.
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = PublicListener.MaximumMessage;
            grpc.MaxSendMessageSize = PublicListener.MaximumMessage;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<FreshnessGate>();
            grpc.Interceptors.Add<CallGate>();
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(new PublicListener(options.Listen, options.MaximumConnections, options.ConnectionsPerMember, () => core.Certificate.Current, core.Identifier, core.Connections).Configure);
        WebApplication app = builder.Build();
        app.MapGrpcService<Services.PseudonymsService>();
        app.MapGet("/healthz", context => context.Response.WriteAsync(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ok {core.Log.Size}\n"), context.RequestAborted));
        return app;
    }

    /// <summary>Closes the evaluator after its listener, and lets its folder go last.</summary>
    private sealed class EvaluatorLifetime(EvaluatorCore core, BrokerLock held) : IHostedService, IAsyncDisposable
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async ValueTask DisposeAsync()
        {
            await core.DisposeAsync().ConfigureAwait(false);
            held.Dispose();
        }

        public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();
    }
}
