using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway withdraw`: withdraws one of the member's own records everywhere.</summary>
internal static class WithdrawCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> record = new("RECORD") { Description = "Id of the record, 64 hexadecimal digits; see `gateway records --mine`." };
        Option<string> reason = new("--reason") { Description = "MISTAKE: was never true. OBSOLETE: true no more. LEGAL: the law asks for it.", Required = true };
        reason.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "MISTAKE", "OBSOLETE", "LEGAL");
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("withdraw", "Withdraws one of this member's records at every node.") { record, reason, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            if (!RecordId.TryParse(parsed.GetValue(record), out RecordId id))
            {
                throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", "RECORD", "Copy the id from `gateway records --mine --json`."));
            }

            WithdrawalReason why = Codes.Withdrawals.Parse(parsed.GetValue(reason)!);
            using LocalNode node = LocalNode.Open(folder);
            WithdrawRecordResponse response;
            try
            {
                response = await node.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = ByteString.CopyFrom(id.ToArray()), Reason = why }, cancellationToken: cancellation);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            output.Result(
                new { RecordId = id.ToString(), Reason = Codes.Withdrawals.Of(why), State = response.Index > 0 ? "WITHDRAWN" : "QUEUED", response.Index },
                console => console.WriteLine(response.Index > 0
                    ? $"Record {id.Prefix} is withdrawn: entry {response.Index} of the log."
                    : $"The withdrawal of record {id.Prefix} is safe at the node and goes out as soon as the broker is back."));
            return ExitCode.Ok;
        });
    }
}
