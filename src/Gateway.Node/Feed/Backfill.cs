using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Feed;

/// <summary>
/// Reads the log a second time from where the oldest granted epoch began (protocol §8), while the feed and screening go on. Each part is applied with the cursor; a node that stops half-way
/// goes on from there.
/// </summary>
public sealed class Backfill(NodeLog log, INodeStore store, MemberId member, CallInvoker broker, AlarmBell alarms, RandomSource random, TimeProvider time, ILogger<Backfill> logger) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ExchangeService.ExchangeServiceClient _broker = new(broker);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        TimeSpan pause = FirstPause;
        bool prepared = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan wait = pause;
            try
            {
                if (!prepared) await log.PrepareBackfillAsync(stoppingToken);
                prepared = true;
                await log.WaitForBackfillAsync(stoppingToken);
                await ReadAsync(log.Backfills[0], stoppingToken);
                pause = FirstPause;
                continue;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (FeedFaultException fault)
            {
                await alarms.RaiseOnceAsync(fault.Refusal, stoppingToken, fault.Evidence);
                wait = FaultPause;
            }
            catch (Exception fault) when (fault is RpcException or StoreUnavailableException or TimeoutException)
            {
                NodeEvents.WorkFailed(logger, "reading the log again", fault is RpcException away ? away.ToRefusal("broker").What : fault.Message);
            }
            catch (Exception fault)
            {
                await alarms.RaiseFailureAsync("reading the log again", fault, stoppingToken);
                wait = FaultPause;
            }

            await Task.Delay(random.Around(wait), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task ReadAsync(StoredBackfill reading, CancellationToken stopping)
    {
        NodeEvents.BackfillBegun(logger, reading.Circle.Prefix, reading.Next, reading.Grant);
        using AsyncServerStreamingCall<FollowResponse> call = _broker.Follow(new FollowRequest { FromIndex = reading.Next, StateSize = log.View.Size }, cancellationToken: stopping);
        while (reading.Next <= reading.Grant && await call.ResponseStream.MoveNext(stopping).WaitAsync(Patience, time, stopping))
        {
            FollowResponse message = call.ResponseStream.Current;
            if (message.Leaves.Count == 0) continue;
            if (message.FirstIndex != reading.Next)
            {
                throw new FeedFaultException(Refusal.DataLoss("FEED_GAP", "The broker's messages do not follow each other.", $"leaf {message.FirstIndex}", "Tell the broker's operator."), []);
            }

            FeedLeaf[] shown = [.. message.Leaves.Take((int)Math.Min((ulong)message.Leaves.Count, reading.Remaining))];
            List<LoggedLeaf> own = [];
            await foreach (LoggedLeaf leaf in store.ReadLeavesAsync(reading.Next, reading.Next + (ulong)shown.Length, stopping)) own.Add(leaf);
            BackfillPart part = BackfillReader.Read(reading, shown, own, log.View, member, time);
            if (!await log.ApplyAsync(part, stopping)) return;
            reading = reading with { Next = part.Next };
        }
    }
}
