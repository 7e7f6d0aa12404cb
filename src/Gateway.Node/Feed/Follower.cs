using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Node.Neutrality;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Feed;

/// <summary>Follows the broker's feed from the store's cursor on, for as long as the node runs: reconnects with jitter, applies batch by batch, and stops at nothing but what does not hold.</summary>
public sealed class Follower(NodeLog log, CallInvoker broker, BrokerConnection connection, NodeAuthorities authorities, OwnStanding standing, BrokerWatch watch, AlarmBell alarms, RandomSource random, TimeProvider time, ILogger<Follower> logger) : BackgroundService
{
    private const int MostLeaves = 65_536;
    private const long MostBytes = 128L * 1_048_576; // Of one batch; at most two are here at once.

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(30);

    private readonly ExchangeService.ExchangeServiceClient _broker = new(broker);
    private long _lastHeard;
    private long _brokerSize;
    private long? _reached;
    private volatile bool _connected;

    /// <summary>Whether the feed is open.</summary>
    public bool IsConnected => _connected;

    /// <summary>When the broker was last heard, or null.</summary>
    public DateTimeOffset? LastHeard => Interlocked.Read(ref _lastHeard) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Size of the newest checkpoint the broker has shown.</summary>
    public ulong BrokerSize => (ulong)Interlocked.Read(ref _brokerSize);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            ulong before = log.View.Size;
            bool hadWorked = false;
            _reached = null;
            TimeSpan? wait = null;
            try
            {
                await FollowOnAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException fault)
            {
                Refusal refusal = fault.ToRefusal("broker");
                if (!await standing.IsOwnAsync(refusal, stoppingToken)) NodeEvents.BrokerAway(logger, refusal.What);
                await watch.OnRefusedAsync(refusal, stoppingToken);
            }
            catch (FeedFaultException fault)
            {
                // Nothing of the batch is applied. Screening goes on with what was; the broker is asked again, in case it mends its ways.
                await alarms.RaiseOnceAsync(fault.Refusal, stoppingToken, fault.Evidence);
                await watch.OnFaultAsync(stoppingToken);
                wait = FaultPause;
            }
            catch (StoreUnavailableException fault)
            {
                NodeEvents.StoreUnavailable(logger, fault.Message);
                wait = LongestPause / 4;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // Local screening goes on with what was, whatever the broker or the store did to this work.
                await alarms.RaiseFailureAsync("following the log", fault, stoppingToken);
                wait = FaultPause;
            }
            finally
            {
                // What was open for longer than the pause before it, or brought something, had worked: earlier failures say nothing about its loss.
                hadWorked = log.View.Size > before || (_reached is { } since && time.GetElapsedTime(since) > pause);
                _connected = false;
            }

            if (hadWorked) pause = FirstPause;
            await Task.Delay(random.Around(wait ?? pause), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // The feed has no end of its own: when the connection is renewed, or goes over to another address because this very stream was lost, it moves over from where it was, without a pause. How often an address is left
    // is limited there.
    private async Task FollowOnAsync(CancellationToken stopping)
    {
        while (true)
        {
            CancellationToken replaced = connection.Replaced;
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, replaced);
            try
            {
                await FollowAsync(ended.Token, stopping);
                return;
            }
            catch (Exception moved) when (replaced.IsCancellationRequested && !stopping.IsCancellationRequested && (moved is OperationCanceledException || (moved is RpcException fault && (fault.StatusCode == StatusCode.Cancelled || fault.IsLoss()))))
            {
                _connected = false;
                NodeEvents.FeedMoved(logger, log.View.Size);
            }
        }
    }

    private async Task FollowAsync(CancellationToken ended, CancellationToken stopping)
    {
        await log.CatchUpAsync(stopping); // A commit whose answer was lost.
        ulong from = log.View.Size;
        FollowRequest request = new() { FromIndex = from, Checkpoint = ByteString.CopyFrom(await log.ReadCheckpointAsync(stopping)) };
        using AsyncServerStreamingCall<FollowResponse> call = _broker.Follow(request, cancellationToken: ended);
        Metadata headers = await call.ResponseHeadersAsync.WaitAsync(ended);

        // A refusal comes as headers, too, with its detail among them (gRPC over HTTP/2, Trailers-Only): reading the stream throws it.
        if (headers.Get(GrpcErrors.Trailer) is null)
        {
            _reached = time.GetTimestamp();
            _connected = true;
            Interlocked.Exchange(ref _lastHeard, time.GetUtcNow().UtcTicks);
            NodeEvents.BrokerReached(logger, from);
            watch.OnFollowed();
        }

        FeedPipeline pipeline = new(() => log.View.Keyring, batch => TakeAsync(batch, stopping), stopping);
        try
        {
            await ReadAsync(call.ResponseStream, pipeline, from, ended, stopping);
        }
        finally
        {
            // Whatever ended the stream: it is opened anew from where the log stands. A batch that does not hold came before that, and is what is told: else a broker had only to hang up behind it.
            await pipeline.Underway;
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<FollowResponse> feed, FeedPipeline pipeline, ulong first, CancellationToken ended, CancellationToken stopping)
    {
        List<FeedLeaf> leaves = [];
        long bytes = 0;
        while (await MoveNextAsync(feed, pipeline, ended))
        {
            FollowResponse message = feed.Current;
            Interlocked.Exchange(ref _lastHeard, time.GetUtcNow().UtcTicks);
            if (leaves.Count == 0) first = message.FirstIndex;
            bytes += message.CalculateSize();
            if (message.FirstIndex != first + (ulong)leaves.Count || leaves.Count + message.Leaves.Count > MostLeaves || bytes > MostBytes)
            {
                throw new FeedFaultException(Refusal.DataLoss("FEED_GAP", "The broker's messages do not follow each other, or a batch has no end.", $"leaf {message.FirstIndex}", "Tell the broker's operator."), []);
            }

            leaves.AddRange(message.Leaves);
            if (message.Checkpoint.IsEmpty) continue;
            if (leaves.Count > 0)
            {
                await pipeline.AddAsync(new FeedBatch(first, leaves, message.Checkpoint.ToByteArray()));
            }
            else
            {
                await pipeline.Underway;
                await SettleAsync(stopping);
            }

            leaves = [];
            bytes = 0;
        }
    }

    // What fails while it is applied ends the stream, though the broker may have nothing more to say.
    private static async Task<bool> MoveNextAsync(IAsyncStreamReader<FollowResponse> feed, FeedPipeline pipeline, CancellationToken ended)
    {
        Task<bool> more = feed.MoveNext(ended);
        if (await Task.WhenAny(more, pipeline.Underway) != more) await pipeline.Underway;
        return await more;
    }

    private async Task TakeAsync(FeedBatch batch, CancellationToken stopping)
    {
        await log.ApplyAsync(batch, stopping);
        await SettleAsync(stopping);
    }

    private async Task SettleAsync(CancellationToken stopping)
    {
        authorities.Follow(log.View.State);
        await standing.CheckAsync(log.View.State, stopping);
        Interlocked.Exchange(ref _brokerSize, (long)log.View.Size);
    }
}
