using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>A case at a node.</summary>
public sealed record StoredCase
{
    /// <summary>Number given by the store; 0 before.</summary>
    public long Id { get; init; }

    /// <summary>Its thread.</summary>
    public required ThreadId Thread { get; init; }

    /// <summary>What the member is in it: a CaseRole.</summary>
    public required int Role { get; init; }

    /// <summary>The record it is about.</summary>
    public required RecordId Record { get; init; }

    /// <summary>Why it is closed: a CaseClosing; 0 while it is open.</summary>
    public int Closing { get; init; }

    /// <summary>What else the node keeps of it, sealed.</summary>
    public required byte[] Sealed { get; init; }

    /// <summary>Counter of the last message of one's own; 0 before any.</summary>
    public uint LastCounter { get; init; }

    /// <summary>When it was opened here.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When something was written, came, or closed it.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Given by the store at every change, rising over all cases.</summary>
    public long Change { get; init; }
}

/// <summary>How a message of a case stands. The numbers are stored, and those of CaseMessageState.</summary>
public enum CaseMessageStatus
{
    /// <summary>The broker has not taken it yet.</summary>
    Queued = 1,

    /// <summary>It waits at the broker.</summary>
    Waiting = 2,

    /// <summary>The other end has it.</summary>
    Delivered = 3,

    /// <summary>The broker refused it, or a part of an attachment.</summary>
    Refused = 4,

    /// <summary>Nobody fetched it in time.</summary>
    Expired = 5,

    /// <summary>It came, and nobody has read it.</summary>
    Unread = 6,

    /// <summary>It came, and was read.</summary>
    Read = 7,
}

/// <summary>A message of a case at a node.</summary>
public sealed record StoredCaseMessage
{
    /// <summary>Number given by the store; 0 before.</summary>
    public long Id { get; init; }

    /// <summary>Its case.</summary>
    public long CaseId { get; init; }

    /// <summary>Whether this member wrote it.</summary>
    public required bool Own { get; init; }

    /// <summary>The sender's count.</summary>
    public required uint Counter { get; init; }

    /// <summary>How it stands.</summary>
    public required CaseMessageStatus State { get; init; }

    /// <summary>SHA-256 of the sealed bytes that travel, 32 bytes.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>What it says, sealed by the node.</summary>
    public required byte[] Sealed { get; init; }

    /// <summary>The sealed bytes that are to travel, while it is queued; not read where lists are.</summary>
    public byte[]? Outgoing { get; init; }

    /// <summary>The ErrorDetail of the broker; also of one that it could not take so far.</summary>
    public byte[]? Refusal { get; init; }

    /// <summary>When it was written or came here.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>A chunk of an attachment at a node: ciphertext under the attachment's key.</summary>
public sealed record StoredCaseChunk
{
    /// <summary>Number given by the store; 0 before.</summary>
    public long Id { get; init; }

    /// <summary>Its message.</summary>
    public long Message { get; init; }

    /// <summary>Which attachment of the message, 0-based.</summary>
    public required int Attachment { get; init; }

    /// <summary>Its position in the attachment, 0-based.</summary>
    public required int Position { get; init; }

    /// <summary>Whether it is this member's own.</summary>
    public required bool Own { get; init; }

    /// <summary>SHA-256 of the chunk, 32 bytes.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>Its bytes; null where they are not here yet.</summary>
    public byte[]? Chunk { get; init; }

    /// <summary>Whether it has gone (one's own) or is here.</summary>
    public bool Done { get; init; }
}
