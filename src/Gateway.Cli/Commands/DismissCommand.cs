using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway dismiss`: says that a record does not concern a party.</summary>
internal static class DismissCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> shipment = new("--shipment") { Description = "Id of a shipment screened here.", HelpName = "ID" };
        Option<string?> seller = new("--seller") { Description = "Reference of a registered seller.", HelpName = "REFERENCE" };
        Option<ulong?> alert = new("--alert") { Description = "Number of an alert; it is acknowledged with it.", HelpName = "ID" };
        Option<string?> record = new("--record") { Description = "The record's id, 64 hexadecimal digits; not with --alert.", HelpName = "ID" };
        Option<string> reason = new("--reason") { Description = "Why, in a sentence.", HelpName = "TEXT", Required = true };
        Option<string> by = new("--by") { Description = "Who.", HelpName = "NAME", Required = true };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("dismiss", "Says that a record does not concern the party it met. Results go on showing it, as dismissed, until the party states another identifier.") { shipment, seller, alert, record, reason, by, directory };
        command.Validators.Add(result =>
        {
            int subjects = (result.GetValue(shipment) is null ? 0 : 1) + (result.GetValue(seller) is null ? 0 : 1) + (result.GetValue(alert) is null ? 0 : 1);
            if (subjects != 1) result.AddError("Name one of --shipment, --seller and --alert.");
            else if (result.GetValue(alert) is null == result.GetValue(record) is null) result.AddError("--shipment and --seller want --record ID; --alert has its own record.");
        });
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            DismissRequest request = new() { Reason = parsed.GetValue(reason)!, By = parsed.GetValue(by)! };
            if (parsed.GetValue(shipment) is { } id) request.ShipmentId = id;
            if (parsed.GetValue(seller) is { } reference) request.SellerReference = reference;
            if (parsed.GetValue(alert) is { } number) request.AlertId = number;
            if (parsed.GetValue(record) is { } text)
            {
                if (!RecordId.TryParse(text, out RecordId recordId)) throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", "--record", "Copy the id from the hit."));
                request.RecordId = ByteString.CopyFrom(recordId.ToArray());
            }

            using LocalNode node = LocalNode.Open(folder);
            try
            {
                DismissResponse dismissed = await node.Watch.DismissAsync(request, cancellationToken: cancellation);
                output.Result(new { dismissed.Id }, console => console.WriteLine($"Dismissal {dismissed.Id}; `gateway dismissals --undo {dismissed.Id}` takes it back."));
                return ExitCode.Ok;
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }
        });
    }
}
