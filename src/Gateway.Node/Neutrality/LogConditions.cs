using Gateway.Protocol.Errors;

namespace Gateway.Node.Neutrality;

/// <summary>What is wrong with the log now. Each raises an alarm when it begins; when it is over it is gone from here, and the alarm and its evidence stay in the store.</summary>
public sealed class LogConditions(AlarmBell alarms, TimeProvider time)
{
    /// <summary>The log key signed two histories.</summary>
    public const string Forked = "LOG_FORKED";

    /// <summary>The broker shows a shorter log than it did.</summary>
    public const string RolledBack = "LOG_ROLLED_BACK";

    /// <summary>The log has not gone on for too long.</summary>
    public const string Stale = "LOG_STALE";

    /// <summary>Too few other members cosign what this node has verified.</summary>
    public const string QuorumMissing = "QUORUM_MISSING";

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Code, string Which), (Refusal Refusal, DateTimeOffset Since)> _now = [];

    /// <summary>What is wrong now, oldest first.</summary>
    public IReadOnlyList<(Refusal Refusal, DateTimeOffset Since)> Now
    {
        get
        {
            lock (_lock) return [.. _now.Values.OrderBy(condition => condition.Since)];
        }
    }

    /// <summary>Whether something of a code is wrong now.</summary>
    public bool Has(string code)
    {
        lock (_lock) return _now.Keys.Any(key => key.Code == code);
    }

    /// <summary>Says that something is wrong: raises the alarm, again after an hour for as long as it is said.</summary>
    public async Task RaiseAsync(Refusal refusal, CancellationToken cancellation, byte[]? evidence = null)
    {
        lock (_lock)
        {
            DateTimeOffset since = _now.TryGetValue((refusal.Code, refusal.Which), out (Refusal Refusal, DateTimeOffset Since) before) ? before.Since : time.GetUtcNow();
            _now[(refusal.Code, refusal.Which)] = (refusal, since);
        }

        await alarms.RaiseOnceAsync(refusal, cancellation, evidence);
    }

    /// <summary>Says that it is over.</summary>
    /// <param name="code">Which condition.</param>
    /// <param name="which">Of which thing; null for all of this code.</param>
    public void Clear(string code, string? which = null)
    {
        (string Code, string Which)[] over;
        lock (_lock)
        {
            over = [.. _now.Keys.Where(key => key.Code == code && (which is null || key.Which == which))];
            foreach ((string Code, string Which) key in over) _now.Remove(key);
        }

        foreach ((string Code, string Which) key in over) alarms.Settle(key.Code, key.Which);
    }
}
