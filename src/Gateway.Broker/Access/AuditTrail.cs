using System.Collections.Concurrent;
using Gateway.Storage;
using Gateway.Storage.Audit;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Access;

/// <summary>
/// Keeps every action of an operator, done or refused, before it is answered, and refused calls of others. Of these one peer gets so many entries an hour; what goes beyond is counted and kept as one entry,
/// so that nobody fills the store with refusals.
/// </summary>
public sealed class AuditTrail(IAuditStore store, TimeProvider time, ILogger log)
{
    /// <summary>Entries that one peer's refusals may make in an hour.</summary>
    public const int RefusalsPerHour = 60;

    /// <summary>Outcome of an operator's action whose call broke off: it may have been done.</summary>
    public const string Interrupted = "INTERRUPTED";

    private const int MostPeers = 10_000;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Allowance> _refused = new();

    /// <summary>Keeps an operator's action. Fails with the store, so that nothing an operator does goes unnoted.</summary>
    public async ValueTask NoteOperatorAsync(string name, string action, string subject, string outcome) =>
        await store.AppendAsync([new AuditEvent(time.GetUtcNow(), $"operator {name}", action, subject, outcome)], CancellationToken.None).ConfigureAwait(false);

    /// <summary>Keeps a refused call of a member or a stranger, within the peer's allowance.</summary>
    public async ValueTask NoteRefusalAsync(string actor, string action, string subject, string code)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_refused.Count > MostPeers) Forget(now);
        string key = _refused.Count > MostPeers && !_refused.ContainsKey(actor) ? "others" : actor;
        List<AuditEvent> due = _refused.GetOrAdd(key, _ => new Allowance()).Take(new AuditEvent(now, key, action, subject, code));
        if (due.Count == 0) return;
        try
        {
            await store.AppendAsync(due, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreUnavailableException error)
        {
            // The call is refused all the same, and says why.
            Log.AuditNotWritten(log, error);
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach ((string actor, Allowance allowance) in _refused)
        {
            if (allowance.IsOver(now)) _refused.TryRemove(actor, out _);
        }
    }

    private sealed class Allowance
    {
        private readonly Lock _lock = new();
        private DateTimeOffset _since = DateTimeOffset.MinValue;
        private int _taken;
        private ulong _left;

        public List<AuditEvent> Take(AuditEvent refused)
        {
            lock (_lock)
            {
                List<AuditEvent> due = [];
                if (refused.At - _since >= Hour)
                {
                    if (_left > 0) due.Add(refused with { Action = "further calls", Subject = "", Outcome = "REFUSED", Count = _left });
                    (_since, _taken, _left) = (refused.At, 0, 0);
                }

                if (_taken++ < RefusalsPerHour) due.Add(refused);
                else _left++;
                return due;
            }
        }

        public bool IsOver(DateTimeOffset now)
        {
            lock (_lock) return _left == 0 && now - _since >= Hour;
        }
    }
}
