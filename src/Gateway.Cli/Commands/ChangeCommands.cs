using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway change …`: what operators propose, approve and reject.</summary>
internal static class ChangeCommands
{
    public static Command List(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Option<bool> all = new("--all") { Description = "What is decided or expired too." };
        return frame.Handle(asking.On(new Command("list", "Lists changes that wait for their approval.") { all }), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            IReadOnlyList<ChangeRecord> changes = await ReadAsync(broker, parsed.GetValue(all), cancellation);
            output.Result(new { Changes = changes.Select(ChangeText.Document) }, console =>
            {
                Table table = Tables.Of("Id", "Change", "State", "Proposed by", "Decided by", "Until");
                foreach (ChangeRecord change in changes)
                {
                    table.AddText(change.Id.ToString(CultureInfo.InvariantCulture), ChangeText.Of(change.Change), Codes.Changes.Of(change.State).ToLowerInvariant(), change.Author, change.DecidedBy, Moment(change.ExpiresAt));
                }

                console.Write(table);
            });
            return ExitCode.Ok;
        });
    }

    public static Command Show(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Argument<ulong> id = new("ID") { Description = "Number of the change." };
        return frame.Handle(asking.On(new Command("show", "Shows all of a change, to be read before it is approved.") { id }), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            ChangeRecord change = (await ReadAsync(broker, includeDecided: true, cancellation)).FirstOrDefault(one => one.Id == parsed.GetValue(id))
                ?? throw new RefusalException(Refusal.NotFound("CHANGE_UNKNOWN", "There is no such change.", string.Create(CultureInfo.InvariantCulture, $"change {parsed.GetValue(id)}"), "List the changes with 'gateway change list'."));
            output.Result(ChangeText.Document(change), console =>
            {
                Table table = Tables.Of("", "");
                table.HideHeaders();
                table.AddText("Change", string.Create(CultureInfo.InvariantCulture, $"{change.Id}: {ChangeText.Of(change.Change)}"));
                foreach ((string name, string value) in ChangeText.Details(change.Change)) table.AddText(name, value);
                table.AddText("State", Codes.Changes.Of(change.State).ToLowerInvariant() + (change.DecidedBy.Length == 0 ? "" : $" by {change.DecidedBy}"));
                table.AddText("Proposed", $"by {change.Author}, may be approved until {Moment(change.ExpiresAt)} UTC");
                if (change.Change.KindCase == Change.KindOneofCase.Admission) table.AddText("Sponsors", change.SponsorSignatures.Count.ToString(CultureInfo.InvariantCulture));
                console.Write(table);
            });
            return ExitCode.Ok;
        });
    }

    public static Command Approve(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Argument<ulong> id = new("ID") { Description = "Number of the change." };
        Option<string?> file = new("--out") { Description = "File for what the approval gives, once: the invitation of an admission (keep it like a password), the certificate of an operator, the proof of a reveal.", HelpName = "FILE" };
        return frame.Handle(asking.On(new Command("approve", "Approves another operator's change, which carries it out.") { id, file }), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            string? path = parsed.GetValue(file) is { } stated ? frame.PathOf(stated) : null;
            if (path is not null && File.Exists(path)) throw new RefusalException(Refusal.Precondition("FILE_EXISTS", "The file exists already; it may hold what another approval gave.", path, "Name another file."));
            ChangeRecord? waiting = (await ReadAsync(broker, includeDecided: false, cancellation)).FirstOrDefault(one => one.Id == parsed.GetValue(id));

            // Before the broker carries it out: the answer is given once.
            if (waiting is not null && GivesFile(waiting.Change) && path is null) throw new RefusalException(Refusal.Invalid("OUT_MISSING", "The approval gives something that is shown once, and there is no file for it.", "--out", "Name a file with --out."));
            ApproveChangeResponse approved = await BrokerAccess.AskAsync(deadline => broker.Administration.ApproveChangeAsync(new ApproveChangeRequest { Id = parsed.GetValue(id) }, deadline: deadline, cancellationToken: cancellation));
            if (approved.Invitation is { } invitation)
            {
                NodeDirectory.WriteSecret(path!, Encoding.UTF8.GetBytes(InvitationOf(broker.Network!, approved.Change.Change.Admission, invitation).ToJson()));
            }
            else if (!approved.OperatorCertificate.IsEmpty)
            {
                using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(approved.OperatorCertificate.Span);
                NodeDirectory.WriteWhole(path!, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
            }

            else if (approved.Contributor is { } proof)
            {
                NodeDirectory.WriteSecret(path!, Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(proof)));
            }

            bool isWritten = GivesFile(approved.Change.Change);
            output.Result(
                new
                {
                    Change = ChangeText.Document(approved.Change),
                    CircleId = approved.CircleId.IsEmpty ? null : Convert.ToHexStringLower(approved.CircleId.Span),
                    ContributorId = approved.Contributor is null ? null : Convert.ToHexStringLower(approved.Contributor.MemberId.Span),
                    File = isWritten ? path : null,
                },
                console =>
                {
                    console.MarkupLineInterpolated($"Change {approved.Change.Id} is carried out: {ChangeText.Of(approved.Change.Change)}");
                    if (Outcome(approved) is { } outcome) console.MarkupLineInterpolated($"{outcome}");
                    if (isWritten) console.MarkupLineInterpolated($"Written to {path}{(approved.Invitation is null ? "" : "; hand it over like a password")}.");
                });
            return ExitCode.Ok;
        });
    }

    public static Command Reject(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Argument<ulong> id = new("ID") { Description = "Number of the change." };
        return frame.Handle(asking.On(new Command("reject", "Ends a change without carrying it out; also one's own.") { id }), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            RejectChangeResponse rejected = await BrokerAccess.AskAsync(deadline => broker.Administration.RejectChangeAsync(new RejectChangeRequest { Id = parsed.GetValue(id) }, deadline: deadline, cancellationToken: cancellation));
            output.Result(ChangeText.Document(rejected.Change), console => console.MarkupLineInterpolated($"Change {rejected.Change.Id} is rejected: {ChangeText.Of(rejected.Change.Change)}"));
            return ExitCode.Ok;
        });
    }

    /// <summary>Tells what a proposal has become.</summary>
    public static void Report(CommandOutput output, ChangeRecord change) => output.Result(ChangeText.Document(change), console => console.MarkupLineInterpolated(change.State == ChangeState.Executed
        ? (FormattableString)$"Carried out as change {change.Id}: {ChangeText.Of(change.Change)}"
        : $"Proposed as change {change.Id}: {ChangeText.Of(change.Change)}\nAnother operator approves it: {ApprovalOf(change)}"));

    /// <summary>The command by which another operator approves a proposal.</summary>
    public static string ApprovalOf(ChangeRecord change) =>
        string.Create(CultureInfo.InvariantCulture, $"gateway change approve {change.Id} --operator FILE{(GivesFile(change.Change) ? " --out FILE" : "")}");

    private static bool GivesFile(Change change) =>
        change is { KindCase: Change.KindOneofCase.Admission or Change.KindOneofCase.Reveal } or { Operator.Action: OperatorAction.Admitted };

    // What an operator would ask next; null where the change says it all.
    private static string? Outcome(ApproveChangeResponse approved) => approved.Change.Change.KindCase switch
    {
        Change.KindOneofCase.Reveal => string.Create(CultureInfo.InvariantCulture, $"It was contributed by member {Convert.ToHexStringLower(approved.Contributor.MemberId.Span)}; leaf {approved.Change.Index} of the log says that it was traced."),
        Change.KindOneofCase.OprfKeys => $"The share of {approved.Change.Change.OprfKeys.ShareWith} waits for it; it is in force when `gateway broker status` says so.",
        _ => null,
    };

    private static InvitationFile InvitationOf(NetworkFile network, AdmissionChange admission, AdmissionInvitation invitation)
    {
        MemberJoined joined = ChangeText.Joined(admission.MemberJoined);
        return new InvitationFile
        {
            Network = network.Network,
            Broker = network.Broker,
            BrokerAlsoAt = network.BrokerAlsoAt,
            CertificateAuthority = network.CertificateAuthority,
            GenesisHash = network.GenesisHash,
            MemberId = Convert.ToHexStringLower(joined.MemberId.Span),
            Name = joined.Name,
            Role = Codes.Roles.Of(joined.Role),
            Token = Convert.ToHexStringLower(invitation.Token.Span),
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(invitation.ExpiresAt),
        };
    }

    private static async Task<IReadOnlyList<ChangeRecord>> ReadAsync(BrokerAccess broker, bool includeDecided, CancellationToken cancellation) =>
        (await BrokerAccess.AskAsync(deadline => broker.Administration.ListChangesAsync(new ListChangesRequest { IncludeDecided = includeDecided }, deadline: deadline, cancellationToken: cancellation))).Changes;

    private static string Moment(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
