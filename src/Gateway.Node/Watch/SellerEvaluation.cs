using Gateway.Matching.Index;
using Gateway.Node.Contributions;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Storage;
using Gateway.Storage.Node;
using Microsoft.Extensions.Hosting;

namespace Gateway.Node.Watch;

/// <summary>
/// Has the identifiers of registered sellers evaluated: those new here, those left over by a stop, those under a new version of the keys. In portions, so that a hundred thousand sellers do not
/// fill the queue that screening uses too.
/// </summary>
public sealed class SellerEvaluation(INodeStore store, NodeMatcher matcher, Screener screener, WatchSeal seal, AlarmBell alarms, TimeProvider time) : BackgroundService
{
    private const int Portion = 2_000;

    private static readonly TimeSpan Round = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly WorkSignal _wanted = new(time);

    /// <summary>Says that there may be sellers with unknown identifiers.</summary>
    public void Wake() => _wanted.Set();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan wait = Round;
            try
            {
                if (!await EvaluateAsync(stoppingToken)) wait = Pause;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                await alarms.RaiseFailureAsync("evaluating sellers", fault, stoppingToken);
                wait = Pause;
            }

            await _wanted.WaitAsync(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> EvaluateAsync(CancellationToken stopping)
    {
        bool whole = true;
        List<Task> portion = [];
        await foreach (StoredSeller row in store.ListSellersAsync(stopping))
        {
            if (!row.Hashes.Any(hash => matcher.Known.Find(hash) == KnownState.Unknown)) continue;
            PreparedShipment prepared = screener.Prepare(Translation.ToParty(SellerBook.Open(seal, row).Party));
            if (screener.WantUnknown(prepared) is not { } wanted) continue;
            portion.Add(wanted);
            if (portion.Count < Portion) continue;
            whole &= await FinishAsync(portion, stopping);
            portion.Clear();
        }

        return await FinishAsync(portion, stopping) && whole;
    }

    // A full queue refuses some of them; they are wanted again in the next round.
    private static async Task<bool> FinishAsync(List<Task> portion, CancellationToken stopping)
    {
        Task all = Task.WhenAll(portion);
        await all.WaitAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.ThrowIfCancellationRequested();
        return all.IsCompletedSuccessfully;
    }
}
