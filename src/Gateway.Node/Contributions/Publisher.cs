using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Contributions;

/// <summary>
/// Works the outbox off: drafts are pseudonymised and sealed, sealed records go to the broker until it has answered for each, withdrawals likewise. Every step is stored before the
/// next begins, so that a stop at any point is continued: the same bytes are sent again, and the broker gives the same receipt.
/// </summary>
public sealed class Publisher(
    Outbox outbox, DraftSealer sealer, RecordUpload records, WithdrawalUpload withdrawals, BrokerConnection broker, AlarmBell alarms, RandomSource random, TimeProvider time, ILogger<Publisher> logger) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan IdlePause = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RunAsync("sealing", sealer.RunAsync, () => 0, stoppingToken),
        RunAsync("publishing", records.RunAsync, () => records.Answered, stoppingToken),
        RunAsync("withdrawing", withdrawals.RunAsync, () => 0, stoppingToken));

    private async Task RunAsync(string work, Func<CancellationToken, Task<bool>> step, Func<long> progress, CancellationToken stopping)
    {
        await Task.Yield();
        WorkSignal signal = outbox.NewSignal();
        TimeSpan pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            OpenChannel channel = broker.Current;
            Uri? at = channel.Address;
            long before = progress();
            try
            {
                bool more = await step(stopping);
                pause = FirstPause;
                if (!more) await signal.WaitAsync(IdlePause, stopping);
                continue;
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return; // What failed while the node stops is continued after its next start.
            }
            catch (ReceiptRefusedException fault)
            {
                await alarms.RaiseOnceAsync(fault.Refusal, stopping, fault.Evidence);
                pause = IdlePause;
            }
            catch (Exception fault) when (fault is RpcException or RefusalException or StoreUnavailableException or TimeoutException)
            {
                if (fault is RefusalException { Refusal: { Status: StatusCode.Unavailable, Code: "STORE_UNAVAILABLE" or "BROKER_STOPPING" } }) broker.Leave(channel, at ?? channel.Address);
                NodeEvents.WorkFailed(logger, work, fault is RpcException rpc ? rpc.ToRefusal("broker").What : fault.Message);
            }
            catch (Exception fault)
            {
                await alarms.RaiseFailureAsync(work, fault, stopping);
                pause = IdlePause;
            }

            if (progress() > before) pause = FirstPause; // What came further is not held up by what did not.
            await Task.Delay(random.Around(pause), time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < IdlePause ? pause * 2 : IdlePause;
        }
    }
}
