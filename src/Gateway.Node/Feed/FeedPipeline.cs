using Gateway.Node.Circles;

namespace Gateway.Node.Feed;

/// <summary>Applies batches one after the other, and checks each for itself while the one before it is applied: to write them keeps one core busy, to check them the others.</summary>
/// <param name="keyring">The keys known by now.</param>
/// <param name="apply">Applies a batch.</param>
/// <param name="stopping">Ends the checking.</param>
internal sealed class FeedPipeline(Func<CircleKeyring> keyring, Func<FeedBatch, Task> apply, CancellationToken stopping)
{
    /// <summary>Ends when the newest batch is applied, and fails as it does.</summary>
    public Task Underway { get; private set; } = Task.CompletedTask;

    /// <summary>Takes a batch, and returns once it is being applied: the one before it is by then. One caller.</summary>
    public async Task AddAsync(FeedBatch batch)
    {
        if (!Underway.IsCompleted) await Task.Run(() => batch.Check(keyring(), stopping), stopping);
        await Underway;
        Underway = Task.Run(() => apply(batch), CancellationToken.None);
    }
}
