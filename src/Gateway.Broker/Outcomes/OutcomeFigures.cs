using Gateway.Protocol.Outcomes;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Outcomes;

/// <summary>
/// What is shown of a record's outcomes. Pure. Only whole steps of the circle's minimum are shown, in the order of first reports, and only if they are of enough members: so a figure that moves
/// tells of several reports at once, never of one.
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
    public static OutcomeFigures? Of(IReadOnlyList<StoredOutcome> outcomes, OutcomeTerms terms)
    {
        StoredOutcome[] shown = [.. outcomes.Take(outcomes.Count / terms.Outcomes * terms.Outcomes)];
        if (shown.Length == 0 || shown.Select(outcome => outcome.Member).Distinct().Count() < terms.Members) return null;
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
