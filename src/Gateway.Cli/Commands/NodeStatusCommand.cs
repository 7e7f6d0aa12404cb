using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway node status`: log, circles, outbox, matcher and alarms of the running node.</summary>
internal static class NodeStatusCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("status", "Shows how the running node is.") { directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            GetStatusResponse status;
            try
            {
                status = await node.Contributions.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellation);
            }
            catch (RpcException fault)
            {
                throw LocalNode.Explain(fault, folder);
            }

            output.Result(Document(status), console => Draw(console, status));
            return ExitCode.Ok;
        });
    }

    private static object Document(GetStatusResponse status) => new
    {
        MemberId = Convert.ToHexStringLower(status.MemberId.Span),
        status.MemberName,
        status.Network,
        status.LogSize,
        LogRoot = Convert.ToHexStringLower(status.LogRoot.Span),
        status.BrokerLogSize,
        LogDay = new UtcDay(status.LogDay).ToString(),
        status.BrokerConnected,
        status.BrokerAddress,
        BrokerLastHeard = Moment(status.BrokerLastHeard),
        CertificateNotAfter = Moment(status.CertificateNotAfter),
        status.LiveRecords,
        status.QuarantinedRecords,
        status.OutboxWaiting,
        status.KnownIdentifiers,
        status.PendingIdentifiers,
        Replicas = status.Replicas.Select(replica => new { replica.Name, replica.Self, replica.Leads, replica.SeenAgo }),
        Circles = status.Circles.Select(circle => new
        {
            circle.Policy.Name,
            circle.MemberCount,
            circle.Epoch,
            circle.MayPublish,
            circle.MayRead,
            circle.LiveRecords,
            circle.BackfillRemaining,
        }),
        Alarms = status.Alarms.Select(alarm => new { RaisedAt = Moment(alarm.RaisedAt), Error = Fault.Of(alarm.Error) }),
    };

    private static DateTimeOffset? Moment(long seconds) => seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static void Draw(IAnsiConsole console, GetStatusResponse status)
    {
        Table table = Tables.Of("", "");
        table.HideHeaders();
        table.AddText("Member", $"{status.MemberName} ({Convert.ToHexStringLower(status.MemberId.Span)}) in {status.Network}");
        table.AddText("Broker", (status.BrokerConnected ? "connected" : "AWAY") + (status.BrokerAddress.Length == 0 ? "" : $", at {status.BrokerAddress}"));
        table.AddText("Log", string.Create(CultureInfo.InvariantCulture, $"{status.LogSize:N0} of {status.BrokerLogSize:N0} leaves, day {new UtcDay(status.LogDay)}"));
        table.AddText("Records", string.Create(CultureInfo.InvariantCulture, $"{status.LiveRecords:N0} live, {status.QuarantinedRecords:N0} quarantined"));
        table.AddText("Outbox", string.Create(CultureInfo.InvariantCulture, $"{status.OutboxWaiting:N0} waiting"));
        table.AddText("Identifiers", string.Create(CultureInfo.InvariantCulture, $"{status.KnownIdentifiers:N0} known, {status.PendingIdentifiers:N0} pending"));
        table.AddText("Certificate", string.Create(CultureInfo.InvariantCulture, $"until {Moment(status.CertificateNotAfter):yyyy-MM-dd HH:mm} UTC"));
        foreach (NodeReplica replica in status.Replicas.Where(_ => status.Replicas.Count > 1))
        {
            string does = replica.Leads ? "follows the log" : "screens and answers";
            table.AddText(replica.Self ? "This replica" : "Replica", string.Create(CultureInfo.InvariantCulture, $"{replica.Name}, {does}, heard of {replica.SeenAgo / 1000.0:0.0} s ago"));
        }

        foreach (CircleStatus circle in status.Circles)
        {
            string rights = (circle.MayPublish, circle.MayRead) switch { (true, true) => "publish and read", (true, false) => "publish", (false, true) => "read", _ => "no rights" };
            string keys = circle.Epoch < 0 ? "no key yet" : string.Create(CultureInfo.InvariantCulture, $"epoch {circle.Epoch}");
            if (circle.BackfillRemaining > 0) keys += string.Create(CultureInfo.InvariantCulture, $", older epochs: {circle.BackfillRemaining:N0} leaves to read again");
            table.AddText($"Circle {circle.Policy.Name}", string.Create(CultureInfo.InvariantCulture, $"{rights}, {circle.MemberCount} members, {keys}, {circle.LiveRecords:N0} live records"));
        }

        console.Write(table);
        foreach (Alarm alarm in status.Alarms)
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ALARM {Moment(alarm.RaisedAt):yyyy-MM-dd HH:mm} {alarm.Error.What} ({alarm.Error.Which}) {alarm.Error.Remedy} [{alarm.Error.Code}]"));
        }
    }
}
