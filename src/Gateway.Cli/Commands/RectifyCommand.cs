using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway rectify`: replaces one of the member's own records by a corrected one, everywhere.</summary>
internal static class RectifyCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> record = new("RECORD") { Description = "Id of the record that is wrong, 64 hexadecimal digits; see `gateway records --mine`." };
        Argument<string> file = new("FILE") { Description = "CSV with the corrected case as its only row; docs/formats.md has the columns." };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("rectify", "Publishes a corrected case and withdraws the wrong record, naming what takes its place.") { record, file, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            if (!RecordId.TryParse(parsed.GetValue(record)!, out RecordId id))
            {
                throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", "RECORD", "Copy the id from `gateway records --mine --json`."));
            }

            Contribution corrected = ReadOne(frame.PathOf(parsed.GetValue(file)!));
            using LocalNode node = LocalNode.Open(folder);
            RectifyResponse response;
            try
            {
                response = await node.Life.RectifyAsync(new RectifyRequest { RecordId = ByteString.CopyFrom(id.ToArray()), Contribution = corrected }, cancellationToken: cancellation);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            if (response.Outcome.State == ContributionState.Refused) throw new RefusalException(Refusal.FromDetail(response.Outcome.Error));
            string replacement = Convert.ToHexStringLower(response.Outcome.RecordId.Span);
            output.Result(
                new { RecordId = id.ToString(), ReplacementId = replacement, State = response.WithdrawalIndex > 0 ? "RECTIFIED" : "QUEUED", WithdrawalIndex = response.WithdrawalIndex, RejectedFields = response.Outcome.RejectedFields.Select(Fault.Of) },
                console => console.WriteLine(response.WithdrawalIndex > 0
                    ? $"Record {id.Prefix} is withdrawn (entry {response.WithdrawalIndex} of the log) and replaced by {replacement[..8]}."
                    : $"The correction of record {id.Prefix} is safe at the node; it is published and the record withdrawn as soon as the broker is back."));
            return response.Outcome.RejectedFields.Count > 0 ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    private static Contribution ReadOne(string path)
    {
        using CsvSource source = ActorFile.Open(path);
        InputRow<Contribution>[] rows = [.. ActorFile.Read(source, circle: "").Take(2)];
        if (rows.Length != 1) throw new RefusalException(Refusal.Invalid("ONE_ROW_WANTED", "A rectification replaces one record by one case.", "FILE", "Give a file with exactly one row."));
        if (rows[0].Faults is [InputFault first, ..]) throw new RefusalException(Refusal.Invalid("CASE_INVALID", $"{first.What} ({first.Column})", $"line {first.Line}", "Correct the row; nothing was published and the record stays."));

        return rows[0].Value!;
    }
}
