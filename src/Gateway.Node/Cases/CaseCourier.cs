using Gateway.Cryptography;
using Gateway.Storage;
using Grpc.Core;

namespace Gateway.Node.Cases;

/// <summary>
/// Carries messages of cases between this node and the broker for as long as the node runs. Every step is stored before the next begins, and each may be done twice: what was sent is sent again and kept once
/// at the broker, what came comes again and is kept once here. So a stop at any point loses nothing and doubles nothing.
/// </summary>
public sealed class CaseCourier(CaseDispatch dispatch, CaseCollection collection, CaseKeeping keeping, CaseSignals signals, AlarmBell alarms, RandomSource random, TimeProvider time)
    : RepeatedWork("carrying cases", new Pauses(IdlePause, FirstPause, LongestPause), alarms, random, time)
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
    protected override Task RoundAsync(CancellationToken cancellation) => RunOnceAsync(cancellation);

    /// <inheritdoc/>
    protected override Task WaitAsync(CancellationToken cancellation) => signals.Written.WaitAsync(Random.Around(IdlePause), cancellation);

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
                await Alarms.RaiseFailureAsync("carrying cases", damaged, cancellation); // A page of rows that cannot be read stops one step, and not the others.
            }
        }

        if (first is not null) throw first;
    }
}
