using System.Globalization;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>
/// Explains how a shipment and the records it met fit together, as a sum of reasons in bits (Fellegi and Sunter 1969: log2 m/u). Pure: same input, same words.
/// </summary>
/// <remarks>
/// Dependent evidence counts once. Two identifiers are dependent if the record lists them under one type (the same value may stand in two roles of a
/// declaration), or if they belong to the same side of the shipment and share a part (<see cref="IdentifierWeight.MadeOf"/>). Consignor and seller are one side: they are
/// often one party, and a name of unstated kind yields both a person's and a company's keys. The strongest is taken first; whatever depends on one taken is shown without bits.
/// </remarks>
public sealed class Scorer(Weights weights)
{
    /// <summary>Assesses everything a shipment met, and lets authorised traders be heard (<see cref="AllowList"/>).</summary>
    public ShipmentAssessment Assess(ShipmentFacts shipment, IReadOnlyList<RecordMatch> matches)
    {
        ArgumentNullException.ThrowIfNull(shipment);
        ArgumentNullException.ThrowIfNull(matches);
        IReadOnlyList<RecordMatch> authorised = AllowList.Of(matches);
        List<Assessment> assessments = [.. matches.Select(match => AllowList.Hear(Assess(shipment, match), match, authorised, weights))];
        Lane lane = assessments.Count == 0 ? Lane.Green : assessments.Max(a => a.Lane);
        int score = lane == Lane.Green ? 0 : assessments.Where(a => a.Lane == lane).Max(a => a.Score);
        return new ShipmentAssessment(lane, score, assessments);
    }

    /// <summary>Assesses one record by itself.</summary>
    /// <exception cref="ArgumentException">No evidence: there is no score without reasons.</exception>
    public Assessment Assess(ShipmentFacts shipment, RecordMatch match)
    {
        ArgumentNullException.ThrowIfNull(shipment);
        ArgumentNullException.ThrowIfNull(match);
        if (match.Evidence.Count == 0)
        {
            throw new ArgumentException("A match needs at least one identifier that met: there is no score without reasons.", nameof(match));
        }

        List<Reason> reasons = [];
        List<Evidence> counted = Count(match.Evidence, reasons);
        if (match.Name is not null) reasons.Add(match.Name.Weigh(counted, weights));
        RecordFacts record = match.Record;
        StatementWeight kind = weights.Kinds[record.Kind];
        StatementWeight grade = weights.Grades[record.Grade];
        Context context = new(weights, reasons);
        context.State($"The record rests on {grade.Label}", grade.Bits);
        context.State($"The record names {kind.Label}", kind.Bits);
        context.WeighGoods(shipment, record);
        context.WeighRoute(shipment, record);
        context.WeighAge(shipment, record);
        context.WeighSeverity(record);
        if (record.Disputed)
        {
            context.State("The record is under dispute", weights.Disputed.Bits);
        }

        double bits = reasons.Sum(r => r.Bits);
        Lane lane = Decide(record, counted, bits, reasons);
        return new Assessment(lane, bits, weights.Score.Of(bits), reasons);
    }

    /// <summary>A figure as it stands in a sentence.</summary>
    internal static string Signed(double bits) => bits.ToString("+0.0;-0.0;+0.0", CultureInfo.InvariantCulture) + " bits";

    private List<Evidence> Count(IReadOnlyList<Evidence> evidence, List<Reason> reasons)
    {
        List<Evidence> counted = [];
        foreach (Evidence met in evidence.OrderByDescending(e => weights.Of(e.RecordType).AgreeingBits))
        {
            IdentifierWeight weight = weights.Of(met.RecordType);
            int by = counted.FindIndex(c => AreDependent(c, met));
            if (by >= 0)
            {
                reasons.Add(new Reason(0, $"{met.Field} met {weight.Label} of the record too; not counted again, it depends on {counted[by].Field}", met));
                continue;
            }

            counted.Add(met);
            reasons.Add(new Reason(weight.AgreeingBits, $"{met.Field} met {weight.Label} of the record; {Signed(weight.AgreeingBits)}", met));
        }

        return counted;
    }

    private bool AreDependent(Evidence a, Evidence b) =>
        a.RecordType == b.RecordType
        || (SideOf(a.Role) == SideOf(b.Role) && weights.Of(a.RecordType).MadeOf.Intersect(weights.Of(b.RecordType).MadeOf).Any());

    private static int SideOf(PartyRole role) => role == PartyRole.Seller ? (int)PartyRole.Consignor : (int)role;

    private static bool IsStrong(Evidence evidence) => Identifier.ClassOf(evidence.RecordType) == IdentifierClass.Strong;

    private Lane Decide(RecordFacts record, List<Evidence> counted, double bits, List<Reason> reasons)
    {
        if (counted.TrueForAll(e => Identifier.ClassOf(e.RecordType) == IdentifierClass.Name))
        {
            reasons.Add(new Reason(0, "Unverified name similarity: words of a name alone decide nothing"));
            return Lane.Green;
        }

        LaneThresholds thresholds = weights.Thresholds;
        Lane lane = bits >= thresholds.ExamineBits ? Lane.Red : bits >= thresholds.DocumentsBits ? Lane.Yellow : Lane.Green;
        if (!counted.Exists(IsStrong))
        {
            int groups = counted.Count(e => Identifier.ClassOf(e.RecordType) == IdentifierClass.Compound);
            bool enough = groups >= thresholds.ExamineGroupsWithoutStrong && bits >= thresholds.ExamineBitsWithoutStrong;
            lane = enough ? lane : Cap(lane, Lane.Yellow, "Only combinations of names and places met, and not enough independent ones to examine the goods", reasons);
        }

        lane = Cap(lane, weights.Grades[record.Grade].HighestLane, $"{Capitalised(weights.Grades[record.Grade].Label)} is not enough to examine the goods", reasons);
        lane = record.Disputed ? Cap(lane, weights.Disputed.HighestLane, "Not to be examined on a record under dispute alone", reasons) : lane;
        return Cap(lane, weights.Kinds[record.Kind].HighestLane, KindSentence(record.Kind), reasons);
    }

    private string KindSentence(RecordKind kind) => kind == RecordKind.AuthorisedTrader
        ? "The party is an authorised trader: this record speaks for it"
        : $"The record names {weights.Kinds[kind].Label}, which does not lead further";

    private static Lane Cap(Lane lane, Lane highest, string why, List<Reason> reasons)
    {
        if (lane <= highest)
        {
            return lane;
        }

        reasons.Add(new Reason(0, why));
        return highest;
    }

    private static string Capitalised(string label) => char.ToUpperInvariant(label[0]) + label[1..];

    internal static string Word(Lane lane) => lane switch
    {
        Lane.Red => "RED (examine)",
        Lane.Yellow => "YELLOW (documents)",
        _ => "GREEN",
    };
}
