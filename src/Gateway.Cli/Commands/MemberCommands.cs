using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway member …`: admission and standing of members, by operators and by the members themselves.</summary>
internal static class MemberCommands
{
    public static Command Propose(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Argument<string> file = new("FILE") { Description = "The application that `gateway node apply` wrote." };
        Option<TimeSpan> valid = new("--valid") { Description = "How long the invitation may be used once it is given, e.g. 12h or 7d.", HelpName = "TIME", DefaultValueFactory = _ => TimeSpan.FromDays(7), CustomParser = Duration.Parse };
        return frame.Handle(asking.On(new Command("propose", "Proposes an organisation's admission; members sponsor it, another operator approves it.") { file, valid }), async (parsed, output, cancellation) =>
        {
            ApplicationFile application = ApplicationFile.Parse(await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(file)!), cancellation));
            AdmissionChange admission = new()
            {
                MemberJoined = NodeEnrolment.StatementOf(application).Statement,
                Contacts = new Contacts { Name = application.ContactName, Email = application.ContactEmail, Phone = application.ContactPhone },
                ValidSeconds = (uint)parsed.GetValue(valid).TotalSeconds,
            };
            using BrokerAccess broker = asking.Open(parsed);
            ChangeCommands.Report(output, await OperatorAsking.ProposeAsync(broker, new Change { Admission = admission }, cancellation));
            return ExitCode.Ok;
        });
    }

    public static Command Suspend(CommandFrame frame) => Standing(frame, "suspend", "Suspends a member at once, without another operator.", (member, reason) =>
        new Change { Suspension = new SuspensionChange { MemberId = member, Reason = reason } });

    public static Command Reinstate(CommandFrame frame) => Standing(frame, "reinstate", "Proposes to reinstate a suspended member; another operator approves it.", (member, reason) =>
        new Change { Reinstatement = new ReinstatementChange { MemberId = member, Reason = reason } });

    public static Command Expel(CommandFrame frame) => Standing(frame, "expel", "Proposes to expel a member for good; another operator approves it.", (member, reason) =>
        new Change { Expulsion = new ExpulsionChange { MemberId = member, Reason = reason } });

    public static Command Applications(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        return frame.Handle(new Command("applications", "Lists organisations that apply and wait for sponsors or for the operators.") { directory }, async (parsed, output, cancellation) =>
        {
            IReadOnlyList<Application> applications = await ApplicationsAsync(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node), cancellation);
            output.Result(new { Applications = applications.Select(Document) }, console =>
            {
                Table table = Tables.Of("Id", "Name", "Role", "Sponsors", "Until");
                foreach (Application application in applications)
                {
                    MemberJoined joined = ChangeText.Joined(application.MemberJoined);
                    table.AddText(application.Id.ToString(CultureInfo.InvariantCulture), joined.Name, Codes.Roles.Of(joined.Role), application.SponsorIds.Count.ToString(CultureInfo.InvariantCulture),
                        DateTimeOffset.FromUnixTimeSeconds(application.ExpiresAt).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
                }

                console.Write(table);
            });
            return ExitCode.Ok;
        });
    }

    public static Command Sponsor(CommandFrame frame)
    {
        Argument<string> name = new("NAME") { Description = "Name of the organisation that applies." };
        Option<bool> yes = new("--yes") { Description = "Signs. Without it the application is only shown." };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        return frame.Handle(new Command("sponsor", "Shows an organisation's application and, with --yes, vouches for it in this member's name.") { name, yes, directory }, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            Application application = (await ApplicationsAsync(folder, cancellation)).FirstOrDefault(one => ChangeText.Joined(one.MemberJoined).Name == parsed.GetValue(name))
                ?? throw new RefusalException(Refusal.NotFound("APPLICATION_UNKNOWN", "No organisation of this name applies.", parsed.GetValue(name)!, "See `gateway member applications`."));
            bool signs = parsed.GetValue(yes);
            if (signs)
            {
                VouchForRequest request = new() { Id = application.Id, Fingerprint = ByteString.CopyFrom(SHA256.HashData(application.MemberJoined.Body.Span)) };
                await LocalNode.AskAsync(folder, node => node.Officers.VouchForAsync(request, cancellationToken: cancellation));
            }

            output.Result(new { Application = Document(application), Signed = signs }, console =>
            {
                Table table = Tables.Of("", "");
                table.HideHeaders();
                foreach ((string line, string value) in ChangeText.Details(application.MemberJoined, application.Contacts)) table.AddText(line, value);
                console.Write(table);
                console.WriteLine(signs ? "Signed: this member vouches for it." : "Not signed. Compare the fingerprint with the organisation by telephone, then repeat this with --yes.");
            });
            return ExitCode.Ok;
        });
    }

    public static Command Leave(CommandFrame frame)
    {
        Option<bool> yes = new("--yes") { Description = "Leaves. It cannot be undone." };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        return frame.Handle(new Command("leave", "Leaves the network for good, in this member's name.") { yes, directory }, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            NodeSettings settings = new NodeDirectory(folder).ReadSettings();
            if (!parsed.GetValue(yes))
            {
                throw new RefusalException(Refusal.Precondition("NOT_CONFIRMED", $"'{settings.Name}' would leave {settings.Network} for good: it belongs to no circle from then on, and joins again only by a new application.", "--yes", "Withdraw what must not stay, then repeat this with --yes."));
            }

            LeaveNetworkRequest request = new() { MemberId = ByteString.CopyFrom(settings.Member.ToArray()) };
            LeaveNetworkResponse left = await LocalNode.AskAsync(folder, node => node.Officers.LeaveNetworkAsync(request, cancellationToken: cancellation));
            output.Result(new { settings.MemberId, settings.Name, left.Index }, console => console.MarkupLineInterpolated($"[bold]{settings.Name}[/] has left {settings.Network}: leaf {left.Index} of its log."));
            return ExitCode.Ok;
        });
    }

    private static Command Standing(CommandFrame frame, string verb, string description, Func<ByteString, MembershipReason, Change> make)
    {
        OperatorAsking asking = new(frame);
        Argument<string> name = new("NAME") { Description = "Name of the member." };
        Option<string> reason = new("--reason") { Description = string.Join(", ", Codes.Reasons.All) + ".", HelpName = "REASON", Required = true };
        reason.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.Reasons.All]);
        return frame.Handle(asking.On(new Command(verb, description) { name, reason }), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            ByteString member = CircleCreateCommand.IdOf(parsed.GetValue(name)!, await DirectoryListing.ReadAsync(broker, cancellation));
            ChangeCommands.Report(output, await OperatorAsking.ProposeAsync(broker, make(member, Codes.Reasons.Parse(parsed.GetValue(reason)!)), cancellation));
            return ExitCode.Ok;
        });
    }

    private static async Task<IReadOnlyList<Application>> ApplicationsAsync(string folder, CancellationToken cancellation) =>
        (await LocalNode.AskAsync(folder, node => node.Officers.ListOpenApplicationsAsync(new ListOpenApplicationsRequest(), cancellationToken: cancellation))).Applications;

    private static object Document(Application application) => new
    {
        application.Id,
        Details = ChangeText.Details(application.MemberJoined, application.Contacts).ToDictionary(line => line.Name, line => line.Value),
        Sponsors = application.SponsorIds.Select(id => Convert.ToHexStringLower(id.Span)),
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(application.ExpiresAt),
    };
}
