using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway broker status`: how the broker, its members and its evaluators do.</summary>
internal static class BrokerStatusCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };
        Command command = new("status", "Shows members, feeds, quotas, refusals, certificates and evaluators of a running broker.") { directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = BrokerAccess.AsOperator(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker), parsed.GetValue(operatorName)!);
            GetBrokerStatusResponse status;
            ListAcknowledgementsResponse overdue;
            try
            {
                overdue = await new AcknowledgementsService.AcknowledgementsServiceClient(broker.Invoker).ListAcknowledgementsAsync(new ListAcknowledgementsRequest { OverdueOnly = true }, deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
                status = await new OperationsService.OperationsServiceClient(broker.Invoker).GetBrokerStatusAsync(new GetBrokerStatusRequest(), deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
            }
            catch (RpcException fault)
            {
                throw BrokerAccess.Explain(fault);
            }

            output.Result(Document(status, overdue), console =>
            {
                Draw(console, status);
                DrawOverdue(console, overdue);
            });
            return ExitCode.Ok;
        });
    }

    private static object Document(GetBrokerStatusResponse status, ListAcknowledgementsResponse overdue) => new
    {
        status.Network,
        StartedAt = Time(status.StartedAt),
        status.LogSize,
        Day = new UtcDay(status.Day).ToString(),
        status.StoreBytes,
        CertificateNotAfter = Time(status.CertificateNotAfter),
        AuthorityNotAfter = Time(status.AuthorityNotAfter),
        status.OpenFeeds,
        status.OpenUploads,
        status.EvaluationsWaiting,
        Disputes = new { status.Disputes.Open, status.Disputes.Overdue, status.Disputes.DueSoon, status.Disputes.ObjectionsWaiting, NextDeadline = status.Disputes.NextDeadlineDay == 0 ? null : new UtcDay(status.Disputes.NextDeadlineDay).ToString() },
        Members = status.Members.Select(member => new
        {
            MemberId = Convert.ToHexStringLower(member.MemberId.Span),
            member.Name,
            Role = Codes.Roles.Of(member.Role),
            member.Standing,
            LastSeen = Time(member.LastSeen),
            CertificateNotAfter = Time(member.CertificateNotAfter),
            Feed = member.Feed is { } feed ? new { feed.Open, feed.AskedFrom, feed.Sent, feed.Behind, feed.BehindSeconds } : null,
            Quotas = member.Quotas.Select(QuotaCommand.Document),
            Refusals = member.Refusals.Select(refusal => new { refusal.Code, refusal.Count }),
        }),
        Evaluators = status.Evaluators.Select(evaluator => new { evaluator.Name, evaluator.Address, evaluator.InForce, evaluator.ShareWaits, LastSeen = Time(evaluator.LastSeen), CertificateNotAfter = Time(evaluator.CertificateNotAfter) }),
        OtherRefusals = status.OtherRefusals.Select(refusal => new { refusal.Code, refusal.Count }),
        OverdueDeletions = overdue.Members.Select(AcknowledgementsCommand.Document),
        DifferingDigests = overdue.Findings.Count,
    };

    private static void DrawOverdue(IAnsiConsole console, ListAcknowledgementsResponse overdue)
    {
        foreach (MemberAcknowledgement member in overdue.Members)
        {
            console.MarkupLineInterpolated($"[red]OVERDUE[/] {member.MemberName} in {member.CircleName}: {member.Outstanding:N0} deletions not acknowledged for {AgeText.Of(member.OutstandingSeconds)}");
        }

        if (overdue.Findings.Count > 0) console.MarkupLineInterpolated($"[red]DIFFERENT[/] live digests found {overdue.Findings.Count} times: gateway acknowledgements --operator NAME");
    }

    private static void Draw(IAnsiConsole console, GetBrokerStatusResponse status)
    {
        console.MarkupLineInterpolated($"Broker of [bold]{status.Network}[/], running since {Text(status.StartedAt)}");
        console.MarkupLineInterpolated($"Log {status.LogSize:N0} leaves, day {new UtcDay(status.Day)}, store {status.StoreBytes / 1_048_576.0:N1} MiB; {status.OpenFeeds} feeds, {status.OpenUploads} uploads, {status.EvaluationsWaiting} evaluations waiting");
        console.MarkupLineInterpolated($"Certificate until {Text(status.CertificateNotAfter)}, authority until {Text(status.AuthorityNotAfter)}");
        DisputeStatus disputes = status.Disputes;
        console.MarkupLineInterpolated($"Disputes {disputes.Open:N0} open, {disputes.DueSoon:N0} due within 7 days, {disputes.Overdue:N0} overdue; {disputes.ObjectionsWaiting:N0} objections wait for their desks");
        Table members = Tables.Of("Member", "Role", "Standing", "Last seen", "Certificate until", "Feed behind", "Evaluated today", "Refused");
        foreach (MemberStatus member in status.Members)
        {
            string behind = member.Feed is not { } feed ? "not read" : feed.Behind == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{feed.Behind:N0}, {feed.BehindSeconds:N0} s");
            string used = string.Join(" ", member.Quotas.Where(use => use.Quota != "records").Select(use => string.Create(CultureInfo.InvariantCulture, $"{use.Quota} {use.UsedToday:N0}/{use.DayLimit:N0}{(use.Unusual ? " unusual" : "")}")));
            members.AddText(member.Name, Codes.Roles.Of(member.Role), member.Standing, Text(member.LastSeen), Text(member.CertificateNotAfter), behind, used, Refusals(member.Refusals));
        }

        console.Write(members);
        Table evaluators = Tables.Of("Evaluator", "Address", "Share", "Last seen", "Certificate until");
        foreach (EvaluatorStatus evaluator in status.Evaluators)
        {
            string share = (evaluator.InForce, evaluator.ShareWaits) switch { (true, true) => "in force, a new one waits", (true, false) => "in force", (false, true) => "waits", _ => "none" };
            evaluators.AddText(evaluator.Name, evaluator.Address, share, Text(evaluator.LastSeen), Text(evaluator.CertificateNotAfter));
        }

        console.Write(evaluators);
        if (status.OtherRefusals.Count > 0) console.MarkupLineInterpolated($"Refused to others: {Refusals(status.OtherRefusals)}");
    }

    private static string Refusals(IEnumerable<RefusalCount> refusals) => string.Join(" ", refusals.Select(refusal => string.Create(CultureInfo.InvariantCulture, $"{refusal.Code} {refusal.Count:N0}")));

    private static DateTimeOffset? Time(long seconds) => seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static string Text(long seconds) => Time(seconds)?.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "";
}
