using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Protocol.Identity;
using Grpc.Net.Client;

namespace Gateway.Broker.Evaluators;

/// <summary>An evaluator's way to the broker: mutual TLS under the network's authority. The certificate is looked up at each connection, and connections do not live longer than it does.</summary>
internal static class BrokerChannel
{
    // A renewed certificate is shown within this time: the broker judges a connection by the one it was opened with.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromHours(1);

    public static GrpcChannel Open(EvaluatorOptions options, Func<AuthoritySet> authorities, EvaluatorCertificate certificate, TimeProvider time) => GrpcChannel.ForAddress(options.Broker, new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        MaxReceiveMessageSize = PublicListener.MaximumMessage + 65_536,
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = ConnectionLifetime,
            SslOptions = new SslClientAuthenticationOptions
            {
                AllowTlsResume = false, // A resumed session would show the certificate of the one before it.
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Current,
                RemoteCertificateValidationCallback = (_, peer, _, _) => peer is not null && IsBroker(peer, options.Network, authorities(), time),
            },
        },
    });

    private static bool IsBroker(X509Certificate peer, string network, AuthoritySet authorities, TimeProvider time)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(peer.GetRawCertData());
        return authorities.FindIssuer(certificate, time.GetUtcNow(), AuthoritySet.ServerAuthentication) is not null
            && CertificateIdentity.TryRead(certificate, out SpiffeId? id) && id.IsBroker && id.Network == network;
    }
}
