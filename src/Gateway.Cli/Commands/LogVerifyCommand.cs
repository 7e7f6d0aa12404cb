using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway log verify`: verifies everything the node has stored of the log, and the broker's newest checkpoint against it.</summary>
internal static class LogVerifyCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("verify", "Verifies the log from its first entry on: each leaf, each entry, the root, the signature, and that the broker continues it; at a URL, from outside and without being a member.") { directory };
        LogAuditCommand outside = new(frame);
        outside.AddTo(command);
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            if (parsed.GetValue(outside.Address) is { } address) return await outside.RunAsync(address, parsed, output, cancellation);
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            VerifyLogResponse verified;
            try
            {
                verified = await node.Contributions.VerifyLogAsync(new VerifyLogRequest(), cancellationToken: cancellation);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            output.Result(
                new
                {
                    Holds = verified.Faults.Count == 0,
                    verified.Size,
                    Root = Convert.ToHexStringLower(verified.Root.Span),
                    verified.EntriesReadable,
                    verified.OwnRecords,
                    verified.OwnStatements,
                    verified.BrokerChecked,
                    Checkpoint = verified.Checkpoint.ToStringUtf8(),
                    Faults = verified.Faults.Select(Fault.Of),
                },
                console =>
                {
                    foreach (ErrorDetail fault in verified.Faults) console.WriteLine($"FAULT {fault.What} ({fault.Which}) {fault.Remedy} [{fault.Code}]");
                    string broker = verified.BrokerChecked ? "the broker's newest checkpoint continues it" : "the broker was not reached";
                    console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verified.Size:N0} leaves, {verified.EntriesReadable:N0} entries readable here, {verified.OwnRecords:N0} records and {verified.OwnStatements:N0} statements this member's own; root {Convert.ToHexStringLower(verified.Root.Span)}; {broker}"));
                    console.WriteLine(verified.Faults.Count == 0 ? "The log holds." : "The log does NOT hold.");
                });
            return verified.Faults.Count == 0 ? ExitCode.Ok : ExitCode.Refused;
        });
    }
}
