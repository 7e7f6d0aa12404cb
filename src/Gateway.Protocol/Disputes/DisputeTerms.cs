using Gateway.Protocol.V1;

namespace Gateway.Protocol.Disputes;

/// <summary>What a circle's policy says about disputes, with what holds where it says nothing.</summary>
/// <param name="Desks">Members that decide, in the policy's order; none where it names none.</param>
/// <param name="DeadlineDays">Days from a dispute to its deadline.</param>
/// <param name="OverdueRecordsStay">Whether a record stays disputed past the deadline; else it is withdrawn.</param>
public sealed record DisputeTerms(IReadOnlyList<MemberId> Desks, uint DeadlineDays, bool OverdueRecordsStay)
{
    /// <summary>Desks a policy may name.</summary>
    public const int MostDesks = 4;

    /// <summary>The deadline where a policy states none, in days.</summary>
    public const uint UsualDeadlineDays = 30;

    /// <summary>The longest deadline, in days.</summary>
    public const uint LongestDeadlineDays = 365;

    /// <summary>Reads a policy. What is out of bounds counts as not stated: a policy in the log is judged where it is proposed.</summary>
    public static DisputeTerms Of(CirclePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        DisputeRules rules = policy.Disputes ?? new DisputeRules();
        List<MemberId> desks = [];
        foreach (Google.Protobuf.ByteString bytes in rules.DeskIds.Take(MostDesks))
        {
            if (MemberId.TryFromBytes(bytes.Span, out MemberId desk) && !desks.Contains(desk)) desks.Add(desk);
        }

        return new DisputeTerms(desks, rules.DeadlineDays is > 0 and <= LongestDeadlineDays ? rules.DeadlineDays : UsualDeadlineDays, rules.OverdueRecordsStay);
    }
}
