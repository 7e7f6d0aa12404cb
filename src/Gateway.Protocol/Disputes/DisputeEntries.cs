using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Disputes;

/// <summary>What an entry about a dispute must hold to be believed: the one rule that broker and node share (protocol, Disputes).</summary>
public static class DisputeEntries
{
    /// <summary>Why a dispute is not believed; null where it is.</summary>
    /// <param name="disputed">The entry.</param>
    /// <param name="policy">The circle's policy at its leaf.</param>
    /// <param name="day">The log's day at its leaf; null where the reader does not know it, which a second reading does not.</param>
    public static string? FaultOf(RecordDisputed disputed, CirclePolicy policy, UtcDay? day)
    {
        ArgumentNullException.ThrowIfNull(disputed);
        if (!RecordId.TryFromBytes(disputed.RecordId.Span, out _)) return "A RecordDisputed entry names no record.";
        if (disputed.Ground is < DisputeGround.WrongParty or > DisputeGround.Unlawful) return "A RecordDisputed entry states no ground.";

        // Or the broker could end any record tomorrow by a dispute of its own.
        uint days = DisputeTerms.Of(policy).DeadlineDays;
        return day is { } today && disputed.DeadlineDay != today.AddDays(days).Number ? $"The deadline of a RecordDisputed entry is not {days} days away." : null;
    }

    /// <summary>Whether a decision names a dispute before it, a decision and a reason.</summary>
    public static bool IsWhole(RecordDisputeResolved resolved, ulong index)
    {
        ArgumentNullException.ThrowIfNull(resolved);
        return RecordId.TryFromBytes(resolved.RecordId.Span, out _)
            && resolved.DisputedAt < index
            && resolved.Decision is DisputeDecision.Upheld or DisputeDecision.Rejected
            && resolved.Reason is >= DisputeReason.EvidenceSufficient and <= DisputeReason.ObjectionUnfounded;
    }

    /// <summary>Reads a decision and who signed it; false where it cannot be read or nobody's signature holds.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="state">The network's state: its members' keys.</param>
    /// <param name="resolved">The decision.</param>
    /// <param name="decider">Who signed it.</param>
    public static bool TryRead(SignedStatement statement, NetworkState state, [NotNullWhen(true)] out RecordDisputeResolved? resolved, out MemberId decider)
    {
        ArgumentNullException.ThrowIfNull(state);
        decider = default;
        if (!Statements.TryRead(statement, RecordDisputeResolved.Parser, out resolved)) return false;

        // One decides; the key of a member that has left since still tells who it was.
        IReadOnlySet<MemberId> signers = Statements.ValidSigners(statement, nameof(RecordDisputeResolved), state.GenesisHash.Span, id => state.Members.TryGetValue(id, out NetworkMember? member) ? member.MemberKey : (VerifyingKey?)null);
        if (signers.Count != 1) return false;
        decider = signers.First();
        return true;
    }
}
