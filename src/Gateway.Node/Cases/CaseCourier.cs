using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Cases;

/// <summary>
/// Carries messages of cases between this node and the broker for as long as the node runs. Every step is stored before the next begins, and each may be done twice: what was sent is sent again and kept once
/// at the broker, what came comes again and is kept once here. So a stop at any point loses nothing and doubles nothing.
/// </summary>
public sealed class CaseCourier(CaseDispatch dispatch, CaseCollection collection, CaseKeeping keeping, CaseSignals signals, AlarmBell alarms, RandomSource random, TimeProvider time, ILogger<CaseCourier> logger) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan IdlePause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _round = new(1, 1);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _round.Dispose();
    }

    /// <summary>Sends what is to be sent, takes what waits, and closes and deletes what is due: one round.</summary>
    public async Task RunOnceAsync(CancellationToken cancellation)
    {
        await _round.WaitAsync(cancellation);
        try
        {
            await RunAloneAsync(cancellation);
        }
        finally
        {
            _round.Release();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        TimeSpan pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan wait = IdlePause;
            try
            {
                await RunOnceAsync(stoppingToken);
                pause = FirstPause;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return; // What failed while the node stops is continued after its next start.
            }
            catch (Exception fault) when (fault is RpcException or RefusalException or StoreUnavailableException or TimeoutException)
            {
                NodeEvents.WorkFailed(logger, "carrying cases", fault is RpcException rpc ? rpc.ToRefusal("broker").What : fault.Message);
                wait = pause;
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (Exception fault)
            {
                await alarms.RaiseFailureAsync("carrying cases", fault, stoppingToken);
                wait = LongestPause;
            }

            // Half to one and a half times, so that nodes do not come all at once when the broker is back.
            TimeSpan jittered = wait * (0.5 + (random.GetBytes(1)[0] / 256.0));
            if (wait == IdlePause) await signals.Written.WaitAsync(jittered, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else await Task.Delay(jittered, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAloneAsync(CancellationToken cancellation)
    {
        RpcException? first = null;
        foreach (Func<CancellationToken, Task> step in (Func<CancellationToken, Task>[])[keeping.RunAsync, dispatch.RunAsync, collection.RunAsync, dispatch.ReadDeliveriesAsync])
        {
            try
            {
                await step(cancellation);
            }
            catch (RpcException refused) when (refused.StatusCode is not (StatusCode.Unavailable or StatusCode.Cancelled))
            {
                first ??= refused; // Who may send no more now still receives.
            }
            catch (StoreCorruptException damaged)
            {
                await alarms.RaiseFailureAsync("carrying cases", damaged, cancellation); // A page of rows that cannot be read stops one step, and not the others.
            }
        }

        if (first is not null) throw first;
    }
}
