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

    /// <summary>How long calls under way may go on over the old channel after a renewal.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(1);

    private readonly Func<GrpcChannel> _open;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ended = new();
    private volatile OpenChannel _current;

    private BrokerConnection(Uri address, Func<SpiffeId, bool> isPeer, X509Certificate2 authority, Func<X509Certificate2>? certificate, TimeProvider time)
    {
        _time = time;
        _open = () => Open(address, isPeer, authority, certificate, time);
        _current = new OpenChannel(_open());
        Invoker = new CurrentInvoker(this);
    }

    private static GrpcChannel Open(Uri address, Func<SpiffeId, bool> isPeer, X509Certificate2 authority, Func<X509Certificate2>? certificate, TimeProvider time)
    {
        SocketsHttpHandler handler = new()
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            SslOptions = new SslClientAuthenticationOptions
            {
                AllowTlsResume = false, // A resumed session would show the certificate of the one before it.
                RemoteCertificateValidationCallback = (_, peer, _, _) => peer is not null && IsPeer(peer, isPeer, authority, time),
            },
        };
        if (certificate is not null)
        {
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate();
        }

        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaximumMessage,
            MaxSendMessageSize = MaximumMessage,
        });
    }

    /// <summary>A connection that shows the node's certificate.</summary>
    public static BrokerConnection Authenticated(Uri address, string network, X509Certificate2 authority, NodeCertificate certificate, TimeProvider time) =>
        new(address, IsBrokerOf(network), authority, () => certificate.Current, time);

    /// <summary>A connection to another evaluator than the broker, that shows the node's certificate.</summary>
    public static BrokerConnection ToEvaluator(Uri address, string network, string name, X509Certificate2 authority, NodeCertificate certificate, TimeProvider time) =>
        new(address, id => id.IsEvaluator && id.Network == network && id.Name == name, authority, () => certificate.Current, time);

    /// <summary>A connection that shows a fixed certificate: an operator's.</summary>
    public static BrokerConnection WithCertificate(Uri address, string network, X509Certificate2 authority, X509Certificate2 certificate) =>
        new(address, IsBrokerOf(network), authority, () => certificate, TimeProvider.System);

    /// <summary>A connection without a certificate, for enrolment.</summary>
    public static BrokerConnection Anonymous(Uri address, string network, X509Certificate2 authority) => new(address, IsBrokerOf(network), authority, null, TimeProvider.System);

    /// <summary>Starts calls.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>The deadline so long from now.</summary>
    public DateTime Deadline(TimeSpan after) => _time.GetUtcNow().UtcDateTime + after;

    /// <summary>
    /// Opens a new channel, which shows the certificate as it is now: the broker judges a connection by the certificate it was opened with. Calls under way have a minute to end; the feed is
    /// opened anew where it was.
    /// </summary>
    public void Renew()
    {
        OpenChannel old = _current;
        _current = new OpenChannel(_open());
        _ = EndLaterAsync(old.Channel);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        _current.Channel.Dispose();
        _ended.Dispose();
    }

    private async Task EndLaterAsync(GrpcChannel old)
    {
        await Task.Delay(Farewell, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        old.Dispose();
    }

    private static bool IsPeer(X509Certificate peer, Func<SpiffeId, bool> isPeer, X509Certificate2 authority, TimeProvider time)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(peer.GetRawCertData());
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // The authority issues no revocation lists: certificates are short-lived instead.
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        if (!chain.Build(certificate)) return false;

        // The identity is the URI name, so the host name need not match: a broker may be reached under many.
        return CertificateIdentity.TryRead(certificate, out SpiffeId? id) && isPeer(id);
    }

    private static Func<SpiffeId, bool> IsBrokerOf(string network) => id => id.IsBroker && id.Network == network;

    private sealed class OpenChannel(GrpcChannel channel)
    {
        public GrpcChannel Channel { get; } = channel;

        public CallInvoker Invoker { get; } = channel.CreateCallInvoker();
    }

    /// <summary>Starts each call on the channel of the moment, so that whoever holds this invoker need not know of renewals.</summary>
    private sealed class CurrentInvoker(BrokerConnection connection) : CallInvoker
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            connection._current.Invoker.BlockingUnaryCall(method, host, options, request);

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            connection._current.Invoker.AsyncUnaryCall(method, host, options, request);

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            connection._current.Invoker.AsyncServerStreamingCall(method, host, options, request);

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            connection._current.Invoker.AsyncClientStreamingCall(method, host, options);

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            connection._current.Invoker.AsyncDuplexStreamingCall(method, host, options);
    }
}
