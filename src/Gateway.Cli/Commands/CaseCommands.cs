using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Casework;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway case …` where something is written: questions, answers, referrals.</summary>
internal static class CaseCommands
{
    public static Command Open(CommandFrame frame)
    {
        CaseInput input = new(frame);
        Argument<string?> record = new("RECORD") { Description = "Id of the record, 64 hexadecimal digits: it stands beside the hit.", Arity = ArgumentArity.ZeroOrOne };
        Option<ulong?> alert = new("--alert") { Description = "Number of an alert: asks about its record.", HelpName = "ID" };
        Option<bool> yes = new("--yes") { Description = "Sends. Without it nothing is sent, and it is said who would learn what." };
        Command command = input.On(new Command("open", "Asks the unnamed contributor of a record.") { record, alert, yes });
        command.Validators.Add(result =>
        {
            if (result.GetValue(record) is null == result.GetValue(alert) is null) result.AddError("Name a RECORD or --alert ID.");
        });
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            RecordId id = default;
            if (parsed.GetValue(record) is { } text && !RecordId.TryParse(text, out id)) throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", "RECORD", "Copy the id from the hit, or from `gateway records --json`."));
            NodeSettings settings = new NodeDirectory(input.FolderOf(parsed)).ReadSettings();
            if (!parsed.GetValue(yes))
            {
                throw new RefusalException(Refusal.Precondition(
                    "NOT_CONFIRMED",
                    $"The contributor of the record would learn that '{settings.Name}' asks, what it asks, and so that it has met this party; the question is signed. The contributor stays unnamed to you. The broker sees who writes to whom and when, and no content.",
                    "--yes",
                    "Repeat this with --yes to send it."));
            }

            output.Note($"The contributor of the record learns that '{settings.Name}' asks.");
            return Report(output, await input.ComposeAsync(
                parsed,
                draft =>
                {
                    if (parsed.GetValue(alert) is { } number) draft.AlertId = number;
                    else draft.RecordId = id.ToByteString();
                },
                [],
                cancellation));
        });
    }

    public static Command Answer(CommandFrame frame)
    {
        CaseInput input = new(frame);
        Argument<ulong> number = CaseReadCommands.CaseArgument();
        return frame.Handle(input.On(new Command("answer", "Writes in a case. Who contributed the record stays unnamed: see that text and files do not name it.") { number }), async (parsed, output, cancellation) =>
            Report(output, await input.ComposeAsync(parsed, draft => draft.CaseId = parsed.GetValue(number), [], cancellation)));
    }

    public static Command Attach(CommandFrame frame)
    {
        CaseInput input = new(frame);
        Argument<ulong> number = CaseReadCommands.CaseArgument();
        Argument<string[]> files = new("FILE") { Description = "Files, 8 MiB each at most; eight at most.", Arity = ArgumentArity.OneOrMore };
        return frame.Handle(input.On(new Command("attach", "Sends files in a case. They go as they are: see that nothing in them names who must not be named.") { number, files }, files: false), async (parsed, output, cancellation) =>
            Report(output, await input.ComposeAsync(parsed, draft => draft.CaseId = parsed.GetValue(number), parsed.GetValue(files)!, cancellation)));
    }

    public static Command Refer(CommandFrame frame)
    {
        CaseInput input = new(frame);
        Argument<ulong> number = CaseReadCommands.CaseArgument();
        Option<string> to = new("--to") { Description = "Name or id of a police member.", HelpName = "MEMBER", Required = true };
        Option<ulong[]> messages = new("--messages") { Description = "Numbers of the messages to hand on, with their files; all unless given.", HelpName = "ID", AllowMultipleArgumentsPerToken = true };
        Command command = input.On(new Command("refer", "Hands a case, or chosen messages of it, on to a police member, sealed for it and signed by this member.") { number, to, messages });
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            CaseReferralDraft referral = new() { CaseId = parsed.GetValue(number), To = parsed.GetValue(to)!, MessageIds = { parsed.GetValue(messages) ?? [] } };
            output.Note($"{referral.To} learns this member's name and everything in the messages handed on. If this member contributed the record, it learns that too.");
            return Report(output, await input.ComposeAsync(parsed, draft => draft.Referral = referral, [], cancellation));
        });
    }

    public static Command Close(CommandFrame frame)
    {
        Argument<ulong> number = CaseReadCommands.CaseArgument();
        Option<string> by = new("--by") { Description = "Who closes it.", HelpName = "NAME", Required = true };
        Option<string?> message = new("--message") { Description = "Said to the other end.", HelpName = "TEXT" };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        return frame.Handle(new Command("close", "Closes a case and tells the other end. It is deleted here when the time for closed cases is over.") { number, message, by, directory }, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            CloseCaseRequest request = new() { CaseId = parsed.GetValue(number), By = parsed.GetValue(by)!, Text = parsed.GetValue(message) ?? "" };
            await LocalNode.AskAsync(folder, node => node.Casework.CloseCaseAsync(request, cancellationToken: cancellation));
            output.Result(new { Case = request.CaseId, State = "CLOSED" }, console => console.WriteLine($"Case {request.CaseId} is closed."));
            return ExitCode.Ok;
        });
    }

    private static int Report(CommandOutput output, ComposeCaseMessageResponse written)
    {
        output.Result(
            new { Case = written.CaseId, Message = written.MessageId, State = "QUEUED" },
            console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Case {written.CaseId}, message {written.MessageId}: safe at the node, and goes out as soon as the broker is there. `gateway case show {written.CaseId}` says how it stands.")));
        return ExitCode.Ok;
    }
}
