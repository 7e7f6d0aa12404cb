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

/// <summary>`gateway acknowledgements`: who has deleted what ended; to a member in counts and ages, to an operator of the broker by name.</summary>
internal static class AcknowledgementsCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string?> record = new("RECORD") { Description = "Id of the record, 64 hexadecimal digits; without it, as an operator: all members.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> asOperator = new("--operator") { Description = "Ask as an operator of the broker: its file, or its name where it lies in the broker's folder.", HelpName = "FILE" };
        Option<bool> overdue = new("--overdue") { Description = "As an operator: only members over their circle's time limit." };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder, or as an operator the broker's; GATEWAY_DIR, ./node or ./broker unless given.");
        Command command = new("acknowledgements", "Shows how far a withdrawal or an expiry has been carried out.") { record, asOperator, overdue, directory };
        return frame.Handle(command, (parsed, output, cancellation) => parsed.GetValue(asOperator) is { } name
            ? ListAsync(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker), File.Exists(frame.PathOf(name)) ? frame.PathOf(name) : name, parsed.GetValue(overdue), output, cancellation)
            : ShowAsync(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node), parsed.GetValue(record), output, cancellation));
    }

    private static async Task<int> ShowAsync(string folder, string? record, CommandOutput output, CancellationToken cancellation)
    {
        if (record is null || !RecordId.TryParse(record, out RecordId id))
        {
            throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", "RECORD", "Copy the id from `gateway records --mine --json`; operators of the broker give --operator."));
        }

        using LocalNode node = LocalNode.Open(folder);
        DeletionState state;
        try
        {
            GetRecordDeletionsResponse response = await node.Life.GetRecordDeletionsAsync(new GetRecordDeletionsRequest { RecordIds = { ByteString.CopyFrom(id.ToArray()) } }, cancellationToken: cancellation);
            state = response.Records[0];
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            throw LocalNode.Explain(fault, folder);
        }

        output.Result(DeletionText.Document(state), console =>
        {
            if (!state.Ended)
            {
                console.WriteLine($"Record {id.Prefix} has not ended, or is none that this member may ask about.");
                return;
            }

            string at = DateTimeOffset.FromUnixTimeSeconds(state.EndedAt).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            console.WriteLine($"Record {id.Prefix} ended at leaf {state.EndedAtIndex} ({at} UTC): {DeletionText.Of(state)}; the circle's limit is {AgeText.Of(state.LimitSeconds)}.");
        });
        return ExitCode.Ok;
    }

    private static async Task<int> ListAsync(string folder, string name, bool overdueOnly, CommandOutput output, CancellationToken cancellation)
    {
        using BrokerAccess broker = BrokerAccess.AsOperator(folder, name);
        ListAcknowledgementsResponse all;
        try
        {
            all = await new AcknowledgementsService.AcknowledgementsServiceClient(broker.Invoker).ListAcknowledgementsAsync(new ListAcknowledgementsRequest { OverdueOnly = overdueOnly }, deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }

        output.Result(Document(all), console => Draw(console, all));
        return ExitCode.Ok;
    }

    /// <summary>One member's line, for --json; also what the broker's status shows of those overdue.</summary>
    internal static object Document(MemberAcknowledgement line) => new
    {
        MemberId = Convert.ToHexStringLower(line.MemberId.Span),
        Member = line.MemberName,
        Circle = line.CircleName,
        AcknowledgedSize = line.Size,
        AcknowledgedAt = Time(line.AcknowledgedAt),
        LiveDigest = Convert.ToHexStringLower(line.Digest.Span),
        line.Outstanding,
        line.OutstandingSeconds,
        line.LimitSeconds,
        line.Overdue,
        line.Online,
        LastSeen = Time(line.LastSeen),
    };

    private static object Document(ListAcknowledgementsResponse all) => new
    {
        all.LogSize,
        Members = all.Members.Select(Document),
        Findings = all.Findings.Select(finding => new
        {
            FoundAt = Time(finding.FoundAt),
            Circle = finding.CircleName,
            finding.Size,
            Stated = finding.Stated.Select(stated => new
            {
                MemberId = Convert.ToHexStringLower(stated.MemberId.Span),
                Member = stated.MemberName,
                Digest = Convert.ToHexStringLower(stated.Digest.Span),
                Signature = Convert.ToHexStringLower(stated.Acknowledgement.Signature.Span),
            }),
        }),
    };

    private static void Draw(IAnsiConsole console, ListAcknowledgementsResponse all)
    {
        Table table = Tables.Of("Circle", "Member", "Acknowledged", "At", "Outstanding", "For", "Limit", "Node");
        foreach (MemberAcknowledgement line in all.Members)
        {
            table.AddText(
                line.CircleName,
                line.MemberName,
                line.Size == 0 ? "never" : string.Create(CultureInfo.InvariantCulture, $"{line.Size:N0}"),
                Time(line.AcknowledgedAt)?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "",
                line.Outstanding == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{line.Outstanding:N0}"),
                line.Outstanding == 0 ? "" : AgeText.Of(line.OutstandingSeconds) + (line.Overdue ? ", OVERDUE" : ""),
                AgeText.Of(line.LimitSeconds),
                line.Online ? "connected" : Time(line.LastSeen)?.ToString("'last seen 'yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "not seen");
        }

        console.Write(table);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Log of {all.LogSize:N0} leaves."));
        foreach (DigestFinding finding in all.Findings)
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"DIFFERENT at leaf {finding.Size:N0} of circle {finding.CircleName}: {string.Join(", ", finding.Stated.Select(stated => $"{stated.MemberName} {Convert.ToHexStringLower(stated.Digest.Span)[..8]}"))}"));
        }
    }

    private static DateTimeOffset? Time(long seconds) => seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);
}
