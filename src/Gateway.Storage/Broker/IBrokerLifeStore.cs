using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>Who has carried out the end of records. The promises are those of <see cref="IBrokerStore"/>.</summary>
public interface IBrokerLifeStore
{
    /// <summary>Keeps a member's acknowledgement in place of its earlier one; one of a smaller size than is kept leaves that.</summary>
    ValueTask SaveAcknowledgementAsync(StoredAcknowledgement acknowledgement, CancellationToken cancellation);

    /// <summary>The newest acknowledgement of each member.</summary>
    ValueTask<IReadOnlyList<StoredAcknowledgement>> ListAcknowledgementsAsync(CancellationToken cancellation);

    /// <summary>Notes when the log had a size and a day.</summary>
    ValueTask AddMilestoneAsync(LogMilestone milestone, CancellationToken cancellation);

    /// <summary>Milestones, ascending by size.</summary>
    ValueTask<IReadOnlyList<LogMilestone>> ReadMilestonesAsync(CancellationToken cancellation);

    /// <summary>Forgets milestones that were noted before a moment, but for the newest.</summary>
    ValueTask ForgetMilestonesAsync(DateTimeOffset before, CancellationToken cancellation);

    /// <summary>Index of the newest withdrawal in any circle; null when none.</summary>
    ValueTask<ulong?> ReadLastWithdrawalAsync(CancellationToken cancellation);

    /// <summary>Withdrawals of a circle at or after an index, and the first of them.</summary>
    ValueTask<(long Count, ulong? First)> CountWithdrawalsAsync(CircleId circle, ulong from, CancellationToken cancellation);

    /// <summary>Records of a circle, not withdrawn, whose last day lies in <paramref name="from"/> ≤ day &lt; <paramref name="to"/>.</summary>
    ValueTask<long> CountExpiredAsync(CircleId circle, UtcDay from, UtcDay to, CancellationToken cancellation);

    /// <summary>Keeps a finding about a circle at a size, in place of an earlier one.</summary>
    /// <returns>Whether there was none before.</returns>
    ValueTask<bool> SaveFindingAsync(StoredFinding finding, CancellationToken cancellation);

    /// <summary>Findings, newest first.</summary>
    ValueTask<IReadOnlyList<StoredFinding>> ListFindingsAsync(int most, CancellationToken cancellation);

    /// <summary>Forgets the finding about a circle at a size, if there is one.</summary>
    ValueTask ForgetFindingAsync(CircleId circle, ulong size, CancellationToken cancellation);

    /// <summary>Keeps a member's report about a record; its first one stays.</summary>
    /// <returns>Whether it is the member's first about this record.</returns>
    ValueTask<bool> AddMisbindAsync(StoredMisbind report, CancellationToken cancellation);

    /// <summary>Records that were reported, newest report first, at most so many.</summary>
    ValueTask<IReadOnlyList<MisbindTally>> ListMisbindsAsync(int most, CancellationToken cancellation);
}

/// <summary>A member's newest acknowledgement.</summary>
/// <param name="Member">The member.</param>
/// <param name="Size">Leaves of the log it speaks of.</param>
/// <param name="Request">The AcknowledgeRequest as received.</param>
/// <param name="At">When it came.</param>
public sealed record StoredAcknowledgement(MemberId Member, ulong Size, byte[] Request, DateTimeOffset At);

/// <summary>When the log had a size and a day.</summary>
/// <param name="Size">Leaves.</param>
/// <param name="Day">The last Day below it.</param>
/// <param name="At">When that was so.</param>
public sealed record LogMilestone(ulong Size, UtcDay Day, DateTimeOffset At);

/// <summary>Digests of one circle at one size that differ.</summary>
/// <param name="Circle">The circle.</param>
/// <param name="Size">The size.</param>
/// <param name="FoundAt">When.</param>
/// <param name="Finding">The DigestFinding, serialised.</param>
public sealed record StoredFinding(CircleId Circle, ulong Size, DateTimeOffset FoundAt, byte[] Finding);

/// <summary>A member's report that a record failed a check at its opening.</summary>
/// <param name="Record">The record.</param>
/// <param name="Member">Who reports.</param>
/// <param name="Check">Number of the check.</param>
/// <param name="At">When.</param>
public sealed record StoredMisbind(RecordId Record, MemberId Member, int Check, DateTimeOffset At);

/// <summary>What was reported about a record.</summary>
/// <param name="Record">The record.</param>
/// <param name="Checks">Numbers of the checks, one a report.</param>
/// <param name="At">Of the newest report.</param>
public sealed record MisbindTally(PublishedRecord Record, IReadOnlyList<int> Checks, DateTimeOffset At);
