using System.CommandLine;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Audit;
using Gateway.Storage.Broker;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway audit …`: the chain of what operators (at a broker) or officers (at a node) did and what was refused.</summary>
internal static class AuditCommands
{
    private const string WhoseFolder = "A broker's or a node's folder; GATEWAY_DIR, ./node or ./broker unless given.";

    public static Command Export(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption(WhoseFolder);
        Option<string> @operator = new("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };
        Option<string> file = new("--out") { Description = "File to write: one entry a line, JSON.", HelpName = "FILE", Required = true };
        Command command = new("export", "Asks the running broker or node for its chain and writes it to a file; keep it elsewhere, to verify against.") { directory, @operator, file };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string path = frame.PathOf(parsed.GetValue(file)!);
            if (File.Exists(path)) throw new RefusalException(Refusal.Precondition("FILE_EXISTS", "The file exists already.", path, "Name another file."));
            string named = frame.PathOf(parsed.GetValue(@operator)!);
            (string folder, FolderKind kind) = File.Exists(named) ? ("", FolderKind.Broker) : new Folder(frame.Surroundings).Find(parsed.GetValue(directory));
            List<AuditEntry> entries = kind == FolderKind.Node ? await OfNodeAsync(folder, cancellation) : await OfBrokerAsync(folder, File.Exists(named) ? named : parsed.GetValue(@operator)!, cancellation);
            await File.WriteAllLinesAsync(path, entries.Select(entry => JsonFormatter.Default.Format(entry)), cancellation);
            AuditEntry? head = entries.Count == 0 ? null : entries[^1];
            output.Result(
                new { Entries = entries.Count, Head = head is null ? null : Hex(head.Hash), File = path },
                console => console.MarkupLineInterpolated($"{entries.Count} entries written to {path}{(head is null ? "" : $"\nHead {head.Number} {Hex(head.Hash)}")}"));
            return ExitCode.Ok;
        });
    }

    public static Command Verify(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption(WhoseFolder);
        Option<string?> against = new("--against") { Description = "An earlier export: its last entry must stand in the chain as it was.", HelpName = "FILE" };
        Option<string?> export = new("--file") { Description = "Verify an export in place of a store.", HelpName = "FILE" };
        Command command = new("verify", "Verifies a chain from its first entry, in the store of a folder (whether its program runs or not) or in an export.") { directory, against, export };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            IReadOnlyList<AuditEntry> kept = parsed.GetValue(against) is { } earlier ? await ReadAsync(frame.PathOf(earlier), cancellation) : [];
            AuditEntry? noted = kept.Count == 0 ? null : kept[^1];
            AuditFinding finding;
            if (parsed.GetValue(export) is { } file)
            {
                finding = await AuditChain.VerifyAsync((await ReadAsync(frame.PathOf(file), cancellation)).ToAsyncEnumerable(), noted, cancellation);
            }
            else
            {
                (string folder, FolderKind kind) = new Folder(frame.Surroundings).Find(parsed.GetValue(directory));
                if (kind == FolderKind.Node)
                {
                    NodeDirectory node = new(folder);
                    await using INodeStore store = await Stores.OpenNodeAsync(node.ReadSettings().Store, node.StoreFile, frame.Surroundings.Time, cancellation);
                    finding = await AuditChain.VerifyAsync(store.Audit.ReadAsync(1, cancellation), noted, cancellation);
                }
                else
                {
                    await using IBrokerStore store = await Stores.OpenBrokerAsync(BrokerOptions.Load(folder).Store, new BrokerFiles(folder).Store, frame.Surroundings.Time, cancellation);
                    finding = await AuditChain.VerifyAsync(store.Audit.ReadAsync(1, cancellation), noted, cancellation);
                }
            }

            if (finding.Fault is { } fault)
            {
                throw new RefusalException(Refusal.DataLoss("AUDIT_BROKEN", fault, $"after entry {finding.Head?.Number ?? 0}", "Compare with an export kept elsewhere: somebody who could write the store has changed it, or the disk has."));
            }

            output.Result(
                new { Entries = finding.Head?.Number ?? 0, Head = finding.Head is null ? null : Hex(finding.Head.Hash), Compared = noted is not null },
                console => console.MarkupLineInterpolated($"The chain holds: {finding.Head?.Number ?? 0} entries{(finding.Head is null ? "" : $", head {Hex(finding.Head.Hash)}")}{(noted is null ? "\nCompared with nothing kept elsewhere: --against FILE shows whether it was made anew." : "")}"));
            return ExitCode.Ok;
        });
    }

    private static async Task<List<AuditEntry>> OfBrokerAsync(string folder, string @operator, CancellationToken cancellation)
    {
        using BrokerAccess broker = BrokerAccess.AsOperator(folder, @operator);
        try
        {
            using AsyncServerStreamingCall<GetAuditResponse> call = broker.Administration.GetAudit(new GetAuditRequest { From = 1 }, deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
            return await call.ResponseStream.ReadAllAsync(cancellation).SelectMany(page => page.Entries).ToListAsync(cancellation);
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }
    }

    private static async Task<List<AuditEntry>> OfNodeAsync(string folder, CancellationToken cancellation)
    {
        using LocalNode node = LocalNode.Open(folder);
        try
        {
            using AsyncServerStreamingCall<ReadAuditResponse> call = node.Officers.ReadAudit(new ReadAuditRequest { From = 1 }, cancellationToken: cancellation);
            return await call.ResponseStream.ReadAllAsync(cancellation).SelectMany(page => page.Entries).ToListAsync(cancellation);
        }
        catch (RpcException fault)
        {
            throw LocalNode.Explain(fault, folder);
        }
    }

    private static async Task<IReadOnlyList<AuditEntry>> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return [.. (await File.ReadAllLinesAsync(path, cancellation)).Where(line => line.Length > 0).Select(AuditEntry.Parser.ParseJson)];
        }
        catch (Exception fault) when (fault is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new RefusalException(Refusal.Invalid("AUDIT_UNREADABLE", $"The file is no export of a chain: {fault.Message}", path, "Name the file that `gateway audit export` wrote."));
        }
    }

    private static string Hex(ByteString hash) => Convert.ToHexStringLower(hash.Span);
}
