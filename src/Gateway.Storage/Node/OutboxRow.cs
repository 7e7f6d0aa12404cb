using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>A contribution of the member's own.</summary>
public sealed record OutboxRow
{
    /// <summary>Number given by the store; 0 before.</summary>
    public long Id { get; init; }

    /// <summary>Circle it goes to.</summary>
    public required CircleId Circle { get; init; }

    /// <summary>The member's own reference.</summary>
    public required string Reference { get; init; }

    /// <summary>Keyed digest of the contribution: tells a repetition from a change. 32 bytes.</summary>
    public required byte[] ContentHash { get; init; }

    /// <summary>How far it has come.</summary>
    public required OutboxState State { get; init; }

    /// <summary>The contribution, sealed under the node's cache key; null once closed.</summary>
    public byte[]? Draft { get; init; }

    /// <summary>rec_salt, 32 bytes, once sealed: re-derives the record's keys.</summary>
    public byte[]? RecordSalt { get; init; }

    /// <summary>Id of the record, once sealed.</summary>
    public RecordId? RecordId { get; init; }

    /// <summary>The Submission as sent, from sealed to closed.</summary>
    public byte[]? Submission { get; init; }

    /// <summary>The Receipt, once acknowledged; kept until expiry.</summary>
    public byte[]? Receipt { get; init; }

    /// <summary>The broker's or the node's ErrorDetail, when refused.</summary>
    public byte[]? Refusal { get; init; }

    /// <summary>When it was put here.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}
