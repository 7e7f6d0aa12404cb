using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Spectre.Console;

namespace Gateway.Cli.Watching;

/// <summary>One alert as results show it.</summary>
public sealed record AlertLine
{
    /// <summary>Its number.</summary>
    public required ulong Id { get; init; }

    /// <summary>Change it was read at: `--after` goes on from it.</summary>
    public required ulong Change { get; init; }

    /// <summary>OPEN, ACKNOWLEDGED, WITHDRAWN, EXPIRED, QUARANTINED or LEFT.</summary>
    public required string State { get; init; }

    /// <summary>SELLER or SHIPMENT.</summary>
    public required string Subject { get; init; }

    /// <summary>The seller's reference or the shipment's id.</summary>
    public required string Reference { get; init; }

    /// <summary>Day of the registration or of the screening.</summary>
    public required string SubjectDay { get; init; }

    /// <summary>When it was raised, UTC.</summary>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>The record's id, hex.</summary>
    public required string RecordId { get; init; }

    /// <summary>The explanation; null once the record has ended.</summary>
    public required HitLine? Hit { get; init; }

    /// <summary>Who has seen it, or null.</summary>
    public required string? AcknowledgedBy { get; init; }

    /// <summary>What they noted, or null.</summary>
    public required string? Note { get; init; }

    /// <summary>Of a message.</summary>
    public static AlertLine Of(Alert alert, UtcDay today) => new()
    {
        Id = alert.Id,
        Change = alert.Change,
        State = Codes.AlertStates.Of(alert.State),
        Subject = Codes.AlertSubjects.Of(alert.Subject),
        Reference = alert.Reference,
        SubjectDay = new UtcDay(alert.SubjectDay).ToString(),
        RaisedAt = DateTimeOffset.FromUnixTimeSeconds(alert.RaisedAt),
        RecordId = Convert.ToHexStringLower(alert.RecordId.Span),
        Hit = alert.Hit is null ? null : HitLine.Of(alert.Hit, alert.Reference, today),
        AcknowledgedBy = alert.Acknowledgement?.By,
        Note = alert.Acknowledgement?.Note,
    };

    /// <summary>Draws alerts for people: two lines each, within 80 columns.</summary>
    public static void Draw(IAnsiConsole console, IEnumerable<AlertLine> alerts)
    {
        foreach (AlertLine alert in alerts)
        {
            string lane = alert.Hit is null ? "" : $"  {alert.Hit.Lane} {alert.Hit.Score}";
            console.WriteLine(Tables.Printable(FormattableString.Invariant($"{alert.Id,6}  {alert.State,-12} {alert.Subject.ToLowerInvariant(),-8} {alert.Reference}{lane}")));
            console.WriteLine(Tables.Printable(FormattableString.Invariant($"        {alert.RaisedAt:yyyy-MM-dd HH:mm}  record {alert.RecordId[..8]}  {alert.Hit?.Why() ?? "the record has ended; what it said no longer stands"}")));
            if (alert.AcknowledgedBy is not null) console.WriteLine(Tables.Printable($"        seen by {alert.AcknowledgedBy}: {alert.Note}"));
        }
    }
}
