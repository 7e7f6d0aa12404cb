using System.Collections.Immutable;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Administration;

/// <summary>Who operates the broker now. Asked at every call of an operator, so that one who is removed is refused at once, whatever certificate he holds.</summary>
public sealed class OperatorRoster
{
    private ImmutableHashSet<string> _active;
    private ImmutableHashSet<string> _known;
    private ImmutableHashSet<string> _removed = [];

    private OperatorRoster(IEnumerable<StoredOperator> operators)
    {
        _known = [.. operators.Select(one => one.Name)];
        _active = [.. operators.Where(one => one.RemovedAt is null).Select(one => one.Name)];
    }

    /// <summary>Reads the roster from the store.</summary>
    public static async ValueTask<OperatorRoster> LoadAsync(IBrokerStore store, CancellationToken cancellation) =>
        new(await store.Changes.ReadOperatorsAsync(cancellation).ConfigureAwait(false));

    /// <summary>Takes up what other brokers on the same store have decided about operators.</summary>
    public async ValueTask FollowAsync(IBrokerStore store, CancellationToken cancellation)
    {
        OperatorRoster stored = await LoadAsync(store, cancellation).ConfigureAwait(false);
        ImmutableInterlocked.Update(ref _known, known => known.Union(stored._known));

        // Who was removed here while the store was read does not come back: a name is given once.
        ImmutableInterlocked.Update(ref _active, _ => stored._active.Except(_removed));
    }

    /// <summary>How many there are.</summary>
    public int Count => _active.Count;

    /// <summary>Whether somebody is an operator now.</summary>
    public bool Has(string name) => _active.Contains(name);

    /// <summary>Whether the name is, or was, an operator's.</summary>
    public bool HasEverHad(string name) => _known.Contains(name);

    internal void Admit(string name)
    {
        ImmutableInterlocked.Update(ref _known, known => known.Add(name));
        ImmutableInterlocked.Update(ref _active, active => active.Add(name));
    }

    internal void Remove(string name)
    {
        ImmutableInterlocked.Update(ref _removed, removed => removed.Add(name));
        ImmutableInterlocked.Update(ref _active, active => active.Remove(name));
    }
}
