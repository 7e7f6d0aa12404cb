using System.Globalization;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>
/// Explains how a shipment and the records it met fit together, as a sum of reasons in bits (Fellegi and Sunter 1969: log2 m/u) on top of the prior odds. Pure: same input, same words.
/// </summary>
/// <remarks>
/// <para>Dependent evidence counts once. Two identifiers are dependent if the record lists them under one type (the same value may stand in two roles of a
/// declaration), or if they belong to the same side of the shipment and share a part (<see cref="IdentifierWeight.MadeOf"/>). Consignor and seller are one side: they are
/// often one party, and a name of unstated kind yields both a person's and a company's keys. The strongest is taken first; whatever depends on one taken is shown without bits.</para>
/// <para>Where the opened record's texts could be compared, they take the place of the keys made of the same names and addresses: these found the record, and weigh nothing.</para>
/// </remarks>
public sealed class Scorer(Weights weights, LaneSetting? office = null)
{
    private readonly LaneDecision _lanes = new(weights, office);

    /// <summary>Assesses everything a shipment met, and lets authorised traders be heard (<see cref="AllowList"/>).</summary>
    public ShipmentAssessment Assess(ShipmentFacts shipment, IReadOnlyList<RecordMatch> matches)
    {
        ArgumentNullException.ThrowIfNull(shipment);
        ArgumentNullException.ThrowIfNull(matches);
        IReadOnlyList<RecordMatch> authorised = AllowList.Of(matches);
        List<Assessment> assessments = [.. matches.Select(match => AllowList.Hear(Assess(shipment, match), match, authorised))];
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
        RecordFacts record = match.Record;
        List<Reason>? fit = BestFit(match, out PartyRole? fitted);
        List<Evidence> counted = Count(match, fitted, reasons);
        reasons.AddRange(fit ?? []);
        Context context = new(weights, reasons);
        context.WeighGoods(shipment, record);
        context.WeighRoute(shipment, record);
        context.WeighAge(shipment, record);
        if (counted.Exists(IsStrong))
        {
            LimitContradictions(reasons);
        }

        double prior = weights.Prior.Bits;
        reasons.Add(new Reason(prior, $"Before anything was compared, 1 in {Math.Round(Math.Pow(2, -prior)).ToString("N0", CultureInfo.InvariantCulture)} such pairs is taken to be the same, {Signed(prior)}", IsPrior: true));
        context.State($"The record rests on {weights.Grades[record.Grade].Label} and names {weights.Kinds[record.Kind].Label}");
        if (record.Severity > 0)
        {
            context.State($"The record's severity is {record.Severity} of 3");
        }

        double bits = 0;
        foreach (Reason reason in reasons)
        {
            bits += reason.Bits;
        }

        Lane lane = _lanes.Decide(match, counted, bits, reasons);
        return new Assessment(lane, bits, Prior.ScoreOf(bits), [.. reasons.OrderBy(PlaceOf).ThenByDescending(reason => Math.Abs(reason.Bits))]);
    }

    /// <summary>A figure as it stands in a sentence.</summary>
    internal static string Signed(double bits) => bits.ToString("+0.0;-0.0;+0.0", CultureInfo.InvariantCulture) + " bits";

    internal static bool IsStrong(Evidence evidence) => Identifier.ClassOf(evidence.RecordType) == IdentifierClass.Strong;

    private static int PlaceOf(Reason reason) => reason.IsPrior ? 2 : reason.Bits > 0 ? 0 : reason.Bits < 0 ? 1 : 3;

    // The record has one subject: of several parties that may be it, the one that fits best.
    private List<Reason>? BestFit(RecordMatch match, out PartyRole? role)
    {
        List<Reason>? best = null;
        role = null;
        foreach (PartyFit fit in match.Fits.Where(fit => fit.Comparisons.Count > 0).OrderBy(fit => fit.Role))
        {
            List<Reason> reasons = FitWeighing.Of(weights, fit);
            if (best is null || reasons.Sum(reason => reason.Bits) > best.Sum(reason => reason.Bits))
            {
                (best, role) = (reasons, fit.Role);
            }
        }

        return best;
    }

    private List<Evidence> Count(RecordMatch match, PartyRole? fitted, List<Reason> reasons)
    {
        List<Evidence> counted = [];
        foreach (Evidence met in match.Evidence.OrderByDescending(e => weights.Of(e.RecordType).AgreeingBits).ThenBy(e => e.RecordType).ThenBy(e => e.Role).ThenBy(e => e.Field, StringComparer.Ordinal))
        {
            IdentifierWeight weight = weights.Of(met.RecordType);
            int by = counted.FindIndex(c => AreDependent(c, met));
            if (by >= 0)
            {
                reasons.Add(new Reason(0, $"{met.Field} met {weight.Label} of the record too; not counted again, it depends on {counted[by].Field}", met, met.Field));
                continue;
            }

            counted.Add(met);
            if (fitted is { } role && !IsStrong(met) && SideOf(role) == SideOf(met.Role))
            {
                reasons.Add(new Reason(0, $"{met.Field} met {weight.Label} of the record, by which it was found; weighed by its parts", met, met.Field));
            }
            else
            {
                reasons.Add(new Reason(weight.AgreeingBits, $"{met.Field} met {weight.Label} of the record, {Signed(weight.AgreeingBits)}", met, met.Field));
            }
        }

        return counted;
    }

    private void LimitContradictions(List<Reason> reasons)
    {
        double against = reasons.Where(reason => reason.IsContradicting).Sum(reason => reason.Bits);
        double most = weights.Limits.ContradictionBits;
        if (against < -most)
        {
            reasons.Add(new Reason(-most - against, $"A strong identifier met, and names, addresses and goods change: what contradicts counts as {Signed(-most)} in all, {Signed(-most - against)}"));
        }
    }

    private bool AreDependent(Evidence a, Evidence b) =>
        a.RecordType == b.RecordType
        || (SideOf(a.Role) == SideOf(b.Role) && weights.Of(a.RecordType).MadeOf.Intersect(weights.Of(b.RecordType).MadeOf).Any());

    private static int SideOf(PartyRole role) => role == PartyRole.Seller ? (int)PartyRole.Consignor : (int)role;
}
