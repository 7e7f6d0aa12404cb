using System.Net.Http;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
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

    private readonly Func<X509Certificate2, bool> _isDenied;
    private readonly TimeProvider _time;
    private readonly Func<SslClientAuthenticationOptions> _tls;
    private readonly Random _random;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private volatile OpenChannel _current;

    private BrokerConnection(
        IReadOnlyList<Uri> addresses, Func<SpiffeId, bool> isPeer, Func<AuthoritySet> authorities, Func<X509Certificate2?>? certificate, TimeProvider time, Func<X509Certificate2, bool>? isDenied = null, Random? random = null)
    {
        _time = time;
        _isDenied = isDenied ?? (_ => false);
        _random = random ?? Random.Shared;
        Addresses = new BrokerAddresses(addresses, time, _random);
        _tls = () => HandshakeOf(isPeer, authorities, certificate);
        _current = Open(isFirst: true);
        Invoker = new FailoverInvoker(this);
    }

    private SslClientAuthenticationOptions HandshakeOf(Func<SpiffeId, bool> isPeer, Func<AuthoritySet> authorities, Func<X509Certificate2?>? certificate) => new()
    {
        AllowTlsResume = false, // A resumed session would show the certificate of the one before it.
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        RemoteCertificateValidationCallback = (_, peer, _, _) => peer is not null && IsPeer(peer, isPeer, authorities()),
        LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate()!, // Null is allowed: the call then comes without one.
    };

    private OpenChannel Open(bool isFirst)
    {
        BrokerDial dial = new(Addresses, _tls, _time, _random);
        SocketsHttpHandler handler = new()
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(Addresses.AreSeveral ? 1 : 30), // A broker that hangs: where there is another one, it is worth knowing soon.
            KeepAlivePingTimeout = TimeSpan.FromSeconds(Addresses.AreSeveral ? 1 : 10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            ConnectCallback = (_, cancellation) => dial.ConnectAsync(isFirst, cancellation),
        };
        GrpcChannel channel = GrpcChannel.ForAddress(Addresses.InOrder()[0], new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaximumMessage,
            MaxSendMessageSize = MaximumMessage,
        });
        return new OpenChannel(channel, dial);
    }

    /// <summary>A connection that shows the node's certificate.</summary>
    /// <param name="addresses">Where the broker is: its replicas.</param>
    /// <param name="network">Name of the network.</param>
    /// <param name="authorities">Who is trusted to have issued the broker's certificate, asked at each handshake.</param>
    /// <param name="certificate">The node's certificate.</param>
    /// <param name="time">Clock.</param>
    /// <param name="isDenied">Whether a certificate is on the list of denied ones; nobody's unless given.</param>
    public static BrokerConnection Authenticated(
        IReadOnlyList<Uri> addresses, string network, Func<AuthoritySet> authorities, NodeCertificate certificate, TimeProvider time, Func<X509Certificate2, bool>? isDenied = null) =>
        new(addresses, IsBrokerOf(network), authorities, () => certificate.Current, time, isDenied) { MayRepeat = true };

    /// <summary>A connection that shows the node's certificate and trusts one authority, come what may.</summary>
    public static BrokerConnection Authenticated(Uri address, string network, X509Certificate2 authority, NodeCertificate certificate, TimeProvider time) =>
        Authenticated([address], network, Only(authority), certificate, time);

    /// <summary>A connection to another evaluator than the broker, that shows the node's certificate.</summary>
    public static BrokerConnection ToEvaluator(Uri address, string network, string name, Func<AuthoritySet> authorities, NodeCertificate certificate, TimeProvider time, Func<X509Certificate2, bool>? isDenied = null) =>
        new([address], id => id.IsEvaluator && id.Network == network && id.Name == name, authorities, () => certificate.Current, time, isDenied);

    /// <summary>A connection to another member's node, that shows this node's certificate.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="isPeer">Whether who answers is one; asked at each handshake with the name in its certificate.</param>
    /// <param name="authorities">Who is trusted to have issued its certificate.</param>
    /// <param name="certificate">The node's certificate.</param>
    /// <param name="time">Clock.</param>
    /// <param name="isDenied">Whether a certificate is denied.</param>
    public static BrokerConnection ToNode(Uri address, Func<SpiffeId, bool> isPeer, Func<AuthoritySet> authorities, NodeCertificate certificate, TimeProvider time, Func<X509Certificate2, bool> isDenied) =>
        new([address], isPeer, authorities, () => certificate.Current, time, isDenied);

    /// <summary>A connection that shows a fixed certificate: an operator's.</summary>
    public static BrokerConnection WithCertificate(IReadOnlyList<Uri> addresses, string network, Func<AuthoritySet> authorities, X509Certificate2 certificate, Random? random = null) =>
        new(addresses, IsBrokerOf(network), authorities, () => certificate, TimeProvider.System, random: random);

    /// <summary>A connection that shows a fixed certificate and trusts one authority.</summary>
    public static BrokerConnection WithCertificate(Uri address, string network, X509Certificate2 authority, X509Certificate2 certificate) =>
        WithCertificate([address], network, Only(authority), certificate);

    /// <summary>A connection without a certificate, for enrolment.</summary>
    public static BrokerConnection Anonymous(IReadOnlyList<Uri> addresses, string network, Func<AuthoritySet> authorities, TimeProvider? time = null, Random? random = null) =>
        new(addresses, IsBrokerOf(network), authorities, null, time ?? TimeProvider.System, random: random);

    /// <summary>A connection without a certificate that trusts one authority.</summary>
    public static BrokerConnection Anonymous(Uri address, string network, X509Certificate2 authority) => Anonymous([address], network, Only(authority));

    /// <summary>Starts calls.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>The address that was reached last; null before the first.</summary>
    public Uri? Address => _current.Address;

    /// <summary>Cancelled when another channel takes the place of the present one: a stream that would go on for ever is then opened anew.</summary>
    public CancellationToken Replaced => _current.Replaced;

    /// <summary>SHA-256 of the certificate that the peer showed last, where no trusted authority has issued it; else null.</summary>
    public string? UnknownAuthority { get; private set; }

    /// <summary>Where the broker is.</summary>
    internal BrokerAddresses Addresses { get; }

    /// <summary>The channel of the moment.</summary>
    internal OpenChannel Current => _current;

    /// <summary>Whether a call may be asked again at another address, though the first may have carried it out: a node's may, an operator's proposal would be made twice.</summary>
    internal bool MayRepeat { get; private init; }

    /// <summary>
    /// Opens a new channel, which shows the certificate as it is now: the broker judges a connection by the certificate it was opened with. Calls under way end over the old channel; the feed is
    /// opened anew where it was.
    /// </summary>
    public void Renew()
    {
        lock (_lock)
        {
            Addresses.Spread();
            Replace(_current);
        }
    }

    /// <summary>A call over a channel failed: where its address refused or was lost, the connection goes over to another.</summary>
    /// <param name="fault">How it failed.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="at">The address in use when the call began; null where it was the first of the channel.</param>
    internal void OnFault(RpcException fault, OpenChannel channel, Uri? at)
    {
        if (fault.IsLoss()) Leave(channel, at ?? channel.Address);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        _current.Dispose();
        _ended.Dispose();
    }

    /// <summary>The broker says in an answer that it cannot do its work now, though the call as such did not fail: the next address is tried, where there is one.</summary>
    /// <param name="channel">The channel of the call.</param>
    /// <param name="at">The address in use when it began. Of all calls that one loss ends only the first moves: the others were of a channel, or of an address of it, that is no longer in use.</param>
    internal void Leave(OpenChannel channel, Uri? at)
    {
        lock (_lock)
        {
            if (at is null || channel != _current || at != channel.Address || _ended.IsCancellationRequested || !Addresses.Leave(at)) return;
            Replace(channel);
        }
    }

    private void Replace(OpenChannel old)
    {
        _current = Open(isFirst: false);
        old.Replace();
        _ = EndLaterAsync(old);
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
}

/// <summary>A channel of a connection, with the address it was connected to last.</summary>
internal sealed class OpenChannel(GrpcChannel channel, BrokerDial dial) : IDisposable
{
    private readonly CancellationTokenSource _replaced = new();

    public CallInvoker Invoker { get; } = channel.CreateCallInvoker();

    public Uri? Address => dial.Reached;

    public CancellationToken Replaced => _replaced.Token;

    public void Replace() => _replaced.Cancel();

    public void Dispose()
    {
        channel.Dispose();
        _replaced.Dispose();
    }
}
