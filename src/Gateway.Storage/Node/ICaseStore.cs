using Gateway.Protocol;
using Gateway.Storage.Audit;

namespace Gateway.Storage.Node;

/// <summary>
/// The cases of a member. The promises are those of <see cref="INodeStore"/>. What was written arrives sealed. Events that come with a write stand in the audit chain if, and only if, the write has happened.
/// </summary>
public interface ICaseStore
{
    /// <summary>Adds a message of one's own, with its case where that has no number yet, and its chunks; the case's closing is taken over where it is open.</summary>
    /// <returns>The case and the message as they are now there.</returns>
    /// <exception cref="InvalidOperationException">The message's counter does not follow the case's last one.</exception>
    ValueTask<(StoredCase Case, StoredCaseMessage Message)> AddOwnAsync(StoredCase opened, StoredCaseMessage message, IReadOnlyCollection<StoredCaseChunk> chunks, IReadOnlyList<AuditEvent> events, CancellationToken cancellation);

    /// <summary>Adds a message that came, likewise.</summary>
    /// <returns>False where a message of this hash has come before: nothing was written.</returns>
    ValueTask<bool> AddReceivedAsync(StoredCase opened, StoredCaseMessage message, IReadOnlyCollection<StoredCaseChunk> chunks, IReadOnlyList<AuditEvent> events, CancellationToken cancellation);

    /// <summary>Whether a message of this hash has come before.</summary>
    ValueTask<bool> HasSeenAsync(ReadOnlyMemory<byte> hash, CancellationToken cancellation);

    /// <summary>A case, or null.</summary>
    ValueTask<StoredCase?> FindCaseAsync(long id, CancellationToken cancellation);

    /// <summary>The case of a thread, or null.</summary>
    ValueTask<StoredCase?> FindCaseAsync(ThreadId thread, CancellationToken cancellation);

    /// <summary>Cases in the order of their changes.</summary>
    IAsyncEnumerable<StoredCase> ReadCasesAsync(long afterChange, CancellationToken cancellation);

    /// <summary>How many messages of a case stand how.</summary>
    ValueTask<IReadOnlyDictionary<CaseMessageStatus, long>> CountMessagesAsync(long caseId, CancellationToken cancellation);

    /// <summary>How many messages of open and closed cases stand how.</summary>
    ValueTask<IReadOnlyDictionary<CaseMessageStatus, long>> CountMessagesAsync(CancellationToken cancellation);

    /// <summary>The messages of a case in the order in which they were written or came here, without what is to be sent.</summary>
    IAsyncEnumerable<StoredCaseMessage> ReadMessagesAsync(long caseId, CancellationToken cancellation);

    /// <summary>A message, or null.</summary>
    ValueTask<StoredCaseMessage?> FindMessageAsync(long id, CancellationToken cancellation);

    /// <summary>Messages that stand so, oldest first.</summary>
    ValueTask<IReadOnlyList<StoredCaseMessage>> ReadMessagesAsync(CaseMessageStatus state, long afterId, int most, CancellationToken cancellation);

    /// <summary>Says how one's own message stands now; what was to be sent is deleted unless it is still queued.</summary>
    ValueTask SetStateAsync(long id, CaseMessageStatus state, byte[]? refusal, IReadOnlyList<AuditEvent> events, CancellationToken cancellation);

    /// <summary>Everything that came in a case up to a message was read.</summary>
    ValueTask MarkReadAsync(long caseId, long upToMessage, CancellationToken cancellation);

    /// <summary>Closes a case, unless it is closed.</summary>
    ValueTask CloseAsync(long caseId, int closing, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Deletes a case with its messages and chunks. That its messages came stays known.</summary>
    ValueTask DeleteCaseAsync(long caseId, CancellationToken cancellation);

    /// <summary>Chunks that are to be sent (one's own) or fetched, oldest first; with their bytes where they are here.</summary>
    ValueTask<IReadOnlyList<StoredCaseChunk>> ReadOpenChunksAsync(bool own, long afterId, int most, CancellationToken cancellation);

    /// <summary>The bytes of a chunk are here; it stays open until it is finished.</summary>
    ValueTask KeepChunkAsync(StoredCaseChunk chunk, CancellationToken cancellation);

    /// <summary>How many chunks of a case are to be fetched.</summary>
    ValueTask<int> CountOpenChunksAsync(long caseId, CancellationToken cancellation);

    /// <summary>A chunk has gone, or is here with its bytes; or without, where it is looked for no more.</summary>
    ValueTask FinishChunkAsync(StoredCaseChunk chunk, CancellationToken cancellation);

    /// <summary>How many chunks each attachment of a message has, and how many of them are done and here.</summary>
    ValueTask<IReadOnlyDictionary<int, (int Chunks, int Done)>> CountChunksAsync(long message, CancellationToken cancellation);

    /// <summary>A chunk by its place, or null.</summary>
    ValueTask<StoredCaseChunk?> FindChunkAsync(long message, int attachment, int position, CancellationToken cancellation);
}
