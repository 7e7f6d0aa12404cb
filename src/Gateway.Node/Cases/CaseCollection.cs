using Gateway.Node.Feed;
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
    private const int ChunkPage = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly V1.CasesService.CasesServiceClient _broker = new(broker);
    private ulong _after;
    private ulong? _deferredAt;

    /// <summary>Takes everything that is there.</summary>
    /// <exception cref="RpcException">The broker is away. What was taken so far is safe.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (_deferredAt is { } size && view().Size > size) (_after, _deferredAt) = (0, null);
        while (await _broker.FetchCaseMessagesAsync(new V1.FetchCaseMessagesRequest { After = _after }, deadline: Deadline(), cancellationToken: cancellation) is { Messages.Count: > 0 } page)
        {
            V1.AcknowledgeCaseMessagesRequest safe = new();
            foreach (V1.WaitingCaseMessage message in page.Messages)
            {
                ulong known = view().Size; // Before it is judged: what the log brings meanwhile is looked at again.
                if (await TakeAsync(message, cancellation) == CaseArrival.Deferred) _deferredAt = Math.Min(_deferredAt ?? known, known);
                else safe.MessageHashes.Add(ByteString.CopyFrom(CaseFormat.HashOf(message.Sealed.Span)));
            }

            if (safe.MessageHashes.Count > 0) await _broker.AcknowledgeCaseMessagesAsync(safe, deadline: Deadline(), cancellationToken: cancellation);
            _after = Math.Max(_after, page.Messages[^1].Number);
        }

        await FetchChunksAsync(cancellation);
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

    private async Task FetchChunksAsync(CancellationToken cancellation)
    {
        long after = 0;
        while (await store.Cases.ReadOpenChunksAsync(own: false, after, ChunkPage, cancellation) is { Count: > 0 } chunks)
        {
            V1.AcknowledgeCaseMessagesRequest safe = new();
            foreach (StoredCaseChunk chunk in chunks)
            {
                after = chunk.Id;
                if (await FetchAsync(chunk, cancellation) is not { } bytes) continue;
                await store.Cases.FinishChunkAsync(chunk with { Chunk = bytes }, cancellation);
                safe.ChunkHashes.Add(ByteString.CopyFrom(chunk.Hash));
            }

            if (safe.ChunkHashes.Count > 0) await _broker.AcknowledgeCaseMessagesAsync(safe, deadline: Deadline(), cancellationToken: cancellation);
        }
    }

    // Null where it is not there yet: its sender may still be sending.
    private async Task<byte[]?> FetchAsync(StoredCaseChunk chunk, CancellationToken cancellation)
    {
        try
        {
            V1.GetCaseChunkResponse response = await _broker.GetCaseChunkAsync(new V1.GetCaseChunkRequest { ChunkHash = ByteString.CopyFrom(chunk.Hash) }, deadline: Deadline(), cancellationToken: cancellation);
            byte[] bytes = response.Chunk.ToByteArray();
            return CaseFormat.HashOf(bytes).AsSpan().SequenceEqual(chunk.Hash) ? bytes : null;
        }
        catch (RpcException missing) when (missing.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private DateTime Deadline() => time.GetUtcNow().UtcDateTime + Patience;
}
