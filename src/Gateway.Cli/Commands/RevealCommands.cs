using System.CommandLine;
using System.Text;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway reveal request`, `approve` and `verify`.</summary>
internal static class RevealCommands
{
    private static readonly Codes<RevealReason> Reasons = new(LogReflection.Descriptor, "REVEAL_REASON_");

    public static Command CreateRequest(CommandFrame frame)
    {
        Argument<string> record = new("RECORD") { Description = "Id of the record, 64 hexadecimal digits." };
        Option<string> reason = new("--reason") { Description = "LEGAL_ORDER, MISBOUND or DISPUTE. Stands in the log.", Required = true };
        reason.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Reasons.All]);
        Option<string> reference = new("--case") { Description = "The order, dispute or reports that ask for it. Stays at the broker.", HelpName = "TEXT", Required = true };
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator to act as.", HelpName = "NAME", DefaultValueFactory = _ => "operator-1" };
        Command command = new("request", "Proposes to trace a record to its contributor. Another operator approves it.") { record, reason, reference, directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            if (!RecordId.TryParse(parsed.GetValue(record)!, out RecordId id)) throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", "RECORD", "Copy the id from `gateway records`."));
            using BrokerAccess broker = BrokerAccess.AsOperator(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker), parsed.GetValue(operatorName)!);
            RevealChange reveal = new() { RecordId = ByteString.CopyFrom(id.ToArray()), Reason = Reasons.Parse(parsed.GetValue(reason)!), CaseReference = parsed.GetValue(reference)! };
            ChangeRecord change = await OperatorCall.ProposeAsync(broker, new Change { Reveal = reveal }, cancellation);
            output.Result(
                new { change.Id, RecordId = id.ToString(), change.Author, ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(change.ExpiresAt) },
                console => console.MarkupLineInterpolated($"Change [bold]{change.Id}[/] is proposed. Another operator approves it: gateway reveal approve {change.Id} --operator NAME --out FILE"));
            return ExitCode.Ok;
        });
    }

    public static Command CreateApprove(CommandFrame frame)
    {
        Argument<ulong> id = new("CHANGE") { Description = "Number of the proposal." };
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator to act as: another than who proposed it.", HelpName = "NAME", Required = true };
        Option<string> file = new("--out") { Description = "File to write the proof to.", HelpName = "FILE", Required = true };
        Command command = new("approve", "Approves a reveal: the log says so, then the proof of who contributed the record is written.") { id, directory, operatorName, file };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            // Before the log says that the record was traced: the answer is given once.
            string path = frame.PathOf(parsed.GetValue(file)!);
            if (File.Exists(path)) throw new RefusalException(Refusal.Precondition("FILE_EXISTS", "The file exists already.", path, "Name another file."));
            using BrokerAccess broker = BrokerAccess.AsOperator(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker), parsed.GetValue(operatorName)!);
            ApproveChangeResponse approved = await OperatorCall.ApproveAsync(broker, parsed.GetValue(id), cancellation);
            if (approved.Contributor is not { } proof) throw new RefusalException(Refusal.Precondition("CHANGE_KIND", "The change is not a reveal; it was approved all the same.", $"change {parsed.GetValue(id)}", "See what it did in the broker's list of changes."));
            NodeDirectory.WriteSecret(path, Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(proof)));
            output.Result(
                new { approved.Change.Id, RecordId = Convert.ToHexStringLower(proof.RecordId.Span), MemberId = Convert.ToHexStringLower(proof.MemberId.Span), LogIndex = approved.Change.Index, File = path },
                console => console.MarkupLineInterpolated($"Record {Convert.ToHexStringLower(proof.RecordId.Span)} was contributed by member [bold]{Convert.ToHexStringLower(proof.MemberId.Span)}[/]\nLeaf {approved.Change.Index} of the log says that it was traced. Proof: {path}"));
            return ExitCode.Ok;
        });
    }

    public static Command CreateVerify(CommandFrame frame)
    {
        Argument<string> file = new("FILE") { Description = "The proof that `gateway reveal approve` wrote." };
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
            throw new RefusalException(Refusal.Invalid("REVEAL_FILE_UNREADABLE", "The file is no proof of a contributor.", "FILE", "Give the file that `gateway reveal approve` wrote."));
        }
    }
}
