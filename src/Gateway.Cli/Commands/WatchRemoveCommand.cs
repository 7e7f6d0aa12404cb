using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway watch remove`: ends registrations.</summary>
internal static class WatchRemoveCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string[]> references = new("REFERENCE") { Description = "References of sellers.", Arity = ArgumentArity.OneOrMore };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("remove", "Ends registrations. Alerts about the sellers stay.") { references, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            string[] stated = [.. parsed.GetValue(references)!.Distinct(StringComparer.Ordinal)];
            List<string> removed = [];
            try
            {
                foreach (string[] part in stated.Chunk(1_000)) removed.AddRange((await node.Watch.RemoveSellersAsync(new RemoveSellersRequest { References = { part } }, cancellationToken: cancellation)).Removed);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            string[] unknown = [.. stated.Except(removed, StringComparer.Ordinal)];
            output.Result(
                new { Removed = removed, Unknown = unknown },
                console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{removed.Count:N0} removed, {unknown.Length:N0} were not registered")));
            return unknown.Length > 0 ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }
}
