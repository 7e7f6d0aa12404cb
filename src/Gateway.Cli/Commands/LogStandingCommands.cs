using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway log status`, `checkpoint`, `compare`, `export`: how the log stands at this node, and what goes from node to node and to auditors by hand.</summary>
internal static class LogStandingCommands
{
    public static Command Status(CommandFrame frame)
    {
        Option<string?> directory = NodeOption();
        Command command = new("status", "How far the log is verified, cosigned and accepted, and what is wrong with it now.") { directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            GetLogStandingResponse standing = await LocalNode.AskAsync(FolderOf(frame, parsed.GetValue(directory)), node => node.Neutrality.GetLogStandingAsync(new GetLogStandingRequest(), cancellationToken: cancellation));
            output.Result(
                new
                {
                    standing.Size,
                    standing.AcceptedSize,
                    standing.Quorum,
                    Cosigners = standing.Cosigners.Select(one => new { MemberId = Convert.ToHexStringLower(one.MemberId.Span), one.Name, one.Size, CosignedAt = Moment(one.CosignedAt) }),
                    Conditions = standing.Conditions.Select(one => new { Since = Moment(one.Since), Error = Fault.Of(one.Error) }),
                    Peers = standing.Peers.Select(peer => new { peer.Address, peer.MemberName, ComparedAt = Moment(peer.ComparedAt), peer.Fault }),
                    standing.EvidenceCount,
                },
                console => Draw(console, standing));
            return standing.Conditions.Count == 0 ? ExitCode.Ok : ExitCode.Refused;
        });
    }

    public static Command Checkpoint(CommandFrame frame)
    {
        Option<string?> directory = NodeOption();
        Option<string?> file = new("--out") { Description = "File for it; standard output unless given.", HelpName = "FILE" };
        Command command = new("checkpoint", "The newest checkpoint this node has verified, for another member to compare.") { directory, file };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            ByteString note = (await LocalNode.AskAsync(FolderOf(frame, parsed.GetValue(directory)), node => node.Neutrality.ExportCheckpointAsync(new ExportCheckpointRequest(), cancellationToken: cancellation))).Checkpoint;
            if (parsed.GetValue(file) is not { } stated)
            {
                await frame.Surroundings.Out.WriteAsync(note.ToStringUtf8());
                return ExitCode.Ok;
            }

            string path = frame.PathOf(stated);
            NodeDirectory.WriteWhole(path, note.Span);
            output.Result(new { File = path }, console => console.WriteLine($"Written to {path}"));
            return ExitCode.Ok;
        });
    }

    public static Command Compare(CommandFrame frame)
    {
        Option<string?> directory = NodeOption();
        Argument<string> file = new("FILE") { Description = "Another member's checkpoint." };
        Command command = new("compare", "Compares another member's checkpoint with this node's tree, now or as soon as the tree is that large.") { file, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            byte[] note = await File.ReadAllBytesAsync(frame.PathOf(parsed.GetValue(file)!), cancellation);
            CompareCheckpointResponse compared = await LocalNode.AskAsync(FolderOf(frame, parsed.GetValue(directory)), node => node.Neutrality.CompareCheckpointAsync(new CompareCheckpointRequest { Checkpoint = ByteString.CopyFrom(note) }, cancellationToken: cancellation));
            output.Result(
                new { compared.Size, compared.Same, compared.Remembered, Forked = compared.Evidence is not null },
                console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{compared.Size:N0} leaves: {(compared.Same ? "the same log" : compared.Remembered ? "more than this node has; remembered, and compared when it has them" : "ANOTHER LOG under the same key. Write the evidence: gateway log evidence --out FILE")}")));
            return compared.Evidence is null ? ExitCode.Ok : ExitCode.Refused;
        });
    }

    public static Command Export(CommandFrame frame)
    {
        Option<string?> directory = NodeOption();
        Option<string> file = new("--out") { Description = "File for the entries.", HelpName = "FILE", Required = true };
        Option<string?> circle = new("--circle") { Description = "A circle whose entries go along; else the network-wide ones alone.", HelpName = "NAME" };
        Command command = new("export", "Writes the entries this node may read, with what opens their leaves, for an auditor. They name the members and circles of the network; no records' contents.") { file, circle, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = FolderOf(frame, parsed.GetValue(directory)), path = frame.PathOf(parsed.GetValue(file)!);
            using LocalNode node = LocalNode.Open(folder);
            long count = 0;
            try
            {
                string temporary = path + ".new";
                await using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
                {
                    using AsyncServerStreamingCall<ExportEntriesResponse> call = node.Neutrality.ExportEntries(new ExportEntriesRequest { Circle = parsed.GetValue(circle) ?? "" }, cancellationToken: cancellation);
                    await foreach (ExportEntriesResponse page in call.ResponseStream.ReadAllAsync(cancellation))
                    {
                        foreach (ExportedEntry entry in page.Entries) entry.WriteDelimitedTo(stream);
                        count += page.Entries.Count;
                    }
                }

                File.Move(temporary, path, overwrite: true);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            output.Result(new { File = path, Entries = count }, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count:N0} entries written to {path}")));
            return ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, GetLogStandingResponse standing)
    {
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{standing.Size:N0} leaves verified, {standing.AcceptedSize:N0} accepted (by {standing.Quorum} other members)"));
        foreach (LogCosigner one in standing.Cosigners) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cosigned up to {one.Size:N0} by {one.Name}, {Moment(one.CosignedAt):u}"));
        foreach (GossipPeer peer in standing.Peers) console.WriteLine(peer.ComparedAt == 0 ? $"peer {peer.Address}: {(peer.Fault.Length == 0 ? "not asked yet" : peer.Fault)}" : $"peer {peer.Address} ({peer.MemberName}): compared {Moment(peer.ComparedAt):u} {peer.Fault}");
        foreach (LogCondition one in standing.Conditions) console.WriteLine($"WRONG since {Moment(one.Since):u}: {one.Error.What} {one.Error.Remedy} [{one.Error.Code}]");
        if (standing.EvidenceCount > 0) console.WriteLine($"{standing.EvidenceCount} pieces of evidence of a fork are kept: gateway log evidence");
    }

    private static Option<string?> NodeOption() => CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");

    private static string FolderOf(CommandFrame frame, string? stated) => new Folder(frame.Surroundings).Of(stated, FolderKind.Node);

    private static DateTimeOffset? Moment(long seconds) => seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);
}
