using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Gateway.Node;

/// <summary>How long work waits: between rounds, and after one that failed, each time twice as long up to the longest.</summary>
/// <param name="Round">Between rounds.</param>
/// <param name="FirstRetry">After the first failure.</param>
/// <param name="LongestRetry">After many, and after one that nobody foresaw.</param>
public readonly record struct Pauses(TimeSpan Round, TimeSpan FirstRetry, TimeSpan LongestRetry)
{
    /// <summary>The same after whatever happened.</summary>
    public static Pauses Every(TimeSpan round) => new(round, round, round);
}

/// <summary>
/// Work that goes on, round after round, for as long as the node runs. A broker or a disk that is away is logged and tried again; what nobody foresaw raises an alarm and is tried again too: no round that fails ends
/// the work.
/// </summary>
/// <param name="work">What it is, for log and alarms.</param>
/// <param name="pauses">How long it waits.</param>
/// <param name="alarms">Where failures go.</param>
/// <param name="random">Spreads retries, so that nodes do not come all at once when the broker is back.</param>
/// <param name="time">Clock.</param>
public abstract class RepeatedWork(string work, Pauses pauses, AlarmBell alarms, RandomSource random, TimeProvider time) : BackgroundService
{
    /// <summary>Where failures go.</summary>
    protected AlarmBell Alarms { get; } = alarms;

    /// <summary>Spreads what many would do at once.</summary>
    protected RandomSource Random { get; } = random;

    /// <summary>Clock.</summary>
    protected TimeProvider Time { get; } = time;

    /// <summary>One round.</summary>
    protected abstract Task RoundAsync(CancellationToken cancellation);

    /// <summary>Waits for the next round after one that went well.</summary>
    protected virtual Task WaitAsync(CancellationToken cancellation) => Task.Delay(pauses.Round, Time, cancellation);

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        TimeSpan retry = pauses.FirstRetry;
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan? failed = null;
            try
            {
                await RoundAsync(stoppingToken);
                retry = pauses.FirstRetry;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return; // What failed while the node stops is continued after its next start.
            }
            catch (Exception fault) when (fault is RpcException or RefusalException or StoreUnavailableException or TimeoutException)
            {
                Alarms.NoteFailure(work, fault);
                failed = retry;
                retry = retry * 2 < pauses.LongestRetry ? retry * 2 : pauses.LongestRetry;
            }
            catch (Exception fault)
            {
                await Alarms.RaiseFailureAsync(work, fault, stoppingToken);
                failed = pauses.LongestRetry;
            }

            await (failed is { } pause ? Task.Delay(Random.Around(pause), Time, stoppingToken) : WaitAsync(stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
