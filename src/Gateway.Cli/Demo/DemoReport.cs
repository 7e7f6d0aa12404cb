using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Ledger;
using Spectre.Console;

namespace Gateway.Cli.Demo;

/// <summary>What the demo prints when it is through.</summary>
internal sealed class DemoReport(PhaseClock clock, Checkpoint log, DemoScreening screening, Verdict verdict, DemoFolder folder)
{
    private const int MostRed = 8;
    private const int MostOfOtherLanes = 4;
    private const int MostFaults = 20;

    /// <summary>It for programs.</summary>
    public object ToDocument() => new
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
        OtherHits = verdict.OtherHits,
        HitsFile = folder.Hits,
        Directory = folder.Path,
    };

    /// <summary>It for people.</summary>
    public void Draw(IAnsiConsole console, bool keep)
    {
        HitLine[] shown = [.. screening.Best.Where(hit => hit.Lane == "RED").Take(MostRed), .. screening.Best.Where(hit => hit.Lane != "RED").Take(MostOfOtherLanes)];
        HitSink.Draw(console, shown, shown.Length, withShipment: true);
        ScreeningReport report = screening.Report;
        Say(console, $"{screening.HitLines - shown.Length:N0} more of the {screening.HitLines:N0} pairs of shipment and record stand in {folder.Hits}");
        Say(console, $"{report.Screened:N0} shipments screened in {report.Seconds:N1} s ({report.Rate:N0}/s): {report.Cleared:N0} cleared, {report.Pending:N0} pending, {report.Hits:N0} hits ({report.Red:N0} RED examine, {report.Yellow:N0} YELLOW documents)");
        console.WriteLine();
        Table forms = Tables.Of("Planted as", "Planted", "Found");
        foreach (FormCount form in verdict.Forms) forms.AddText(form.Form, Number(form.Planted), Number(form.Found));
        forms.AddText("all", Number(verdict.Forms.Sum(form => form.Planted)), Number(verdict.Forms.Sum(form => form.Found)));
        console.Write(forms);
        Say(console, $"Clean shipments flagged by a strong identifier: {verdict.FalseStrong.Count:N0}; others that resemble a record by name and place: {verdict.OtherHits:N0}");
        foreach (string fault in verdict.Misses.Take(MostFaults)) Say(console, $"MISSED {fault}");
        foreach (string fault in verdict.FalseStrong.Take(MostFaults)) Say(console, $"WRONGLY FLAGGED {fault}");
        Say(console, $"{(verdict.IsGood ? "PASSED" : "FAILED")} in {clock.Seconds:N1} s: {string.Join(", ", clock.Phases.Select(phase => string.Create(CultureInfo.InvariantCulture, $"{phase.Name} {phase.Seconds:0.0} s")))}");
        if (keep) DrawNext(console);
        else if (folder.IsTemporary && verdict.IsGood) Say(console, $"The network has ended and its folder is removed; --keep leaves it running, --dir DIR leaves the files.");
    }

    private void DrawNext(IAnsiConsole console)
    {
        string Dir(DemoMember member) => $"--dir {folder.Of(member.Folder)}";
        string email = screening.Best.SelectMany(hit => hit.Reasons).Any(reason => reason.Field.EndsWith("email", StringComparison.Ordinal)) ? "--email" : "--name";
        console.WriteLine();
        console.WriteLine("The network goes on running. To try next:");
        foreach (string command in (string[])
        [
            $"gateway query {email} 'ADDRESS OF actors-retailer-one.csv IN {folder.Sample}' {Dir(DemoMember.Customs)}",
            $"gateway records --mine --limit 10 {Dir(DemoMember.RetailerOne)}",
            $"gateway withdraw RECORD --reason MISTAKE {Dir(DemoMember.RetailerOne)}",
            $"gateway log verify {Dir(DemoMember.Customs)}",
            $"gateway doctor {Dir(DemoMember.RightsHolder)}",
            $"gateway demo --stop {folder.Path}",
        ]) console.WriteLine("  ./" + command);
    }

    private static void Say(IAnsiConsole console, FormattableString text) => console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
