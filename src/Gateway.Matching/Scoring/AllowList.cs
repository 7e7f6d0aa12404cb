using System.Globalization;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>
/// What a record of an authorised trader says for a party that accusing records met. It speaks where the party meets it strongly: by a number of a public register (VAT, tax, EORI, company
/// registration), or by STRONG identifiers of two types. It speaks against an accusing record only where it carries, itself, every STRONG and COMPOUND identifier by which that record met: else whoever
/// copies a trader's number onto a declaration would be let through on everything else it shows. A name or its words never count. It takes five bits and lowers the lane by one step, never by two.
/// </summary>
internal static class AllowList
{
    // log2(1/32): of the parties met by exactly an authorised trader's identifiers, one in thirty-two is taken for another than the trader. SET, as the weights of grades.
    private const double Bits = -5;

    private static readonly IdentifierType[] s_registered = [IdentifierType.Vat, IdentifierType.TaxNumber, IdentifierType.Eori, IdentifierType.CompanyRegistration];

    /// <summary>The matches that may speak for others.</summary>
    public static IReadOnlyList<RecordMatch> Of(IEnumerable<RecordMatch> matches) =>
        [.. matches.Where(match => match.Record is { Kind: RecordKind.AuthorisedTrader, Disputed: false, Grade: not EvidenceGrade.Suspected } && IsMetStrongly(match))];

    /// <summary>The assessment after the authorised traders were heard.</summary>
    public static Assessment Hear(Assessment assessment, RecordMatch match, IReadOnlyList<RecordMatch> authorised)
    {
        if (assessment.Lane == Lane.Green || match.Record.Kind == RecordKind.AuthorisedTrader || !authorised.Any(trader => Carries(trader, match))) return assessment;
        Lane lower = assessment.Lane == Lane.Red ? Lane.Yellow : Lane.Green;
        double bits = assessment.Bits + Bits;
        Reason reason = new(Bits, string.Create(
            CultureInfo.InvariantCulture,
            $"An authorised-trader record carries everything by which this one met; lowered from {LaneDecision.Word(assessment.Lane)} to {LaneDecision.Word(lower)}; {Scorer.Signed(Bits)}"));
        return new Assessment(lower, bits, Prior.ScoreOf(bits), [.. assessment.Reasons, reason]);
    }

    private static bool IsMetStrongly(RecordMatch match)
    {
        IdentifierType[] strong = [.. match.Evidence.Select(evidence => evidence.RecordType).Where(type => Identifier.ClassOf(type) == IdentifierClass.Strong).Distinct()];
        return strong.Length >= 2 || strong.Any(s_registered.Contains);
    }

    private static bool Carries(RecordMatch trader, RecordMatch accusing)
    {
        Evidence[] accused = [.. accusing.Evidence.Where(evidence => Identifier.ClassOf(evidence.RecordType) != IdentifierClass.Name)];
        return accused.Length > 0 && accused.All(trader.Evidence.Contains);
    }
}
