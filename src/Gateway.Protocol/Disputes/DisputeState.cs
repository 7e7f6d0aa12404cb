using Gateway.Protocol.V1;

namespace Gateway.Protocol.Disputes;

/// <summary>
/// How the dispute about one record stands: what broker and nodes derive alike from the entries about it. Immutable. The entries may be read in any order, as a second reading of the log brings
/// them: the newest dispute counts, and of decisions about one dispute the first.
/// </summary>
public sealed record DisputeState(RecordId Record, CircleId Circle, uint Epoch)
{
    /// <summary>Leaf of the newest RecordDisputed; null while only a decision has been read.</summary>
    public ulong? DisputedAt { get; init; }

    /// <summary>What it says.</summary>
    public DisputeGround Ground { get; init; }

    /// <summary>Last day for its decision.</summary>
    public UtcDay Deadline { get; init; }

    /// <summary>The dispute that the newest decision decides, by its leaf.</summary>
    public ulong? DecidedOf { get; init; }

    /// <summary>Leaf of that decision.</summary>
    public ulong? DecidedAt { get; init; }

    /// <summary>The decision.</summary>
    public DisputeDecision Decision { get; init; }

    /// <summary>Why.</summary>
    public DisputeReason Reason { get; init; }

    /// <summary>Whether somebody has objected and nobody has decided.</summary>
    public bool IsOpen => DisputedAt is { } at && (DecidedOf is not { } decided || decided < at);

    /// <summary>Whether the newest dispute was decided in the objector's favour. A decision of a dispute that nobody has read decides nothing.</summary>
    public bool IsUpheld => DisputedAt is { } at && DecidedOf == at && Decision == DisputeDecision.Upheld;

    /// <summary>The state after a dispute at a leaf.</summary>
    public DisputeState After(ulong index, RecordDisputed disputed)
    {
        ArgumentNullException.ThrowIfNull(disputed);
        return DisputedAt >= index ? this : this with { DisputedAt = index, Ground = disputed.Ground, Deadline = new UtcDay(disputed.DeadlineDay) };
    }

    /// <summary>The state after a decision at a leaf.</summary>
    public DisputeState After(ulong index, RecordDisputeResolved resolved)
    {
        ArgumentNullException.ThrowIfNull(resolved);
        bool isNewer = DecidedOf is not { } known || resolved.DisputedAt > known || (resolved.DisputedAt == known && index < DecidedAt);
        return isNewer ? this with { DecidedOf = resolved.DisputedAt, DecidedAt = index, Decision = resolved.Decision, Reason = resolved.Reason } : this;
    }

    /// <summary>Whether the deadline has passed without a decision.</summary>
    /// <param name="day">The log's day.</param>
    public bool IsOverdue(UtcDay day) => IsOpen && day > Deadline;

    /// <summary>Whether the broker may end the record without its contributor, for a reason of a withdrawal. Anything but a dispute is no such reason.</summary>
    /// <param name="reason">The withdrawal's reason.</param>
    /// <param name="day">The log's day.</param>
    /// <param name="terms">The circle's terms.</param>
    public bool Ends(WithdrawalReason reason, UtcDay day, DisputeTerms terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return reason switch
        {
            WithdrawalReason.DisputeUpheld => IsUpheld,
            WithdrawalReason.DisputeOverdue => IsOverdue(day) && !terms.OverdueRecordsStay,
            _ => false,
        };
    }

    /// <summary>The state as hits show it.</summary>
    public DisputeNote ToNote() => new()
    {
        Ground = Ground,
        DeadlineDay = Deadline.Number,
        DisputedAt = DisputedAt ?? 0,
        Decision = IsOpen ? DisputeDecision.Unspecified : Decision,
        Reason = IsOpen ? DisputeReason.Unspecified : Reason,
        ResolvedAt = IsOpen ? 0 : DecidedAt ?? 0,
    };
}
