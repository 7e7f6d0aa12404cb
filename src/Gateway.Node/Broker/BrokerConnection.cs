using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Node.Identity;
using Gateway.Protocol.Identity;
using Grpc.Core;
using Grpc.Net.Client;

namespace Gateway.Node.Broker;

/// <summary>The channel to the broker: mutual TLS under the pinned network authority, never under the system's roots.</summary>
public sealed class BrokerConnection : IDisposable
{
    /// <summary>Longest message in bytes (protocol §6), with room for the frame around it.</summary>
    public const int MaximumMessage = 1_048_576 + 65_536;

    private readonly GrpcChannel _channel;
    private readonly TimeProvider _time;

    private BrokerConnection(Uri address, string network, X509Certificate2 authority, Func<X509Certificate2>? certificate, TimeProvider time)
    {
        _time = time;
        SocketsHttpHandler handler = new()
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, peer, _, _) => peer is not null && IsBroker(peer, network, authority, time),
            },
        };
        if (certificate is not null)
        {
            // Asked at every handshake, so that a renewed certificate is shown without a new channel.
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate();
        }

        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaximumMessage,
            MaxSendMessageSize = MaximumMessage,
        });
        Invoker = _channel.CreateCallInvoker();
    }

    /// <summary>A connection that shows the node's certificate.</summary>
    public static BrokerConnection Authenticated(Uri address, string network, X509Certificate2 authority, NodeCertificate certificate, TimeProvider time) =>
        new(address, network, authority, () => certificate.Current, time);

    /// <summary>A connection that shows a fixed certificate: an operator's.</summary>
    public static BrokerConnection WithCertificate(Uri address, string network, X509Certificate2 authority, X509Certificate2 certificate) =>
        new(address, network, authority, () => certificate, TimeProvider.System);

    /// <summary>A connection without a certificate, for enrolment.</summary>
    public static BrokerConnection Anonymous(Uri address, string network, X509Certificate2 authority) => new(address, network, authority, null, TimeProvider.System);

    /// <summary>Starts calls.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>The deadline so long from now.</summary>
    public DateTime Deadline(TimeSpan after) => _time.GetUtcNow().UtcDateTime + after;

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static bool IsBroker(X509Certificate peer, string network, X509Certificate2 authority, TimeProvider time)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(peer.GetRawCertData());
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // Certificates live for a day; the deny list is the broker's.
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        if (!chain.Build(certificate)) return false;

        // The identity is the URI name, so the host name need not match: a broker may be reached under many.
        return CertificateIdentity.TryRead(certificate, out SpiffeId? id) && id.IsBroker && id.Network == network;
    }
}
