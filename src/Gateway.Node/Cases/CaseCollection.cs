using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>Takes what waits at the broker: messages, then the chunks of their attachments. The broker is told that it may delete them only when they are safe here.</summary>
public sealed class CaseCollection(INodeStore store, CaseReceiver receiver, CallInvoker broker, Func<NodeView> view, AlarmBell alarms, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly V1.CasesService.CasesServiceClient _broker = new(broker);
    private readonly CaseChunkCollection _chunks = new(store, broker, time);
    private ulong _after;

    // Of those that could not be judged yet the lowest, and the size of the log when the first of them was looked at.
    private (ulong Lowest, ulong Size)? _deferred;
    private DateTimeOffset _lookAgain;
    private TimeSpan _pause;

    /// <summary>Takes everything that is there.</summary>
    /// <exception cref="RpcException">The broker is away. What was taken so far is safe.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Rewind();
        bool deferred = false;
        while (await _broker.FetchCaseMessagesAsync(new V1.FetchCaseMessagesRequest { After = _after }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation) is { Messages.Count: > 0 } page)
        {
            V1.AcknowledgeCaseMessagesRequest safe = new();
            foreach (V1.WaitingCaseMessage message in page.Messages)
            {
                ulong known = view().Size; // Before it is judged: what the log brings meanwhile is looked at again.
                if (await TakeAsync(message, cancellation) == CaseArrival.Deferred)
                {
                    deferred = true;
                    _deferred = _deferred is { } before ? (Math.Min(before.Lowest, message.Number), Math.Min(before.Size, known)) : (message.Number, known);
                }
                else
                {
                    safe.MessageHashes.Add(ByteString.CopyFrom(CaseFormat.HashOf(message.Sealed.Span)));
                }
            }

            if (safe.MessageHashes.Count > 0) await _broker.AcknowledgeCaseMessagesAsync(safe, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            _after = Math.Max(_after, page.Messages[^1].Number);
        }

        if (deferred) (_lookAgain, _pause) = (time.GetUtcNow() + _pause, CaseChunkCollection.Longer(_pause, FirstPause, LongestPause));
        else if (_deferred is null) _pause = TimeSpan.Zero;
        await _chunks.RunAsync(cancellation);
    }

    // Only to the first one that was deferred, and ever more rarely while they stay so: whoever can send what nobody can judge must not have it fetched with every entry of the log. Those between were acknowledged and do not come again.
    private void Rewind()
    {
        if (_deferred is not { } deferred || time.GetUtcNow() < _lookAgain || (view().Size <= deferred.Size && time.GetUtcNow() < _lookAgain + LongestPause)) return;
        _after = Math.Min(_after, deferred.Lowest == 0 ? 0 : deferred.Lowest - 1);
        _deferred = null;
    }

    // One that cannot be handled keeps no other back; it is looked at again when the log has gone on.
    private async Task<CaseArrival> TakeAsync(V1.WaitingCaseMessage message, CancellationToken cancellation)
    {
        try
        {
            return await receiver.TakeAsync(message, cancellation);
        }
        catch (Exception fault) when (fault is not (StoreUnavailableException or OperationCanceledException))
        {
            await alarms.RaiseFailureAsync("taking a message of a case", fault, cancellation);
            return CaseArrival.Deferred;
        }
    }
}
