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

    /// <summary>How long calls under way may go on over the old channel after a renewal: longer than any of them. Streams without an end move when <see cref="Replaced"/> says so.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(2);

    private readonly Func<GrpcChannel> _open;
    private readonly Func<X509Certificate2, bool> _isDenied;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ended = new();
    private volatile OpenChannel _current;

    private BrokerConnection(Uri address, Func<SpiffeId, bool> isPeer, Func<AuthoritySet> authorities, Func<X509Certificate2?>? certificate, TimeProvider time, Func<X509Certificate2, bool>? isDenied = null)
    {
        _time = time;
        _isDenied = isDenied ?? (_ => false);
        _open = () => Open(address, isPeer, authorities, certificate);
        _current = new OpenChannel(_open());
        Invoker = new CurrentInvoker(this);
    }

    private GrpcChannel Open(Uri address, Func<SpiffeId, bool> isPeer, Func<AuthoritySet> authorities, Func<X509Certificate2?>? certificate)
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
                RemoteCertificateValidationCallback = (_, peer, _, _) => peer is not null && IsPeer(peer, isPeer, authorities()),
            },
        };
        if (certificate is not null)
        {
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate()!; // Null is allowed: the call then comes without one.
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
    /// <param name="address">Where the broker is.</param>
    /// <param name="network">Name of the network.</param>
    /// <param name="authorities">Who is trusted to have issued the broker's certificate, asked at each handshake.</param>
    /// <param name="certificate">The node's certificate.</param>
    /// <param name="time">Clock.</param>
    /// <param name="isDenied">Whether a certificate is on the list of denied ones; nobody's unless given.</param>
    public static BrokerConnection Authenticated(
        Uri address, string network, Func<AuthoritySet> authorities, NodeCertificate certificate, TimeProvider time, Func<X509Certificate2, bool>? isDenied = null) =>
        new(address, IsBrokerOf(network), authorities, () => certificate.Current, time, isDenied);

    /// <summary>A connection that shows the node's certificate and trusts one authority, come what may.</summary>
    public static BrokerConnection Authenticated(Uri address, string network, X509Certificate2 authority, NodeCertificate certificate, TimeProvider time) =>
        Authenticated(address, network, Only(authority), certificate, time);

    /// <summary>A connection to another evaluator than the broker, that shows the node's certificate.</summary>
    public static BrokerConnection ToEvaluator(Uri address, string network, string name, Func<AuthoritySet> authorities, NodeCertificate certificate, TimeProvider time, Func<X509Certificate2, bool>? isDenied = null) =>
        new(address, id => id.IsEvaluator && id.Network == network && id.Name == name, authorities, () => certificate.Current, time, isDenied);

    /// <summary>A connection to another member's node, that shows this node's certificate.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="isPeer">Whether who answers is one; asked at each handshake with the name in its certificate.</param>
    /// <param name="authorities">Who is trusted to have issued its certificate.</param>
    /// <param name="certificate">The node's certificate.</param>
    /// <param name="time">Clock.</param>
    /// <param name="isDenied">Whether a certificate is denied.</param>
    public static BrokerConnection ToNode(Uri address, Func<SpiffeId, bool> isPeer, Func<AuthoritySet> authorities, NodeCertificate certificate, TimeProvider time, Func<X509Certificate2, bool> isDenied) =>
        new(address, isPeer, authorities, () => certificate.Current, time, isDenied);

    /// <summary>A connection that shows a fixed certificate: an operator's.</summary>
    public static BrokerConnection WithCertificate(Uri address, string network, Func<AuthoritySet> authorities, X509Certificate2 certificate) =>
        new(address, IsBrokerOf(network), authorities, () => certificate, TimeProvider.System);

    /// <summary>A connection that shows a fixed certificate and trusts one authority.</summary>
    public static BrokerConnection WithCertificate(Uri address, string network, X509Certificate2 authority, X509Certificate2 certificate) =>
        WithCertificate(address, network, Only(authority), certificate);

    /// <summary>A connection without a certificate, for enrolment.</summary>
    public static BrokerConnection Anonymous(Uri address, string network, Func<AuthoritySet> authorities) => new(address, IsBrokerOf(network), authorities, null, TimeProvider.System);

    /// <summary>A connection without a certificate that trusts one authority.</summary>
    public static BrokerConnection Anonymous(Uri address, string network, X509Certificate2 authority) => Anonymous(address, network, Only(authority));

    /// <summary>Starts calls.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>Cancelled when another channel takes the place of the present one: a stream that would go on for ever is then opened anew.</summary>
    public CancellationToken Replaced => _current.Replaced;

    /// <summary>SHA-256 of the certificate that the peer showed last, where no trusted authority has issued it; else null.</summary>
    public string? UnknownAuthority { get; private set; }

    /// <summary>The deadline so long from now.</summary>
    public DateTime Deadline(TimeSpan after) => _time.GetUtcNow().UtcDateTime + after;

    /// <summary>
    /// Opens a new channel, which shows the certificate as it is now: the broker judges a connection by the certificate it was opened with. Calls under way end over the old channel; the feed is
    /// opened anew where it was.
    /// </summary>
    public void Renew()
    {
        OpenChannel old = _current;
        _current = new OpenChannel(_open());
        old.Replace();
        _ = EndLaterAsync(old);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        _current.Dispose();
        _ended.Dispose();
    }

    private async Task EndLaterAsync(OpenChannel old)
    {
        await Task.Delay(Farewell, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        old.Dispose();
    }

    private static Func<AuthoritySet> Only(X509Certificate2 authority)
    {
        AuthoritySet only = new([authority]);
        return () => only;
    }

    private bool IsPeer(X509Certificate peer, Func<SpiffeId, bool> isPeer, AuthoritySet authorities)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(peer.GetRawCertData());
        bool isTrusted = authorities.FindIssuer(certificate, _time.GetUtcNow(), AuthoritySet.ServerAuthentication) is not null;
        UnknownAuthority = isTrusted ? null : AuthoritySet.Fingerprint(certificate);
        if (!isTrusted || _isDenied(certificate)) return false;

        // The identity is the URI name, so the host name need not match: a broker may be reached under many.
        return CertificateIdentity.TryRead(certificate, out SpiffeId? id) && isPeer(id);
    }

    private static Func<SpiffeId, bool> IsBrokerOf(string network) => id => id.IsBroker && id.Network == network;

    private sealed class OpenChannel(GrpcChannel channel) : IDisposable
    {
        private readonly CancellationTokenSource _replaced = new();

        public CallInvoker Invoker { get; } = channel.CreateCallInvoker();

        public CancellationToken Replaced => _replaced.Token;

        public void Replace() => _replaced.Cancel();

        public void Dispose()
        {
            channel.Dispose();
            _replaced.Dispose();
        }
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
