using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>What the broker knows of a published record beside its entry. The contributor never leaves the broker but by Reveal.</summary>
public sealed record PublishedRecord
{
    /// <summary>The record's id.</summary>
    public required RecordId Id { get; init; }

    /// <summary>Index of its RecordPublished entry.</summary>
    public required ulong Index { get; init; }

    /// <summary>Its circle.</summary>
    public required CircleId Circle { get; init; }

    /// <summary>Its epoch.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Its public key.</summary>
    public required RecordKey RecordKey { get; init; }

    /// <summary>Last day on which it is live.</summary>
    public required UtcDay Expiry { get; init; }

    /// <summary>Who contributed it.</summary>
    public required MemberId Contributor { get; init; }

    /// <summary>Salt of the issuance commitment, 32 bytes.</summary>
    public required byte[] IssuanceSalt { get; init; }

    /// <summary>The contributor's signature, 64 bytes.</summary>
    public required byte[] MemberSignature { get; init; }

    /// <summary>Size of the tree of its receipt's checkpoint.</summary>
    public required ulong ReceiptSize { get; init; }

    /// <summary>Index of its withdrawal, or null.</summary>
    public ulong? WithdrawnAt { get; init; }
}
