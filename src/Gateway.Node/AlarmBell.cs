using System.Collections.Concurrent;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Gateway.Node;

/// <summary>Raises alarms: into the store, where they stay, and into the log. The same alarm is raised once an hour at most.</summary>
public sealed class AlarmBell(INodeStore store, TimeProvider time, ILogger<AlarmBell> logger)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(string Code, string Which), DateTimeOffset> _raised = new();

    /// <summary>Raises an alarm unless it was raised within the hour. A store that cannot take it now is no reason to stop: the log has it.</summary>
    public async Task RaiseOnceAsync(Refusal refusal, CancellationToken cancellation, byte[]? evidence = null)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset before = _raised.GetOrAdd((refusal.Code, refusal.Which), DateTimeOffset.MinValue);
        if (now - before < Quiet || !_raised.TryUpdate((refusal.Code, refusal.Which), now, before)) return;
        NodeEvents.AlarmRaised(logger, refusal.Code, refusal.What, refusal.Which);
        try
        {
            await store.AddAlarmAsync(new StoredAlarm(now, refusal.ToDetail().ToByteArray(), evidence ?? []), cancellation);
        }
        catch (StoreUnavailableException full)
        {
            NodeEvents.StoreUnavailable(logger, full.Message);
        }
    }
}
