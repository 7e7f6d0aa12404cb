using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway record misbound`: records that nodes have reported because a check at their opening failed.</summary>
internal static class RecordMisboundCommand
{
    public static Command Create(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Command command = new("misbound", "Lists records that members have reported as bound to somebody they are not about. Names no contributor.");
        return frame.Handle(asking.On(command), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            ListMisboundResponse all;
            try
            {
                all = await new MisbindingService.MisbindingServiceClient(broker.Invoker).ListMisboundAsync(new ListMisboundRequest(), deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
            }
            catch (RpcException fault)
            {
                throw BrokerAccess.Explain(fault);
            }

            output.Result(
                all.Records.Select(record => new
                {
                    RecordId = Convert.ToHexStringLower(record.RecordId.Span), Circle = record.CircleName, record.Reports, Checks = record.Checks.Select(Codes.MisbindChecks.Of),
                    ReportedAt = DateTimeOffset.FromUnixTimeSeconds(record.ReportedAt), record.OfSameContributor, record.Withdrawn,
                }),
                console =>
                {
                    Table table = Tables.Of("Record", "Circle", "Reports", "Failed", "Newest", "Of one contributor", "State");
                    foreach (MisboundRecord record in all.Records)
                    {
                        table.AddText(
                            Convert.ToHexStringLower(record.RecordId.Span), record.CircleName, record.Reports.ToString(CultureInfo.InvariantCulture), string.Join(", ", record.Checks.Select(Codes.MisbindChecks.Of)),
                            DateTimeOffset.FromUnixTimeSeconds(record.ReportedAt).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), record.OfSameContributor.ToString(CultureInfo.InvariantCulture), record.Withdrawn ? "withdrawn" : "");
                    }

                    console.Write(table);
                });
            return ExitCode.Ok;
        });
    }
}
