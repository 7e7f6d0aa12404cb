namespace Gateway.Storage.Node;

/// <summary>Whom a record met.</summary>
public enum AlertSubject
{
    /// <summary>A registered seller.</summary>
    Seller = 1,

    /// <summary>A shipment screened before.</summary>
    Shipment = 2,
}

/// <summary>A hit that nobody has looked at yet.</summary>
/// <param name="Id">Number given by the store, ascending.</param>
/// <param name="Hash">The identifier's local hash.</param>
/// <param name="Record">The record's number.</param>
public readonly record struct OpenMeeting(long Id, UInt128 Hash, int Record);

/// <summary>A record meets a registered seller or a shipment screened before. One for each pair.</summary>
public sealed record StoredAlert
{
    /// <summary>Number given by the store; 0 before.</summary>
    public long Id { get; init; }

    /// <summary>What was met.</summary>
    public required AlertSubject Kind { get; init; }

    /// <summary>Keyed digest of the seller's reference or the shipment's number, 32 bytes.</summary>
    public required byte[] Subject { get; init; }

    /// <summary>The record's number.</summary>
    public required int Record { get; init; }

    /// <summary>Thousandths of a bit: a second alert of the pair replaces the first where it weighs more.</summary>
    public required long Weight { get; init; }

    /// <summary>When it was raised first.</summary>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>Which seller or shipment and which record, sealed under the node's cache key.</summary>
    public required byte[] About { get; init; }

    /// <summary>The explanation, sealed likewise; null once the record has ended.</summary>
    public byte[]? Opened { get; init; }

    /// <summary>As what the record ended: withdrawn, expired or quarantined; null while it stands.</summary>
    public NodeRecordState? Ended { get; init; }

    /// <summary>Who took note of it, when and how, sealed likewise; null before.</summary>
    public byte[]? Acknowledged { get; init; }

    /// <summary>Given by the store at every change, rising over all alerts.</summary>
    public long Change { get; init; }
}
