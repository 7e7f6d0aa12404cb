using System.Net;
using System.Security.Authentication;
using Gateway.Broker.Access;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
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
    private const int MaximumHeaders = 32 * 1_024;

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
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetFullPath(options.Directory) });
        builder.Logging.ClearProviders();
        IServiceCollection services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        services.AddSingleton(seams.Time);
        services.AddSingleton(core).AddSingleton(held);
        services.AddSingleton(core.Identifier).AddSingleton(core.Calls).AddSingleton(core.Activity).AddSingleton(core.Refusals).AddSingleton(core.Metrics);
        services.AddSingleton(new EvaluatorName(options.Name)).AddSingleton(core.Shares).AddSingleton(core.Log.View).AddSingleton(core.Quotas).AddSingleton(core.Evaluations);
        services.AddSingleton<Services.PseudonymsService>().AddSingleton<CallGate>().AddSingleton<FreshnessGate>();
        services.AddHostedService<EvaluatorLifetime>();
        services.AddSingleton<EvaluatorWork>().AddHostedService(provider => provider.GetRequiredService<EvaluatorWork>());
        services.AddSingleton<ILoggerFactory>(_ => loggers); // By a factory: so the container disposes it.
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = BrokerHost.MaximumMessage;
            grpc.MaxSendMessageSize = BrokerHost.MaximumMessage;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<FreshnessGate>();
            grpc.Interceptors.Add<CallGate>();
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, core));
        WebApplication app = builder.Build();
        app.MapGrpcService<Services.PseudonymsService>();
        app.MapGet("/healthz", context => context.Response.WriteAsync(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ok {core.Log.Size}\n"), context.RequestAborted));
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, EvaluatorOptions options, EvaluatorCore core)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaximumHeaders;
        kestrel.Limits.MaxConcurrentConnections = options.MaximumConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = MaximumHeaders / 2;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        kestrel.Listen(IPEndPoint.Parse(options.Listen), listener =>
        {
            listener.Protocols = HttpProtocols.Http1AndHttp2; // HTTP/1.1 for health checks.
            listener.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                https.ServerCertificateSelector = (_, _) => core.Certificate.Current;
                https.HandshakeTimeout = TimeSpan.FromSeconds(10);

                // Judged by PeerIdentifier, which can say what is wrong where a handshake could only break off.
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (_, _, _) => true;
            });
        });
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
