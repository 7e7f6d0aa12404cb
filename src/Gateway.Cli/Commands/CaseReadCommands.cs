using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Casework;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway case …` where something is read.</summary>
internal static class CaseReadCommands
{
    private const string NodeFolder = "The node's folder; GATEWAY_DIR or ./node unless given.";

    public static Argument<ulong> CaseArgument() => new("CASE") { Description = "Number of the case; see `gateway case list`." };

    public static Command List(CommandFrame frame)
    {
        Option<bool> all = new("--all") { Description = "Also closed cases." };
        Option<bool> follow = new("--follow") { Description = "Go on with every case that changes, until interrupted." };
        Option<ulong> after = new("--after") { Description = "Only cases changed after this change; the JSON has it.", HelpName = "CHANGE" };
        Option<string?> directory = CommandFrame.DirectoryOption(NodeFolder);
        return frame.Handle(new Command("list", "Cases: open ones, and those with something unread.") { all, follow, after, directory }, (parsed, output, cancellation) => AskAsync(frame, parsed.GetValue(directory), async node =>
        {
            ListCasesRequest request = new() { All = parsed.GetValue(all), Follow = parsed.GetValue(follow), AfterChange = parsed.GetValue(after) };
            List<CaseLine> lines = [];
            using AsyncServerStreamingCall<ListCasesResponse> call = node.Casework.ListCases(request, cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                if (!request.Follow) lines.AddRange(call.ResponseStream.Current.Cases);
                else if (output.IsJson) foreach (CaseLine line in call.ResponseStream.Current.Cases) output.JsonLine(CaseText.Json(line));
                else output.Human(console => CaseText.Draw(console, call.ResponseStream.Current.Cases));
            }

            output.Result(new { Cases = lines.Select(CaseText.Json) }, console => CaseText.Draw(console, lines));
            return ExitCode.Ok;
        }, cancellation));
    }

    public static Command Show(CommandFrame frame)
    {
        Argument<ulong> number = CaseArgument();
        Option<bool> peek = new("--peek") { Description = "Leaves what is unread unread." };
        Option<string?> directory = CommandFrame.DirectoryOption(NodeFolder);
        return frame.Handle(new Command("show", "A case with its messages; marks them as read.") { number, peek, directory }, (parsed, output, cancellation) => AskAsync(frame, parsed.GetValue(directory), async node =>
        {
            CaseLine? line = null;
            List<CaseMessageLine> messages = [];
            using AsyncServerStreamingCall<ShowCaseResponse> call = node.Casework.ShowCase(new ShowCaseRequest { CaseId = parsed.GetValue(number), MarkRead = !parsed.GetValue(peek) }, cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                line ??= call.ResponseStream.Current.Case;
                messages.AddRange(call.ResponseStream.Current.Messages);
            }

            output.Result(new { Case = CaseText.Json(line!), Messages = messages.Select(CaseText.Json) }, console => CaseText.Draw(console, line!, messages));
            return ExitCode.Ok;
        }, cancellation));
    }

    public static Command SaveAttachment(CommandFrame frame)
    {
        Argument<ulong> message = new("MESSAGE") { Description = "Number of the message; see `gateway case show`." };
        Argument<uint> number = new("NUMBER") { Description = "Which attachment, from 1 on.", DefaultValueFactory = _ => 1 };
        Option<string> file = new("--out") { Description = "File to write.", HelpName = "FILE", Required = true };
        Option<string?> directory = CommandFrame.DirectoryOption(NodeFolder);
        return frame.Handle(new Command("save-attachment", "Writes an attachment to a file, once its hashes hold. What came from elsewhere may be harmful: open it accordingly.") { message, number, file, directory }, (parsed, output, cancellation) => AskAsync(frame, parsed.GetValue(directory), async node =>
        {
            string path = frame.PathOf(parsed.GetValue(file)!);
            if (File.Exists(path)) throw new RefusalException(Refusal.Precondition("FILE_EXISTS", "The file exists already.", path, "Name another file."));
            if (parsed.GetValue(number) == 0) throw new RefusalException(Refusal.NotFound("CASE_ATTACHMENT_UNKNOWN", "Attachments are numbered from 1 on.", "NUMBER", "See `gateway case show`."));
            using MemoryStream whole = new();
            using AsyncServerStreamingCall<ReadCaseAttachmentResponse> call = node.Casework.ReadCaseAttachment(new ReadCaseAttachmentRequest { MessageId = parsed.GetValue(message), Attachment = parsed.GetValue(number) - 1 }, cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation)) whole.Write(call.ResponseStream.Current.Data.Span);
            await File.WriteAllBytesAsync(path, whole.ToArray(), cancellation);
            output.Result(new { File = path, Size = whole.Length }, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{whole.Length:N0} bytes written to {path}")));
            return ExitCode.Ok;
        }, cancellation));
    }

    public static Command Disclosures(CommandFrame frame)
    {
        Option<string?> file = new("--out") { Description = "File to write: one disclosure a line, JSON; else they are printed.", HelpName = "FILE" };
        Option<ulong> after = new("--after") { Description = "Only entries of the audit chain after this number.", HelpName = "NUMBER" };
        Option<string?> directory = CommandFrame.DirectoryOption(NodeFolder);
        return frame.Handle(new Command("disclosures", "What left this node for whom, and what came: by hash, out of its audit chain.") { file, after, directory }, (parsed, output, cancellation) => AskAsync(frame, parsed.GetValue(directory), async node =>
        {
            string? path = parsed.GetValue(file) is { } named ? frame.PathOf(named) : null;
            if (path is not null && File.Exists(path)) throw new RefusalException(Refusal.Precondition("FILE_EXISTS", "The file exists already.", path, "Name another file."));
            List<CaseDisclosure> all = [];
            using AsyncServerStreamingCall<ListCaseDisclosuresResponse> call = node.Casework.ListCaseDisclosures(new ListCaseDisclosuresRequest { After = parsed.GetValue(after) }, cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation)) all.AddRange(call.ResponseStream.Current.Disclosures);
            if (path is not null)
            {
                await File.WriteAllLinesAsync(path, all.Select(one => JsonFormatter.Default.Format(one)), cancellation);
                output.Result(new { Disclosures = all.Count, File = path }, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Count:N0} disclosures written to {path}")));
                return ExitCode.Ok;
            }

            output.Result(new { Disclosures = all.Select(Json) }, console => Draw(console, all));
            return ExitCode.Ok;
        }, cancellation));
    }

    private static object Json(CaseDisclosure one) => new
    {
        one.Entry.Number,
        At = DateTimeOffset.FromUnixTimeMilliseconds(one.Entry.At),
        Direction = one.Received ? "CAME" : "LEFT",
        one.Entry.Actor,
        one.Kind,
        one.Hash,
        one.OtherEnd,
        one.Thread,
        one.RecordId,
    };

    private static void Draw(IAnsiConsole console, List<CaseDisclosure> all)
    {
        Table table = Tables.Of("Entry", "When", "", "By", "What", "Hash", "Other end");
        foreach (CaseDisclosure one in all)
        {
            table.AddText(
                one.Entry.Number.ToString(CultureInfo.InvariantCulture), DateTimeOffset.FromUnixTimeMilliseconds(one.Entry.At).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                one.Received ? "came" : "left", one.Entry.Actor, one.Kind, one.Hash[..Math.Min(12, one.Hash.Length)], one.OtherEnd[..Math.Min(44, one.OtherEnd.Length)]);
        }

        console.Write(table);
    }

    private static async Task<int> AskAsync(CommandFrame frame, string? directory, Func<LocalNode, Task<int>> work, CancellationToken cancellation)
    {
        string folder = new Folder(frame.Surroundings).Of(directory, FolderKind.Node);
        using LocalNode node = LocalNode.Open(folder);
        try
        {
            return await work(node);
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            throw LocalNode.Explain(fault, folder);
        }
    }
}
