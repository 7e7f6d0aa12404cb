using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Storage.Node;

namespace Gateway.Node.Feed;

/// <summary>What a verified batch does to this node's records.</summary>
internal sealed class BatchOutcome
{
    private readonly Dictionary<int, NodeRecordState> _ends = [];
    private readonly Dictionary<int, ulong> _endedAt = [];

    /// <summary>The records it brings, as they are stored.</summary>
    public NodeRecord[] Records { get; set; } = [];

    /// <summary>The records held before that it ends, and as what.</summary>
    public List<(NodeRecord Record, NodeRecordState State)> Ended { get; } = [];

    /// <summary>Their numbers and tags.</summary>
    public (int Number, byte[] Tags)[] EndedTags => [.. Ended.Select(ended => (ended.Record.Number, ended.Record.Tags))];

    /// <summary>How disputes stand after it, by record: those that it changes.</summary>
    public Dictionary<RecordId, DisputeState> Disputes { get; } = [];

    /// <summary>All records it withdraws, its own included.</summary>
    public List<RecordId> Withdrawn { get; } = [];

    /// <summary>Where each record that it ends has ended, by number: index of the withdrawal, or of the Day.</summary>
    public IReadOnlyDictionary<int, ulong> EndedAt => _endedAt;

    /// <summary>Withdrawn records and those that take their place.</summary>
    public List<(RecordId Record, RecordId Replacement)> Replacements { get; } = [];

    /// <summary>What it raises.</summary>
    public List<Refusal> Alarms { get; } = [];

    /// <summary>As what a record ends; null when it does not.</summary>
    public NodeRecordState? EndOf(int number) => _ends.TryGetValue(number, out NodeRecordState state) ? state : null;

    /// <summary>Ends a record, unless it has ended already.</summary>
    public void End(NodeRecord record, NodeRecordState state, ulong? at = null)
    {
        if (!_ends.TryAdd(record.Number, state)) return;
        if (at is { } index) _endedAt.Add(record.Number, index);
        Ended.Add((record, state));
        if (state == NodeRecordState.Withdrawn) Withdrawn.Add(record.Id);
    }
}

internal static class FirstWins
{
    /// <summary>A dictionary that keeps the first of several values with one key.</summary>
    public static Dictionary<TKey, TValue> ToDictionaryOfFirst<TKey, TValue>(this IEnumerable<TValue> values, Func<TValue, TKey> key)
        where TKey : notnull
    {
        Dictionary<TKey, TValue> first = [];
        foreach (TValue value in values) first.TryAdd(key(value), value);
        return first;
    }
}
