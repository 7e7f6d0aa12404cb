using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Outcomes;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway outcome`: says what came of a hit, of many, and shows what came of one's own records.</summary>
internal static class OutcomeCommands
{
    private const int MostAtOnce = 500;
    private const string AtNode = "The node's folder; GATEWAY_DIR or ./node unless given.";

    public static Command Report(CommandFrame frame)
    {
        Argument<string> outcome = new("OUTCOME") { Description = string.Join(", ", Codes.Outcomes.All) + "." };
        outcome.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.Outcomes.All]);
        Option<string?> record = new("--record") { Description = "Id of the record that was hit, or its first 8 digits and more.", HelpName = "ID" };
        Option<string?> shipment = new("--shipment") { Description = "Number under which the shipment was screened.", HelpName = "ID" };
        Option<ulong?> alert = new("--alert") { Description = "Number of an alert; it has both.", HelpName = "N" };
        Option<string> reason = new("--reason") { Description = $"Why: {string.Join("; ", Enum.GetValues<Outcome>().Where(one => one != Outcome.Unspecified).Select(one => $"{Codes.Outcomes.Of(one)}: {string.Join(", ", Enum.GetValues<OutcomeReason>().Where(why => OutcomeTerms.Fits(one, why)).Select(Codes.OutcomeReasons.Of))}"))}.", HelpName = "CODE", Required = true };
        reason.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.OutcomeReasons.All]);
        Option<string?> directory = CommandFrame.DirectoryOption(AtNode);
        Command command = new("report", "Says what came of a hit. Said again of the same record and shipment, it takes the place of what was said before.") { outcome, record, shipment, alert, reason, directory };
        command.Validators.Add(result =>
        {
            bool hit = result.GetValue(record) is not null && result.GetValue(shipment) is not null, other = result.GetValue(record) is not null || result.GetValue(shipment) is not null;
            if (result.GetValue(alert) is null ? !hit : other) result.AddError("Name the hit by --record and --shipment, or by --alert.");
        });
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            StatedOutcome stated = new() { Outcome = Codes.Outcomes.Parse(parsed.GetValue(outcome)!), Reason = Codes.OutcomeReasons.Parse(parsed.GetValue(reason)!) };
            if (parsed.GetValue(alert) is { } number) (stated.RecordId, stated.Shipment) = await FindAsync(folder, number, cancellation);
            else if (OutcomeFile.TryReadId(parsed.GetValue(record)!, out ByteString id)) (stated.RecordId, stated.Shipment) = (id, parsed.GetValue(shipment)!);
            else throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits; 8 and more name it too.", "--record", "Copy the id from the hit."));
            AddOutcomesResponse response = await LocalNode.AskAsync(folder, node => node.Outcomes.AddOutcomesAsync(new AddOutcomesRequest { Outcomes = { stated } }, cancellationToken: cancellation));
            AddedOutcome added = response.Outcomes[0];
            if (added.Refusal is { } refusal) throw new RefusalException(Refusal.FromDetail(refusal));
            output.Result(
                new { RecordId = Convert.ToHexStringLower(added.RecordId.Span), stated.Shipment, Outcome = Codes.Outcomes.Of(stated.Outcome), Reason = Codes.OutcomeReasons.Of(stated.Reason) },
                console => console.WriteLine(Tables.Printable($"{Codes.Outcomes.Of(stated.Outcome)} for record {Convert.ToHexStringLower(added.RecordId.Span)[..8]} and {stated.Shipment} is safe at the node and goes to the broker.")));
            return ExitCode.Ok;
        });
    }

    public static Command Import(CommandFrame frame)
    {
        Argument<string> file = new("FILE") { Description = "CSV with record_id, shipment_id, outcome and reason; the file that `gateway screen --out` writes will do with the last two added." };
        Option<string?> errors = new("--errors") { Description = "CSV to write every bad row to.", HelpName = "FILE" };
        Option<string?> directory = CommandFrame.DirectoryOption(AtNode);
        Command command = new("import", "Says what came of many hits. Rows without an outcome are passed over; bad ones keep no other back.") { file, errors, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            string? errorsPath = parsed.GetValue(errors) is { } stated ? frame.PathOf(stated) : null;
            CommandFrame.RequireDistinct((frame.PathOf(parsed.GetValue(file)!), "FILE"), (errorsPath, "--errors"));
            using CsvSource source = OutcomeFile.Open(frame.PathOf(parsed.GetValue(file)!));
            using LocalNode node = LocalNode.Open(folder);
            using FaultSink faults = new(errorsPath);
            (long rows, long taken) = (0, 0);
            foreach (InputRow<StatedOutcome>[] part in OutcomeFile.Read(source).Chunk(MostAtOnce))
            {
                rows += part.Length;
                foreach (InputRow<StatedOutcome> row in part) faults.Add(row.Faults);
                taken += await SendAsync(node, folder, [.. part.Where(row => row.Value is not null)], faults, cancellation);
            }

            output.Result(new { Rows = rows, Taken = taken, Faults = faults.First, FaultCount = faults.Count }, console =>
            {
                faults.Draw(console);
                console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows: {taken:N0} outcomes are safe at the node, {faults.Rows:N0} rows left out"));
            });
            return faults.Count > 0 ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    public static Command Summary(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption(AtNode);
        Command command = new("summary", "Shows what came of the hits of this member's own records, over all members, where there are enough reports to show.") { directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            SummariseOutcomesResponse response = await LocalNode.AskAsync(folder, node => node.Outcomes.SummariseOutcomesAsync(new SummariseOutcomesRequest(), cancellationToken: cancellation));
            output.Result(
                new
                {
                    AsOf = response.AsOf == 0 ? (DateTimeOffset?)null : DateTimeOffset.FromUnixTimeSeconds(response.AsOf), response.Waiting, response.Refused,
                    Records = response.Records.Select(record => new { RecordId = Convert.ToHexStringLower(record.RecordId.Span), record.Seized, record.Released, record.FalsePositives, record.NotFound, Precision = PrecisionOf(record), Grade = Codes.OutcomeGrades.Of(record.Grade) }),
                },
                console => Draw(console, response));
            return ExitCode.Ok;
        });
    }

    private static async Task<long> SendAsync(LocalNode node, string folder, InputRow<StatedOutcome>[] rows, FaultSink faults, CancellationToken cancellation)
    {
        if (rows.Length == 0) return 0;
        AddOutcomesResponse response;
        try
        {
            response = await node.Outcomes.AddOutcomesAsync(new AddOutcomesRequest { Outcomes = { rows.Select(row => row.Value!) } }, cancellationToken: cancellation);
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            throw LocalNode.Explain(fault, folder);
        }

        foreach ((InputRow<StatedOutcome> row, AddedOutcome added) in rows.Zip(response.Outcomes).Where(pair => pair.Second.Refusal is not null))
        {
            faults.Add([new InputFault(row.Line, "", row.Name, $"{added.Refusal.What} [{added.Refusal.Code}]", added.Refusal.Remedy, true)]);
        }

        return response.Outcomes.Count(added => added.Refusal is null);
    }

    private static async Task<(ByteString Record, string Shipment)> FindAsync(string folder, ulong number, CancellationToken cancellation)
    {
        using LocalNode node = LocalNode.Open(folder);
        try
        {
            using AsyncServerStreamingCall<ListAlertsResponse> call = node.Watch.ListAlerts(new ListAlertsRequest(), cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                if (call.ResponseStream.Current.Alerts.FirstOrDefault(alert => alert.Id == number) is { } found) return (found.RecordId, found.Reference);
            }
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            throw LocalNode.Explain(fault, folder);
        }

        throw new RefusalException(Refusal.NotFound("ALERT_UNKNOWN", "There is no alert of this number.", $"alert {number}", "See `gateway alerts`."));
    }

    private static void Draw(IAnsiConsole console, SummariseOutcomesResponse response)
    {
        Table table = Tables.Of("Record", "Seized", "Released", "False", "Not found", "Precision", "Grade");
        foreach (OwnOutcomes record in response.Records)
        {
            string id = Convert.ToHexStringLower(record.RecordId.Span)[..8];
            table.AddText(id, Text(record.Seized), Text(record.Released), Text(record.FalsePositives), Text(record.NotFound), PrecisionOf(record) is { } precision ? precision.ToString("P0", CultureInfo.InvariantCulture) : "", Codes.OutcomeGrades.Of(record.Grade));
        }

        console.Write(table);
        if (response.AsOf == 0) console.WriteLine("The broker has not been asked since the node started.");
        if (response.Waiting > 0) console.WriteLine($"{response.Waiting} outcomes of this member wait for the broker.");
        if (response.Refused > 0) console.WriteLine($"{response.Refused} outcomes of this member were refused; the node's alarms say why.");
    }

    // Seizures among what was decided: what could not be examined says nothing.
    private static double? PrecisionOf(OwnOutcomes record)
    {
        uint decided = record.Seized + record.Released + record.FalsePositives;
        return decided == 0 ? null : (double)record.Seized / decided;
    }

    private static string Text(uint figure) => figure.ToString("N0", CultureInfo.InvariantCulture);
}
