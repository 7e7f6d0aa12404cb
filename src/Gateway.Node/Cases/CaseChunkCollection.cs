using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>
/// Fetches the chunks that messages name. A message can name chunks that nobody ever sends: so many are asked for in a round and no more, each ever more rarely, and none for ever.
/// </summary>
public sealed class CaseChunkCollection(INodeStore store, CallInvoker broker, TimeProvider time)
{
    /// <summary>Chunks asked for in a round at most.</summary>
    public const int MostFetches = 128;

    /// <summary>How long after its message a chunk is still asked for: as long as the broker keeps a message, by its own setting unless that was changed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>How long after the case has closed: what was sent before the closing may still be on its way.</summary>
    public static readonly TimeSpan LifetimeOfClosed = TimeSpan.FromDays(1);

    // Rows without bytes are small; those with are told of soon.
    private const int Page = 128, MostPages = 32, MostUntold = 8, MostRemembered = 100_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly V1.CasesService.CasesServiceClient _broker = new(broker);
    private readonly Dictionary<long, (DateTimeOffset Again, TimeSpan Pause)> _missing = [];
    private long _after;

    /// <summary>One round. It goes on where the last one ended.</summary>
    /// <exception cref="RpcException">The broker is away. What was fetched so far is safe.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        int fetches = MostFetches;
        for (int pages = 0; pages < MostPages && fetches > 0; pages++)
        {
            IReadOnlyList<StoredCaseChunk> chunks = await store.Cases.ReadOpenChunksAsync(own: false, _after, Page, cancellation);
            if (chunks.Count == 0)
            {
                _after = 0;
                return;
            }

            List<StoredCaseChunk> safe = [];
            foreach (StoredCaseChunk chunk in chunks)
            {
                if (fetches == 0) break;
                if (chunk.Chunk is not null)
                {
                    safe.Add(chunk); // Fetched before the node stopped or the broker went: told once more.
                }
                else if (!_missing.TryGetValue(chunk.Id, out (DateTimeOffset Again, TimeSpan Pause) missed) || missed.Again <= time.GetUtcNow())
                {
                    fetches--;
                    if (await FetchAsync(chunk, cancellation) is { } bytes) safe.Add(await KeepAsync(chunk with { Chunk = bytes }, cancellation));
                    else await MissAsync(chunk, missed.Pause, cancellation);
                }

                _after = chunk.Id;
                if (safe.Count == MostUntold) await AcknowledgeAsync(safe, cancellation);
            }

            await AcknowledgeAsync(safe, cancellation);
        }
    }

    /// <summary>Twice a pause, within bounds.</summary>
    internal static TimeSpan Longer(TimeSpan pause, TimeSpan first, TimeSpan longest) => pause < first ? first : pause * 2 < longest ? pause * 2 : longest;

    private async Task<StoredCaseChunk> KeepAsync(StoredCaseChunk chunk, CancellationToken cancellation)
    {
        await store.Cases.KeepChunkAsync(chunk, cancellation);
        _missing.Remove(chunk.Id);
        return chunk;
    }

    // It is open until the broker has heard that it may delete it.
    private async Task AcknowledgeAsync(List<StoredCaseChunk> safe, CancellationToken cancellation)
    {
        if (safe.Count == 0) return;
        V1.AcknowledgeCaseMessagesRequest request = new() { ChunkHashes = { safe.Select(chunk => ByteString.CopyFrom(chunk.Hash)) } };
        await _broker.AcknowledgeCaseMessagesAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        foreach (StoredCaseChunk chunk in safe) await store.Cases.FinishChunkAsync(chunk, cancellation);
        safe.Clear();
    }

    // Its sender may still be sending it; not for ever.
    private async Task MissAsync(StoredCaseChunk chunk, TimeSpan pause, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        StoredCaseMessage? message = await store.Cases.FindMessageAsync(chunk.Message, cancellation);
        StoredCase? row = message is null ? null : await store.Cases.FindCaseAsync(message.CaseId, cancellation);
        if (row is null || message!.At + Lifetime <= now || (row.Closing != 0 && row.ChangedAt + LifetimeOfClosed <= now))
        {
            await store.Cases.FinishChunkAsync(chunk, cancellation);
            _missing.Remove(chunk.Id);
            return;
        }

        if (_missing.Count >= MostRemembered) _missing.Clear();
        TimeSpan next = Longer(pause, FirstPause, LongestPause);
        _missing[chunk.Id] = (now + next, next);
    }

    // Null where it is not there.
    private async Task<byte[]?> FetchAsync(StoredCaseChunk chunk, CancellationToken cancellation)
    {
        try
        {
            V1.GetCaseChunkResponse response = await _broker.GetCaseChunkAsync(new V1.GetCaseChunkRequest { ChunkHash = ByteString.CopyFrom(chunk.Hash) }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            byte[] bytes = response.Chunk.ToByteArray();
            return CaseFormat.HashOf(bytes).AsSpan().SequenceEqual(chunk.Hash) ? bytes : null;
        }
        catch (RpcException missing) when (missing.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }
}
