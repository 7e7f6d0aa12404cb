using Gateway.Protocol;
using Gateway.Protocol.Outcomes;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Outcomes;

/// <summary>
/// What is shown of a record's outcomes. Pure. Of each member one less than the circle's minimum count, so that nobody alone shows anything. They are shown in steps, in the
/// order of first reports: a step is whole when it holds the minimum of outcomes that say anything about the record, from the minimum of members; others come along. So a figure that moves tells of that many reports at once, and of one only where it is
/// corrected.
/// </summary>
/// <param name="Seized">Seizures.</param>
/// <param name="Released">Releases.</param>
/// <param name="FalsePositives">False positives.</param>
/// <param name="NotFound">Shipments that could not be examined.</param>
public sealed record OutcomeFigures(int Seized, int Released, int FalsePositives, int NotFound)
{
    /// <summary>The figures; null where there are too few to show.</summary>
    /// <param name="outcomes">One record's outcomes, ascending by number.</param>
    /// <param name="terms">The circle's terms.</param>
    /// <param name="asker">Whom they are for: its own reports are left out, which it could subtract to see the others' alone.</param>
    public static OutcomeFigures? Of(IEnumerable<StoredOutcome> outcomes, OutcomeTerms terms, MemberId asker)
    {
        List<StoredOutcome> shown = [], step = [];
        Dictionary<MemberId, int> counted = [];
        foreach (StoredOutcome outcome in outcomes)
        {
            int before = counted.GetValueOrDefault(outcome.Member);
            if (outcome.Member == asker || before == terms.MostOfMember) continue;
            counted[outcome.Member] = before + 1;
            step.Add(outcome);
            StoredOutcome[] telling = [.. step.Where(one => one.Outcome != Outcome.NotFound)];
            if (telling.Length < terms.Outcomes || telling.DistinctBy(one => one.Member).Count() < terms.Members) continue;
            shown.AddRange(step);
            step.Clear();
        }

        if (shown.Count == 0) return null;
        int Count(Outcome kind) => shown.Count(outcome => outcome.Outcome == kind);
        return new OutcomeFigures(Count(Outcome.Seized), Count(Outcome.Released), Count(Outcome.FalsePositive), Count(Outcome.NotFound));
    }

    /// <summary>Those that say anything about the record: what could not be examined does not.</summary>
    public int Decided => Seized + Released + FalsePositives;

    /// <summary>The grade that readers see.</summary>
    public OutcomeGrade Grade =>
        Decided == 0 ? OutcomeGrade.None
        : FalsePositives * 2 >= Decided ? OutcomeGrade.Poor
        : Seized * 2 >= Decided && FalsePositives * 5 <= Decided ? OutcomeGrade.Good
        : OutcomeGrade.Mixed;

    /// <summary>Whether the contributor is to be reminded.</summary>
    public bool AreTooOftenFalse(OutcomeTerms terms) => FalsePositives > 0 && FalsePositives * 100 >= Decided * terms.FalsePositivePercent;
}
