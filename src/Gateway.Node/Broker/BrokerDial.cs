using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Gateway.Node.Broker;

/// <summary>
/// Connects one channel to whichever address of the broker answers: TCP and TLS with the check of who it is. An address that lets wait is overtaken by the next, so that a dead one costs half a second at the most,
/// once; one that fails costs nothing.
/// </summary>
/// <param name="addresses">The addresses.</param>
/// <param name="tls">How each handshake is made and judged.</param>
/// <param name="time">Clock.</param>
/// <param name="random">Spreads the connections of many nodes whose broker went away at one moment.</param>
internal sealed class BrokerDial(BrokerAddresses addresses, Func<SslClientAuthenticationOptions> tls, TimeProvider time, Random random)
{
    /// <summary>After how long the next address is tried beside one that has not answered.</summary>
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(500);

    /// <summary>Most that a connection after the first waits.</summary>
    private static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(300);

    /// <summary>Seconds after which an idle connection is probed, and between probes; lost after two without an answer.</summary>
    private const int ProbeSeconds = 1, Probes = 2;

    /// <summary>TCP_USER_TIMEOUT of Linux: how long sent bytes may stay without an answer, and how long that is here in milliseconds.</summary>
    private const int TcpLevel = 6, UserTimeout = 18, UnansweredMilliseconds = 2_500;

    private int _dialled;

    /// <summary>The address that was reached last; null before the first.</summary>
    public Uri? Reached { get; private set; }

    /// <summary>Connects.</summary>
    public async ValueTask<Stream> ConnectAsync(bool isFirstOfAll, CancellationToken cancellation)
    {
        bool isFirst = Interlocked.Exchange(ref _dialled, 1) == 0 && isFirstOfAll;
        if (addresses.AreSeveral && !isFirst) await Task.Delay(Jitter * random.NextDouble(), time, cancellation).ConfigureAwait(false);
        using CancellationTokenSource decided = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Queue<Uri> waiting = new(addresses.InOrder());
        Dictionary<Task<SslStream>, Uri> running = [];
        Task<SslStream>? failed = null;
        try
        {
            while (true)
            {
                if (waiting.TryDequeue(out Uri? next)) running.Add(ConnectAsync(next, decided.Token), next);
                Task ended = await FirstOfAsync(running.Keys, waiting.Count > 0, decided.Token).ConfigureAwait(false);
                if (ended is not Task<SslStream> attempt) continue; // It lets wait: the next is tried beside it.
                Uri address = running[attempt];
                running.Remove(attempt);
                if (attempt.IsCompletedSuccessfully)
                {
                    Reached = address;
                    addresses.Reached(address);
                    return attempt.Result;
                }

                if (!cancellation.IsCancellationRequested) addresses.Missed(address);
                failed = failed is null || attempt.Exception?.InnerException is not AuthenticationException ? attempt : failed; // Who is away tells more than who is somebody else.
                if (running.Count == 0 && waiting.Count == 0) return await failed.ConfigureAwait(false);
            }
        }
        finally
        {
            await decided.CancelAsync().ConfigureAwait(false);
            foreach ((Task<SslStream> attempt, Uri address) in running) _ = ForgetAsync(attempt, address);
        }
    }

    private async Task<Task> FirstOfAsync(IEnumerable<Task> running, bool mayOvertake, CancellationToken cancellation)
    {
        if (!mayOvertake) return await Task.WhenAny(running).ConfigureAwait(false);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task first = await Task.WhenAny(running.Append(Task.Delay(Stagger, time, ended.Token))).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        return first;
    }

    private async Task<SslStream> ConnectAsync(Uri address, CancellationToken cancellation)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        try
        {
            if (addresses.AreSeveral) Probe(socket);
            await socket.ConnectAsync(address.IdnHost.Trim('[', ']'), address.Port, cancellation).ConfigureAwait(false);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            SslClientAuthenticationOptions options = tls();
            options.TargetHost = address.IdnHost;
            await stream.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            if (stream is not null) await stream.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
            throw;
        }
    }

    // A machine that lost its power or its line says nothing: the kernel finds out, within three seconds, without work for either program.
    private static void Probe(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, ProbeSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(TcpLevel, UserTimeout, BitConverter.GetBytes(UnansweredMilliseconds));
    }

    // Overtaken: it did not answer in time, which is remembered; what it may still give is closed.
    private async Task ForgetAsync(Task<SslStream> attempt, Uri address)
    {
        if (Reached is not null && Reached != address) addresses.Missed(address);
        await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.IsCompletedSuccessfully) await attempt.Result.DisposeAsync().ConfigureAwait(false);
    }
}
