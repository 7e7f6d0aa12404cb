using Gateway.Cryptography;
using Gateway.Node.Life;
using Gateway.Protocol.Errors;

namespace Gateway.Node.Contributions;

/// <summary>Withdraws records whose correction stands in the log; none while the store is older than the node has been.</summary>
public sealed class Rectifier(Outbox outbox, StoreAge age, AlarmBell alarms, RandomSource random, TimeProvider time) : RepeatedWork("rectifying", Pauses.Every(Round), alarms, random, time)
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    private readonly WorkSignal _signal = outbox.NewSignal();

    /// <summary>Takes the rectifications under way one step further.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (age.IsBehind) return;
        foreach (Refusal refused in await outbox.AdvanceRectificationsAsync(cancellation)) await Alarms.RaiseOnceAsync(refused, cancellation);
    }

    /// <inheritdoc/>
    protected override Task RoundAsync(CancellationToken cancellation) => RunAsync(cancellation);

    /// <inheritdoc/>
    protected override Task WaitAsync(CancellationToken cancellation) => _signal.WaitAsync(Round, cancellation);
}
