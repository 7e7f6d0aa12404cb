using Gateway.Protocol.V1;

namespace Gateway.Protocol.Outcomes;

/// <summary>From how many reports a circle shows what came of a record's hits, and what a report may say.</summary>
/// <param name="Outcomes">Outcomes, at least 5.</param>
/// <param name="Members">Members that report them, at least 2.</param>
/// <param name="FalsePositivePercent">Part of false positives from which the contributor is reminded.</param>
public sealed record OutcomeTerms(int Outcomes, int Members, int FalsePositivePercent)
{
    /// <summary>The least that a policy may ask for, and what holds where it says nothing.</summary>
    public static OutcomeTerms Usual { get; } = new(5, 2, 30);

    /// <summary>How many of one member's count: one less than are needed, so that nobody fills them alone.</summary>
    public int MostOfMember => Outcomes - 1;

    /// <summary>Reads a policy. Fewer than the least counts as the least: no policy can single out a report.</summary>
    public static OutcomeTerms Of(CirclePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        OutcomeRules rules = policy.Outcomes ?? new OutcomeRules();
        return new OutcomeTerms(
            (int)Math.Clamp(rules.MinimumOutcomes, (uint)Usual.Outcomes, 1_000),
            (int)Math.Clamp(rules.MinimumMembers, (uint)Usual.Members, 256),
            rules.FalsePositivePercent is > 0 and <= 100 ? (int)rules.FalsePositivePercent : Usual.FalsePositivePercent);
    }

    /// <summary>Whether a reason is one of an outcome.</summary>
    public static bool Fits(Outcome outcome, OutcomeReason reason) => outcome switch
    {
        Outcome.Seized => reason is OutcomeReason.Counterfeit or OutcomeReason.OtherOffence,
        Outcome.Released => reason is OutcomeReason.Genuine or OutcomeReason.NoActionByRightsHolder or OutcomeReason.NothingFound,
        Outcome.FalsePositive => reason is OutcomeReason.OtherParty or OutcomeReason.Authorised or OutcomeReason.Outdated,
        Outcome.NotFound => reason is OutcomeReason.Gone or OutcomeReason.NotArrived or OutcomeReason.NotExamined,
        _ => false,
    };
}
