using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Screening;

/// <summary>Why a hit scores as it does.</summary>
/// <param name="Field">Field of the shipment, or empty.</param>
/// <param name="Bits">Weight, log2 of the likelihood ratio.</param>
/// <param name="Text">A sentence.</param>
public sealed record HitReason(string Field, double Bits, string Text);

/// <summary>One shipment and one record it meets, as results show it.</summary>
public sealed record HitLine
{
    /// <summary>The shipment's id; empty for a query.</summary>
    public required string ShipmentId { get; init; }

    /// <summary>RED, YELLOW or GREEN.</summary>
    public required string Lane { get; init; }

    /// <summary>0 to 100.</summary>
    public required uint Score { get; init; }

    /// <summary>The record's id, hex; empty where an identifier stands in too many records to mean one.</summary>
    public required string RecordId { get; init; }

    /// <summary>The circle's name.</summary>
    public required string Circle { get; init; }

    /// <summary>Evidence grade.</summary>
    public required string Evidence { get; init; }

    /// <summary>Goods categories.</summary>
    public required IReadOnlyList<string> Categories { get; init; }

    /// <summary>Day the subject was last seen, or null.</summary>
    public required string? LastSeen { get; init; }

    /// <summary>Days since then, or null.</summary>
    public required int? AgeDays { get; init; }

    /// <summary>Distinct contributors.</summary>
    public required uint Sources { get; init; }

    /// <summary>Strongest first.</summary>
    public required IReadOnlyList<HitReason> Reasons { get; init; }

    /// <summary>The reasons that speak for it, in one line.</summary>
    public string Why() => string.Join("; ", (Dismissed ? Reasons.TakeLast(1) : Reasons.Where(reason => reason.Bits > 0 || (Disputed && reason.Text.StartsWith("Disputed", StringComparison.Ordinal)))).Select(reason => reason.Text));

    /// <summary>All reasons, in one line.</summary>
    public string WhyInFull() => string.Join("; ", Reasons.Select(reason => reason.Text));

    /// <summary>Whether an officer said that the record does not concern the party.</summary>
    public bool Dismissed { get; init; }

    /// <summary>Whether somebody objects to the record and nobody has decided.</summary>
    public bool Disputed { get; init; }

    /// <summary>POOR, MIXED or GOOD: what came of the record's hits at all members; NONE where there is too little to show.</summary>
    public string OutcomeGrade { get; init; } = "NONE";

    /// <summary>The line of a hit.</summary>
    public static HitLine Of(Hit hit, string shipment, UtcDay today)
    {
        uint seen = hit.Summary?.LastSeenDay ?? 0;
        return new HitLine
        {
            ShipmentId = shipment,
            Lane = Codes.Lanes.Of(hit.Lane),
            Score = hit.Score,
            RecordId = Convert.ToHexStringLower(hit.RecordId.Span),
            Circle = hit.Circle,
            Evidence = Codes.Evidence.Of(hit.Summary?.EvidenceGrade ?? EvidenceGrade.Unspecified),
            Categories = [.. (hit.Summary?.Categories ?? []).Select(Codes.Categories.Of)],
            LastSeen = seen == 0 ? null : new UtcDay(seen).ToString(),
            AgeDays = seen == 0 ? null : (int)today.Number - (int)seen,
            Sources = hit.Sources,
            Reasons = [.. hit.Reasons.Select(reason => new HitReason(reason.Field, Math.Round(reason.Bits, 2), reason.Text))],
            Dismissed = hit.Dismissal is not null,
            Disputed = hit.Dispute is { Decision: DisputeDecision.Unspecified },
            OutcomeGrade = hit.OutcomeGrade == Gateway.Protocol.V1.OutcomeGrade.Unspecified ? "NONE" : Codes.OutcomeGrades.Of(hit.OutcomeGrade),
        };
    }

    /// <summary>The lines of a result, best first.</summary>
    public static IEnumerable<HitLine> Of(ScreeningResult result, UtcDay today)
    {
        foreach (Hit hit in result.Hits) yield return Of(hit, result.ShipmentId, today);
        if (result.Hits.Count > 0) yield break;
        yield return new HitLine
        {
            ShipmentId = result.ShipmentId,
            Lane = Codes.Lanes.Of(result.Lane),
            Score = result.Score,
            RecordId = "",
            Circle = "",
            Evidence = "",
            Categories = [],
            LastSeen = null,
            AgeDays = null,
            Sources = 0,
            Reasons = [.. result.RejectedFields.Select(field => new HitReason(field.Which, 0, field.What))],
        };
    }
}
