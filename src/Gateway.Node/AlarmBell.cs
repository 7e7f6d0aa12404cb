using System.Collections.Concurrent;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Gateway.Node;

/// <summary>Raises alarms: into the store, where they stay, and into the log. The same alarm is raised once an hour at most.</summary>
public sealed class AlarmBell(INodeStore store, TimeProvider time, ILogger<AlarmBell> logger, NodeMetrics? metrics = null)
{
    private const int MostRemembered = 10_000;

    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(string Code, string Which), DateTimeOffset> _raised = new();

    /// <summary>Raises an alarm unless it was raised within the hour. A store that cannot take it now is no reason to stop: the log has it, and the next raise stores it with its evidence.</summary>
    public async Task RaiseOnceAsync(Refusal refusal, CancellationToken cancellation, byte[]? evidence = null)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset before = _raised.GetOrAdd((refusal.Code, refusal.Which), DateTimeOffset.MinValue);
        if (now - before < Quiet || !_raised.TryUpdate((refusal.Code, refusal.Which), now, before)) return;
        Forget(now);
        metrics?.Raised(refusal.Code);
        NodeEvents.AlarmRaised(logger, refusal.Code, refusal.What, refusal.Which);
        try
        {
            await store.AddAlarmAsync(new StoredAlarm(now, refusal.ToDetail().ToByteArray(), evidence ?? []), cancellation);
        }
        catch (Exception full) when (full is StoreUnavailableException or StoreCorruptException)
        {
            _raised.TryRemove((refusal.Code, refusal.Which), out _);
            NodeEvents.StoreUnavailable(logger, full.Message);
        }
    }

    /// <summary>Says that what an alarm was about is over: should it begin again, it is raised again at once.</summary>
    public void Settle(string code, string which)
    {
        if (_raised.TryRemove((code, which), out _)) NodeEvents.AlarmOver(logger, code, which);
    }

    /// <summary>Logs that work in the background failed because somebody or something is away; it is tried again, and nobody need do anything.</summary>
    public void NoteFailure(string work, Exception failure) => NodeEvents.WorkFailed(logger, work, failure is Grpc.Core.RpcException away ? away.ToRefusal("broker").What : failure.Message);

    /// <summary>Raises an alarm about work in the background that failed in a way nobody foresaw. The work goes on after a pause.</summary>
    public async Task RaiseFailureAsync(string work, Exception failure, CancellationToken cancellation)
    {
        string reference = Guid.NewGuid().ToString("n")[..8];
        NodeEvents.Unexpected(logger, failure, reference, work);
        Refusal refusal = failure is StoreCorruptException
            ? Refusal.DataLoss("STORE_CORRUPT", failure.Message, work, "Run `gateway log verify`, then restore the store or let the node fetch the log anew.")
            : new Refusal(Grpc.Core.StatusCode.Internal, "WORK_FAILED", $"The node's work of {work} failed with {failure.GetType().Name}; it is tried again. The node's log has more under {reference}.", work, "If it goes on, tell who runs this node.");
        await RaiseOnceAsync(refusal, cancellation);
    }

    // Whoever can cause alarms about ever new things must not fill the memory with them.
    private void Forget(DateTimeOffset now)
    {
        if (_raised.Count < MostRemembered) return;
        foreach (((string Code, string Which) alarm, DateTimeOffset raised) in _raised)
        {
            if (now - raised >= Quiet) _raised.TryRemove(alarm, out _);
        }
    }
}
