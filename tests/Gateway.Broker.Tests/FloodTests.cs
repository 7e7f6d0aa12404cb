using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>Floods of HTTP/2 frames that carry no work, by a client of our own: Kestrel takes any number of most of them. The one who sends them is cut; nobody else notices.</summary>
public sealed class FloodTests
{
    private const byte Data = 0, Headers = 1, Priority = 2, ResetStream = 3, Settings = 4, Ping = 6, Continuation = 9;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("ping")]
    [InlineData("settings")]
    [InlineData("empty data")]
    [InlineData("priority")]
    [InlineData("rapid reset")]
    [InlineData("continuation")]
    [InlineData("unknown kind")]
    public async Task A_flood_ends_with_the_connection_that_sends_it(string kind)
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using AsyncServerStreamingCall<FollowResponse> reader = network.Exchange(network.Steward).Follow(new FollowRequest());
        Assert.True(await reader.ResponseStream.MoveNext(CancellationToken.None));
        using RawConnection attacker = await RawConnection.OpenAsync(network.Broker);
        Stopwatch since = Stopwatch.StartNew();
        long sent = await attacker.FloodAsync(kind, Limit);
        Assert.True(since.Elapsed < Limit, $"{sent} frames of {kind} in {since.Elapsed} did not end the connection");

        // Others publish and read on over their connections.
        await network.PublishOneAsync(network.Second, network.Seal(network.Second));
        Assert.True(await reader.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task A_client_that_pings_as_clients_do_is_served_on()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(network.Broker);
        for (int i = 0; i < 1_000; i++) await client.SendAsync(Ping, 0, 0, new byte[8]);
        Assert.Equal(1_000, await client.CountPongsAsync(1_000, Limit));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Headers_that_never_end_end_the_connection(bool http2)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using RawConnection slow = await RawConnection.OpenAsync(broker, http2);
        await slow.BeginHeadersAsync(http2);
        Assert.True(await slow.IsEndedWithinAsync(TimeSpan.FromSeconds(15)));
    }

    /// <summary>HTTP/2 (RFC 9113) by hand over TLS: frames as one likes.</summary>
    private sealed class RawConnection : IDisposable
    {
        private readonly TcpClient _tcp;
        private readonly SslStream _stream;

        private RawConnection(TcpClient tcp, SslStream stream) => (_tcp, _stream) = (tcp, stream);

        public static async Task<RawConnection> OpenAsync(TestBroker broker, bool http2 = true)
        {
            Uri uri = new(broker.Address);
            using SocketsHttpHandler trusting = broker.NewHandler(null);
            TcpClient tcp = new() { NoDelay = true };
            await tcp.ConnectAsync(uri.Host, uri.Port);
            SslStream stream = new(tcp.GetStream());
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [http2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11],
                RemoteCertificateValidationCallback = trusting.SslOptions.RemoteCertificateValidationCallback,
            });
            RawConnection connection = new(tcp, stream);
            if (!http2) return connection;
            await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
            await connection.SendAsync(Settings, 0, 0, []);
            return connection;
        }

        public async Task SendAsync(byte type, byte flags, int streamId, byte[] payload) => await _stream.WriteAsync(Frame(type, flags, streamId, payload));

        /// <summary>Sends frames of a kind, and reads what comes, until the connection ends.</summary>
        /// <returns>How many were sent.</returns>
        public async Task<long> FloodAsync(string kind, TimeSpan atMost)
        {
            using CancellationTokenSource patience = new(atMost);
            Task reading = ReadToEndAsync(patience.Token);
            long sent = 0;
            int streamId = 1;
            try
            {
                if (kind is "empty data" or "continuation") await SendAsync(Headers, kind == "continuation" ? (byte)0 : (byte)4, streamId, RequestHeaders);
                while (!reading.IsCompleted)
                {
                    List<byte> frames = [];
                    for (int i = 0; i < 100; i++) frames.AddRange(Next(kind, ref streamId));
                    await _stream.WriteAsync(frames.ToArray(), patience.Token);
                    sent += 100;
                }
            }
            catch (Exception ended) when (ended is IOException or OperationCanceledException)
            {
                // Cut off, or too late: the time says which.
            }

            await reading;
            return sent;
        }

        public async Task<int> CountPongsAsync(int wanted, TimeSpan atMost)
        {
            using CancellationTokenSource patience = new(atMost);
            byte[] header = new byte[9];
            int pongs = 0;
            while (pongs < wanted)
            {
                await _stream.ReadExactlyAsync(header, patience.Token);
                int length = (header[0] << 16) | (header[1] << 8) | header[2];
                await _stream.ReadExactlyAsync(new byte[length], patience.Token);
                if (header[3] == Ping && (header[4] & 1) != 0) pongs++;
            }

            return pongs;
        }

        public async Task BeginHeadersAsync(bool http2)
        {
            if (http2) await SendAsync(Headers, 0, 1, RequestHeaders);
            else await _stream.WriteAsync("GET /healthz HTTP/1.1\r\nHost: local"u8.ToArray());
        }

        public async Task<bool> IsEndedWithinAsync(TimeSpan atMost)
        {
            using CancellationTokenSource patience = new(atMost);
            await ReadToEndAsync(patience.Token);
            return !patience.IsCancellationRequested;
        }

        public void Dispose()
        {
            _stream.Dispose();
            _tcp.Dispose();
        }

        private static byte[] RequestHeaders =>
        [
            0x83, 0x87, // :method POST, :scheme https (RFC 7541, appendix A)
            0x04, 8, .. "/healthz"u8, // :path
            0x01, 9, .. "localhost"u8, // :authority
        ];

        private static byte[] Next(string kind, ref int streamId)
        {
            switch (kind)
            {
                case "ping": return Frame(Ping, 0, 0, new byte[8]);
                case "settings": return Frame(Settings, 0, 0, []);
                case "empty data": return Frame(Data, 0, streamId, []);
                case "priority": return Frame(Priority, 0, 3, [0, 0, 0, 1, 1]);
                case "continuation": return Frame(Continuation, 0, streamId, []);
                case "unknown kind": return Frame(0xfa, 0, 0, []);
                default:
                    streamId += 2;
                    return [.. Frame(Headers, 4, streamId - 2, RequestHeaders), .. Frame(ResetStream, 0, streamId - 2, [0, 0, 0, 8])];
            }
        }

        private static byte[] Frame(byte type, byte flags, int streamId, byte[] payload) =>
        [
            (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
            (byte)(streamId >> 24), (byte)(streamId >> 16), (byte)(streamId >> 8), (byte)streamId, .. payload,
        ];

        private async Task ReadToEndAsync(CancellationToken cancellation)
        {
            byte[] buffer = new byte[16_384];
            try
            {
                while (await _stream.ReadAsync(buffer, cancellation) > 0)
                {
                }
            }
            catch (Exception ended) when (ended is IOException or OperationCanceledException)
            {
                // Cut off, or too late: the time says which.
            }
        }
    }
}
