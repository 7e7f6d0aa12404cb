using System.Reflection;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Tests.Building;

/// <summary>The real store as one that several processes share, which can be told to lose the answer to the commit of a batch.</summary>
public class LostAnswers : DispatchProxy, IReplicaStore
{
    private static readonly NodeChange Logged = new() { IsLogged = true };
    private INodeStore _store = null!;
    private long _made;

    /// <summary>Whether the next batch is committed, and nobody told.</summary>
    public bool LosesNext { get; set; }

    /// <inheritdoc/>
    public long Taken { get; private set; }

    /// <inheritdoc/>
    public StoreRows TakenRows { get; private set; }

    /// <inheritdoc/>
    public ValueTask<StoreNews> ReadNewsAsync(CancellationToken cancellation) => ValueTask.FromResult(new StoreNews(_made, [.. Enumerable.Repeat(Logged, (int)(_made - Taken))], true, TakenRows));

    /// <inheritdoc/>
    public void Take(StoreNews news) => (Taken, TakenRows) = (news.UpTo, news.Rows);

    /// <inheritdoc/>
    public ValueTask RequireOwnerAsync(ReadOnlyMemory<byte> mark, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<ReplicaStanding> BeatAsync(ReplicaBeat beat, TimeSpan life, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask LeaveAsync(CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Replica>> ReadReplicasAsync(CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IDisposable ActUnder(long term) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<IdentifierClaims> ClaimAsync(uint version, IReadOnlyCollection<UInt128> hashes, TimeSpan life, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreTopic> FollowOthersAsync(CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Wraps a store.</summary>
    internal static (INodeStore Store, LostAnswers Answers) Around(INodeStore store)
    {
        INodeStore wrapped = Create<INodeStore, LostAnswers>();
        LostAnswers answers = (LostAnswers)(object)wrapped;
        answers._store = store;
        return (wrapped, answers);
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == "get_Replicas") return this;
        object? result = targetMethod.Invoke(_store, args);
        return targetMethod.Name == nameof(INodeStore.ApplyAsync) && LosesNext ? new ValueTask(LoseAsync((ValueTask)result!)) : result;
    }

    private async Task LoseAsync(ValueTask commit)
    {
        await commit;
        LosesNext = false;
        _made++;
        throw new StoreUnavailableException("The database was lost while it committed.", new IOException("Connection reset by peer"));
    }
}
