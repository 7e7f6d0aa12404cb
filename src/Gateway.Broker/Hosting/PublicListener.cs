using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Broker.Hosting;

/// <summary>The listener that broker and evaluators show to the world: TLS with whatever certificate the caller has, bounded in headers, connections, handshakes and HTTP/2 control frames.</summary>
/// <param name="Listen">Address and port.</param>
/// <param name="MaximumConnections">Connections at once.</param>
/// <param name="ConnectionsPerMember">Connections of one member at once.</param>
/// <param name="Certificate">The certificate to show now.</param>
/// <param name="Identifier">Knows who calls.</param>
/// <param name="Connections">The connections that are open.</param>
public sealed record PublicListener(string Listen, int MaximumConnections, int ConnectionsPerMember, Func<X509Certificate2> Certificate, PeerIdentifier Identifier, OpenConnections Connections)
{
    /// <summary>Largest message received or sent, in bytes: larger ones are refused with RESOURCE_EXHAUSTED.</summary>
    public const int MaximumMessage = 1_024 * 1_024;

    private const int MaximumHeaders = 32 * 1_024;

    /// <summary>Sets the listener up.</summary>
    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaximumHeaders;
        kestrel.Limits.MaxConcurrentConnections = MaximumConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = MaximumHeaders / 2;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        ConnectionShares shares = new(Identifier, MaximumConnections, ConnectionsPerMember);
        kestrel.Listen(IPEndPoint.Parse(Listen), listener =>
        {
            // HTTP/1.1 for health checks; gRPC itself speaks HTTP/2 only.
            listener.Protocols = HttpProtocols.Http1AndHttp2;
            listener.Use(shares.Arriving);
            listener.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                https.ServerCertificateSelector = (_, _) => Certificate();
                https.HandshakeTimeout = TimeSpan.FromSeconds(10);

                // Enrolment has none; all others are judged by PeerIdentifier, which can say what is wrong where a handshake could only break off.
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (_, _, _) => true;
            });
            listener.Use(shares.Known);
            listener.Use(next => connection => Connections.RunAsync(connection, next));
        });
    }
}
