using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>Sealed messages of cases on their way between members. The promises are those of <see cref="IBrokerStore"/>.</summary>
public interface ICaseRelayStore
{
    /// <summary>A thread, or null.</summary>
    ValueTask<CaseThread?> FindThreadAsync(ThreadId thread, CancellationToken cancellation);

    /// <summary>
    /// Keeps a message, and its thread as used at a moment, in one transaction. The same bytes of the same sender again keep nothing and give the row that is there.
    /// </summary>
    /// <param name="thread">The thread; where there is one of its id already, only its use is noted.</param>
    /// <param name="message">The message.</param>
    /// <param name="usedAt">Now.</param>
    /// <param name="mostBytes">What the sender may have waiting, this message included.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The row that is there; null where the sender has too much waiting: nothing was kept.</returns>
    ValueTask<RelayedMessage?> AddMessageAsync(CaseThread thread, RelayedMessage message, DateTimeOffset usedAt, long mostBytes, CancellationToken cancellation);

    /// <summary>The row of a message that a member has sent, or null.</summary>
    ValueTask<RelayedMessage?> FindSentAsync(MemberId sender, ReadOnlyMemory<byte> hash, CancellationToken cancellation);

    /// <summary>Messages that wait for a member, oldest first: as many as fit into so many bytes, and at least one where one waits.</summary>
    ValueTask<IReadOnlyList<RelayedMessage>> ReadWaitingAsync(MemberId recipient, long afterNumber, int mostBytes, CancellationToken cancellation);

    /// <summary>A chunk that waits for a member, or null.</summary>
    ValueTask<byte[]?> FindChunkAsync(MemberId recipient, ReadOnlyMemory<byte> hash, CancellationToken cancellation);

    /// <summary>Keeps a chunk. The same again keeps nothing.</summary>
    /// <returns>False where the sender has too much waiting: nothing was kept.</returns>
    ValueTask<bool> AddChunkAsync(RelayedChunk chunk, long mostBytes, CancellationToken cancellation);

    /// <summary>Deletes the bytes of messages and chunks that a member has safe. What is not its own, or not there, is left.</summary>
    ValueTask AcknowledgeAsync(MemberId recipient, IReadOnlyCollection<ReadOnlyMemory<byte>> messages, IReadOnlyCollection<ReadOnlyMemory<byte>> chunks, CancellationToken cancellation);

    /// <summary>Deletes what has expired, and threads that nobody has used since. That a message was acknowledged stays known until it would have expired by <paramref name="unusedSince"/>: its sender may be away for long.</summary>
    /// <returns>How many messages went undelivered.</returns>
    ValueTask<int> ExpireAsync(DateTimeOffset now, DateTimeOffset unusedSince, CancellationToken cancellation);
}

/// <summary>Who writes to whom.</summary>
/// <param name="Thread">Its id.</param>
/// <param name="Opener">Who opened it.</param>
/// <param name="Other">The other end.</param>
/// <param name="Record">The record it asks about; null in a referral.</param>
public sealed record CaseThread(ThreadId Thread, MemberId Opener, MemberId Other, RecordId? Record);

/// <summary>A sealed message on its way.</summary>
public sealed record RelayedMessage
{
    /// <summary>Given by the store, ascending; 0 before.</summary>
    public long Number { get; init; }

    /// <summary>SHA-256 of the sealed bytes, 32 bytes.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>Who sent it.</summary>
    public required MemberId Sender { get; init; }

    /// <summary>Whom it is for.</summary>
    public required MemberId Recipient { get; init; }

    /// <summary>Its thread.</summary>
    public required ThreadId Thread { get; init; }

    /// <summary>The record that it asks about; null where it is no question.</summary>
    public RecordId? Record { get; init; }

    /// <summary>The sealed bytes; null once the recipient has them safe.</summary>
    public byte[]? Sealed { get; init; }

    /// <summary>When it is deleted in any case.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>A sealed chunk of an attachment on its way.</summary>
/// <param name="Hash">SHA-256 of the chunk, 32 bytes.</param>
/// <param name="Sender">Who sent it.</param>
/// <param name="Recipient">Whom it is for.</param>
/// <param name="Chunk">Its bytes.</param>
/// <param name="ExpiresAt">When it is deleted in any case.</param>
public sealed record RelayedChunk(byte[] Hash, MemberId Sender, MemberId Recipient, byte[] Chunk, DateTimeOffset ExpiresAt);
