using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Ledger;
using Spectre.Console;

namespace Gateway.Cli.Demo;

/// <summary>What the demo prints when it is through.</summary>
internal sealed class DemoReport(PhaseClock clock, Checkpoint log, DemoScreening screening, PlantedTruth truth, Verdict verdict, DemoFolder folder)
{
    private const int MostReasons = 2;
    private const int MostFaults = 20;

    /// <summary>It for programs.</summary>
    /// <param name="next">What to try next.</param>
    public object ToDocument(IReadOnlyList<string> next) => new
    {
        Good = verdict.IsGood,
        clock.Seconds,
        clock.Phases,
        LogSize = log.Size,
        LogRoot = Convert.ToHexStringLower(log.Root.ToArray()),
        Screening = screening.Report,
        screening.HitLines,
        verdict.Forms,
        verdict.Misses,
        verdict.FalseStrong,
        verdict.OtherHits,
        HitsFile = folder.Hits,
        Directory = folder.Path,
        Next = next,
    };

    /// <summary>It for people.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="next">What to try next, where the network goes on running.</param>
    public void Draw(IAnsiConsole console, IReadOnlyList<string> next)
    {
        ScreeningReport report = screening.Report;
        IReadOnlyList<HitLine> shown = BestOfEveryForm();
        DrawHits(console, shown);
        bool goes = next.Count == 0 && folder.IsTemporary && verdict.IsGood;
        Say(console, $"The best hit of each kind of disguise; all {screening.HitLines:N0} pairs of shipment and record, with every reason: {(goes ? "hits.csv, which --keep or --dir DIR leaves" : folder.Hits)}");
        console.WriteLine();
        Say(console, $"{report.Screened:N0} shipments screened in {report.Seconds:N1} s ({report.Rate:N0}/s): {report.Cleared:N0} cleared, {report.Pending:N0} pending, {report.NothingToScreen:N0} with nothing to look up (not cleared), {report.Hits:N0} hits ({report.Red:N0} RED examine, {report.Yellow:N0} YELLOW documents, {report.Green:N0} GREEN)");
        Table forms = Tables.Of("Planted as", "Planted", "Found");
        foreach (FormCount form in verdict.Forms) forms.AddText(form.Form, Number(form.Planted), Number(form.Found));
        forms.AddText("all", Number(verdict.Forms.Sum(form => form.Planted)), Number(verdict.Forms.Sum(form => form.Found)));
        console.Write(forms);
        Say(console, $"Clean shipments flagged by a strong identifier: {verdict.FalseStrong.Count:N0}; that resemble a record by name and place: {verdict.OtherHits:N0}");
        foreach (string fault in verdict.Misses.Take(MostFaults)) Say(console, $"MISSED {fault}");
        foreach (string fault in verdict.FalseStrong.Take(MostFaults)) Say(console, $"WRONGLY FLAGGED {fault}");
        Say(console, $"{(verdict.IsGood ? "PASSED" : "FAILED")} in {clock.Seconds:N1} s: {string.Join(", ", clock.Phases.Select(phase => string.Create(CultureInfo.InvariantCulture, $"{phase.Name} {phase.Seconds:0.0} s")))}");
        if (next.Count > 0)
        {
            console.WriteLine("The network goes on running. To try next:");
            foreach (string command in next) console.Profile.Out.Writer.WriteLine("  " + command); // Not wrapped: they are to be copied.
        }
        else if (goes)
        {
            console.WriteLine("The network has ended and its folder is removed: --keep leaves both, --dir DIR leaves the files.");
        }
    }

    // One of each form, so that a screenful shows how every disguise was seen through.
    private List<HitLine> BestOfEveryForm()
    {
        Dictionary<string, string> formOf = truth.Shipments.ToDictionary(planted => planted.Shipment, planted => planted.Form, StringComparer.Ordinal);
        return [.. screening.Best.Where(hit => formOf.ContainsKey(hit.ShipmentId)).DistinctBy(hit => formOf[hit.ShipmentId])];
    }

    private static void DrawHits(IAnsiConsole console, IReadOnlyList<HitLine> hits)
    {
        Table table = Tables.Of("Lane", "Score", "Shipment", "Why", "Evidence", "Goods", "Age");
        foreach (HitLine hit in hits)
        {
            string why = string.Join('\n', hit.Reasons.Where(reason => reason.Field.Length > 0 && reason.Bits > 0).Take(MostReasons).Select(reason => reason.Text.Replace(" of the record", "", StringComparison.Ordinal)));
            string age = hit.AgeDays is { } days ? string.Create(CultureInfo.InvariantCulture, $"{days} d") : "";
            table.AddRow(Tables.LaneText(Codes.Lanes.Parse(hit.Lane)), new Text(Number((int)hit.Score)), new Text(hit.ShipmentId), new Text(why), new Text(hit.Evidence), new Text(string.Join(", ", hit.Categories)), new Text(age));
        }

        console.Write(table);
    }

    private static void Say(IAnsiConsole console, FormattableString text) => console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
