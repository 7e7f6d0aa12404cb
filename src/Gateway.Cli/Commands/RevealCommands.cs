using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway reveal request` and `verify`.</summary>
internal static class RevealCommands
{
    public static Command CreateRequest(CommandFrame frame)
    {
        Argument<string> record = new("RECORD") { Description = "Id of the record, 64 hexadecimal digits." };
        Option<string> reason = new("--reason") { Description = "LEGAL_ORDER, MISBOUND or DISPUTE. Stands in the log.", Required = true };
        reason.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.RevealReasons.All]);
        Option<string> reference = new("--case") { Description = "The order, dispute or reports that ask for it. Stays at the broker.", HelpName = "TEXT", Required = true };
        OperatorAsking asking = new(frame);
        Command command = new("request", "Proposes to trace a record to its contributor. Another operator approves it with `gateway change approve`.") { record, reason, reference };
        return frame.Handle(asking.On(command), async (parsed, output, cancellation) =>
        {
            if (!RecordId.TryParse(parsed.GetValue(record)!, out RecordId id)) throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", "RECORD", "Copy the id from `gateway records`."));
            using BrokerAccess broker = asking.Open(parsed);
            RevealChange reveal = new() { RecordId = ByteString.CopyFrom(id.ToArray()), Reason = Codes.RevealReasons.Parse(parsed.GetValue(reason)!), CaseReference = parsed.GetValue(reference)! };
            ChangeCommands.Report(output, await OperatorAsking.ProposeAsync(broker, new Change { Reveal = reveal }, cancellation));
            return ExitCode.Ok;
        });
    }

    public static Command CreateVerify(CommandFrame frame)
    {
        Argument<string> file = new("FILE") { Description = "The proof that `gateway change approve` wrote." };
        Option<string?> genesis = new("--genesis") { Description = "SHA-256 of the network's Genesis entry, hex; that of the node's folder unless given.", HelpName = "HEX" };
        Option<string?> directory = CommandFrame.DirectoryOption("A node's folder, for what it pins; GATEWAY_DIR or ./node unless given.");
        Command command = new("verify", "Checks a proof of who contributed a record. Asks nobody.") { file, genesis, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string pinned = parsed.GetValue(genesis) ?? new NodeDirectory(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node)).ReadSettings().GenesisHash;
            if (!RecordId.TryParse(pinned, out RecordId hash)) throw new RefusalException(Refusal.Invalid("GENESIS_HASH_INVALID", "The Genesis hash is not 64 hexadecimal digits.", "--genesis", "Copy it from an invitation or from a node's node.json."));
            ContributorProof proof = Parse(await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(file)!), cancellation));
            if (ContributorProofs.FindFault(proof, hash.ToArray(), out MemberJoined? contributor) is { } fault)
            {
                throw new RefusalException(Refusal.DataLoss("REVEAL_INVALID", fault, "FILE", "Do not rely on it; ask the operators who made it."));
            }

            output.Result(
                new { Valid = true, RecordId = Convert.ToHexStringLower(proof.RecordId.Span), MemberId = Convert.ToHexStringLower(proof.MemberId.Span), contributor!.Name, Role = Codes.Roles.Of(contributor.Role), LogIndex = proof.Record.Receipt.Index },
                console => console.MarkupLineInterpolated($"Holds: record {Convert.ToHexStringLower(proof.RecordId.Span)} (leaf {proof.Record.Receipt.Index}) was contributed by [bold]{contributor!.Name}[/] ({Codes.Roles.Of(contributor.Role)})"));
            return ExitCode.Ok;
        });
    }

    private static ContributorProof Parse(string text)
    {
        try
        {
            return JsonParser.Default.Parse<ContributorProof>(text);
        }
        catch (Exception fault) when (fault is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new RefusalException(Refusal.Invalid("REVEAL_FILE_UNREADABLE", "The file is no proof of a contributor.", "FILE", "Give the file that `gateway change approve` wrote."));
        }
    }
}
