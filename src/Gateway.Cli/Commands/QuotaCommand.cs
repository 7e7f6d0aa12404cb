using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway quota`: what a member has used and may use.</summary>
internal static class QuotaCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("A node's or a broker's folder; GATEWAY_DIR, ./node or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "With a broker's folder: operator's file, or name where it lies there.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };
        Option<string?> member = new("--member") { Description = "Id of the member, with a broker's folder.", HelpName = "ID" };
        Command command = new("quota", "Shows what a member has used today and in a year, and its limits.") { directory, operatorName, member };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            GetUsageRequest request = new();
            if (parsed.GetValue(member) is { } stated)
            {
                request.MemberId = MemberId.TryParse(stated, out MemberId id) ? ByteString.CopyFrom(id.ToArray()) : throw new RefusalException(Refusal.Invalid("MEMBER_INVALID", "A member's id has 32 hexadecimal digits.", "--member", "See `gateway member list` for the ids."));
            }

            using BrokerAccess broker = DirectoryListing.Open(frame, parsed, parsed.GetValue(directory), parsed.GetValue(operatorName)!);
            GetUsageResponse usage;
            try
            {
                usage = await new PseudonymsService.PseudonymsServiceClient(broker.Invoker).GetUsageAsync(request, deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
            }
            catch (RpcException fault)
            {
                throw BrokerAccess.Explain(fault);
            }

            output.Result(new { Quotas = usage.Quotas.Select(Document) }, console =>
            {
                Table table = Tables.Of("Quota", "Used today", "of", "Used in 365 days", "of", "Median of 28 days", "");
                foreach (QuotaUse use in usage.Quotas) table.AddText(use.Quota, Number(use.UsedToday), Number(use.DayLimit), Number(use.UsedInYear), Number(use.YearLimit), Number(use.Median), use.Unusual ? "unusual" : "");
                console.Write(table);
            });
            return ExitCode.Ok;
        });
    }

    /// <summary>One quota for programs.</summary>
    public static object Document(QuotaUse use) => new { use.Quota, use.UsedToday, use.DayLimit, use.UsedInYear, use.YearLimit, use.Median, use.Unusual, Days = use.Days.ToArray() };

    private static string Number(ulong number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
