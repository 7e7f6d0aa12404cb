using System.CommandLine;
using Gateway.Cli.Commands;
using Gateway.Cli.Connect;
using Gateway.Matching.Identifiers;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Cli.Casework;

/// <summary>What the commands that write messages of cases have in common: text, identifiers, files, who writes.</summary>
internal sealed class CaseInput(CommandFrame frame)
{
    private const int PartSize = 1_024 * 1_024;

    private readonly Option<string?> _message = new("--message") { Description = "What to say.", HelpName = "TEXT" };
    private readonly Option<string?> _messageFile = new("--message-file") { Description = "A file with what to say, UTF-8.", HelpName = "FILE" };
    private readonly Option<string[]> _identifiers = new("--identifier") { Description = $"A raw identifier to disclose, TYPE=VALUE; TYPE is one of {string.Join(", ", TypeNames)}.", HelpName = "TYPE=VALUE" };
    private readonly Option<string[]> _files = new("--attach") { Description = "A file to attach, 8 MiB at most; eight at most.", HelpName = "FILE" };
    private readonly Option<string> _by = new("--by") { Description = "Who writes. The name stays at this node.", HelpName = "NAME", Required = true };
    private readonly Option<string?> _directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");

    /// <summary>The names of the identifiers that can be disclosed.</summary>
    public static IEnumerable<string> TypeNames => Enum.GetValues<IdentifierType>().Where(type => (ushort)type is > 0 and < 256).Select(NameOf);

    /// <summary>The name of an identifier's type, as people write it.</summary>
    public static string NameOf(uint type) => NameOf((IdentifierType)type);

    /// <summary>Adds the options to a command.</summary>
    public Command On(Command command, bool files = true)
    {
        foreach (Option option in (Option[])[_message, _messageFile, _identifiers, _by, _directory]) command.Add(option);
        if (files) command.Add(_files);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_message) is not null && result.GetValue(_messageFile) is not null) result.AddError("--message and --message-file exclude each other.");
        });
        return command;
    }

    /// <summary>The node's folder.</summary>
    public string FolderOf(ParseResult parsed) => new Folder(frame.Surroundings).Of(parsed.GetValue(_directory), FolderKind.Node);

    /// <summary>Who writes.</summary>
    public string ByOf(ParseResult parsed) => parsed.GetValue(_by)!;

    /// <summary>What to say.</summary>
    public async Task<string> TextOfAsync(ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(_messageFile) is not { } file) return parsed.GetValue(_message) ?? "";
        return await File.ReadAllTextAsync(frame.PathOf(file), cancellation);
    }

    /// <summary>Sends a message to the node.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="target">Says where the message goes.</param>
    /// <param name="more">Further files.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<ComposeCaseMessageResponse> ComposeAsync(ParseResult parsed, Action<CaseDraft> target, IEnumerable<string> more, CancellationToken cancellation)
    {
        CaseDraft draft = new() { Text = await TextOfAsync(parsed, cancellation), By = ByOf(parsed) };
        draft.Identifiers.AddRange((parsed.GetValue(_identifiers) ?? []).Select(Parse));
        target(draft);
        List<byte[]> contents = [];
        foreach (string path in (parsed.GetValue(_files) ?? []).Concat(more).Select(frame.PathOf))
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length > 8 * PartSize) throw new RefusalException(Refusal.Invalid("CASE_ATTACHMENT_INVALID", $"The file has {file.Length:N0} bytes; at most {8 * PartSize:N0} go with a message.", path, "Attach a smaller file, or parts of it."));
            contents.Add(await File.ReadAllBytesAsync(path, cancellation));
            draft.Files.Add(new CaseFile { Name = file.Name, Size = (ulong)contents[^1].Length });
        }

        return await SendAsync(FolderOf(parsed), draft, contents, cancellation);
    }

    private static async Task<ComposeCaseMessageResponse> SendAsync(string folder, CaseDraft draft, List<byte[]> contents, CancellationToken cancellation)
    {
        using LocalNode node = LocalNode.Open(folder);
        try
        {
            using AsyncClientStreamingCall<ComposeCaseMessageRequest, ComposeCaseMessageResponse> call = node.Casework.ComposeCaseMessage(cancellationToken: cancellation);
            try
            {
                await call.RequestStream.WriteAsync(new ComposeCaseMessageRequest { Draft = draft }, cancellation);
                foreach (byte[] content in contents)
                {
                    for (int from = 0; from < content.Length; from += PartSize)
                    {
                        await call.RequestStream.WriteAsync(new ComposeCaseMessageRequest { Data = UnsafeByteOperations.UnsafeWrap(content.AsMemory(from, Math.Min(PartSize, content.Length - from))) }, cancellation);
                    }
                }

                await call.RequestStream.CompleteAsync();
            }
            catch (Exception broken) when (broken is RpcException or InvalidOperationException or IOException && !cancellation.IsCancellationRequested)
            {
                // The node has refused before all was sent; its answer says why.
            }

            return await call.ResponseAsync;
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            throw LocalNode.Explain(fault, folder);
        }
    }

    private static CaseIdentifier Parse(string stated)
    {
        string[] parts = stated.Split('=', 2);
        IdentifierType type = Enum.GetValues<IdentifierType>().FirstOrDefault(type => (ushort)type is > 0 and < 256 && NameOf(type).Equals(parts[0], StringComparison.OrdinalIgnoreCase));
        return parts.Length == 2 && type != default
            ? new CaseIdentifier { Type = (uint)type, Value = parts[1] }
            : throw new RefusalException(Refusal.Invalid("IDENTIFIER_INVALID", $"'{parts[0]}' is no type of identifier, or there is no value.", "--identifier", $"Write TYPE=VALUE with one of {string.Join(", ", TypeNames)}."));
    }

    private static string NameOf(IdentifierType type) => string.Concat(type.ToString().Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
}
