using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Compat.Tests.Probing;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Compat.Tests;

/// <summary>A Kestrel on loopback that serves the probe over mutual TLS, and the channels to it.</summary>
internal sealed class ProbeHost : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly TestCertificates certificates;
    private readonly List<GrpcChannel> channels = [];

    private ProbeHost(WebApplication application, TestCertificates certificates)
    {
        this.application = application;
        this.certificates = certificates;
        Address = application.Urls.Single();
    }

    public string Address { get; }
    public CallJournal Journal => application.Services.GetRequiredService<CallJournal>();

    public static async Task<ProbeHost> StartAsync(Action<GrpcServiceOptions>? configure = null)
    {
        TestCertificates certificates = TestCertificates.Create();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<CallJournal>();
        builder.Services.AddGrpc(options => configure?.Invoke(options));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener =>
        {
            listener.Protocols = HttpProtocols.Http2;
            listener.UseHttps(https =>
            {
                https.ServerCertificate = certificates.Server;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (certificate, _, _) => certificates.Issued(certificate);
            });
        }));
        WebApplication application = builder.Build();
        application.MapGrpcService<ProbeService>();
        await application.StartAsync();
        return new ProbeHost(application, certificates);
    }

    /// <summary>
    /// A channel that shows a client certificate (the host's own, unless another is given or none is wanted) and trusts only one
    /// authority (the host's own, unless another is given).
    /// </summary>
    public GrpcChannel Connect(
        bool withCertificate = true, X509Certificate2? shown = null, TestCertificates? trusted = null, Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions
        {
            HttpHandler = Handler(withCertificate ? shown ?? certificates.Client : null, trusted ?? certificates),
            DisposeHttpClient = true,
        };
        configure?.Invoke(options);
        GrpcChannel channel = GrpcChannel.ForAddress(Address, options);
        channels.Add(channel);
        return channel;
    }

    /// <summary>The same connection for requests made by hand.</summary>
    public HttpMessageInvoker ConnectHttp() => new(Handler(certificates.Client, certificates));

    public Probe.ProbeClient Client() => new(Connect());

    public async ValueTask DisposeAsync()
    {
        foreach (GrpcChannel channel in channels) channel.Dispose();
        await application.DisposeAsync();
        certificates.Dispose();
    }

    private static SocketsHttpHandler Handler(X509Certificate2? shown, TestCertificates trusted) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = shown is null ? [] : [shown],
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0 && trusted.Issued(certificate),
        },
    };
}
