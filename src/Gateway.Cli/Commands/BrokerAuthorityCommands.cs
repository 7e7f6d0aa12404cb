using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway broker ca rotate|retire|list`: proposes that another certificate authority holds, or one no more. Another operator approves.</summary>
internal static class BrokerAuthorityCommands
{
    public static Command CreateRotate(CommandFrame frame)
    {
        (Option<string?> directory, Option<string> operatorName) = Options();
        Command command = new("rotate", "Proposes a new certificate authority beside the present one; another operator approves with `gateway change approve`.") { directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker);
            return await ProposeAsync(frame, parsed, folder, parsed.GetValue(operatorName)!, output, async broker =>
            {
                PrepareAuthorityResponse prepared = await broker.Certificates.PrepareAuthorityAsync(new PrepareAuthorityRequest(), deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
                return new CertificateAuthorityChange { Certificate = prepared.Certificate, Action = AuthorityAction.Added };
            }, cancellation);
        });
    }

    public static Command CreateRetire(CommandFrame frame)
    {
        (Option<string?> directory, Option<string> operatorName) = Options();
        Option<string?> fingerprint = new("--fingerprint") { Description = "The first digits of the authority's fingerprint; the oldest unless given.", HelpName = "HEX" };
        Option<bool> force = new("--force") { Description = "Although members still have certificates of it: they come back only by hand. Possible after the overlap." };
        Command command = new("retire", "Proposes that an old certificate authority holds no more; another operator approves with `gateway change approve`.") { directory, operatorName, fingerprint, force };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker);
            X509Certificate2 authority = Find(folder, parsed.GetValue(fingerprint));
            return await ProposeAsync(frame, parsed, folder, parsed.GetValue(operatorName)!, output, _ => Task.FromResult(
                new CertificateAuthorityChange { Certificate = ByteString.CopyFrom(authority.RawData), Action = AuthorityAction.Retired, Forced = parsed.GetValue(force) }), cancellation);
        });
    }

    public static Command CreateList(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Command command = new("list", "Lists the certificate authorities in force, the newest first, with their fingerprints.") { directory };
        return frame.Handle(command, (parsed, output, _) =>
        {
            AuthoritySet set = Read(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker));
            output.Result(
                set.Authorities.Select(authority => new { Fingerprint = AuthoritySet.Fingerprint(authority), NotAfter = new DateTimeOffset(authority.NotAfter.ToUniversalTime()) }),
                console =>
                {
                    Table table = Tables.Of("Fingerprint", "Until");
                    foreach (X509Certificate2 authority in set.Authorities) table.AddText(AuthoritySet.Fingerprint(authority), authority.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                    console.Write(table);
                });
            return Task.FromResult(ExitCode.Ok);
        });
    }

    private static (Option<string?> Directory, Option<string> Operator) Options() => (
        CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given."),
        new Option<string>("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" });

    private static async Task<int> ProposeAsync(
        CommandFrame frame, ParseResult parsed, string folder, string operatorName, CommandOutput output, Func<BrokerAccess, Task<CertificateAuthorityChange>> make, CancellationToken cancellation)
    {
        using BrokerAccess broker = BrokerAccess.AsOperator(folder, operatorName);
        try
        {
            CertificateAuthorityChange change = await make(broker);
            ProposeChangeResponse proposed = await broker.Administration.ProposeChangeAsync(
                new ProposeChangeRequest { Change = new Change { CertificateAuthority = change } }, deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(change.Certificate.Span);
            string fingerprint = AuthoritySet.Fingerprint(certificate);
            output.Result(
                new { ChangeId = proposed.Change.Id, Fingerprint = fingerprint },
                console => console.MarkupLineInterpolated($"Change {proposed.Change.Id} about the authority {fingerprint} is proposed. Another operator approves it: {ChangeCommands.ApprovalOf(proposed.Change)}"));
            return ExitCode.Ok;
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }
    }

    private static AuthoritySet Read(string folder) => AuthoritySet.FromPem(File.ReadAllText(BrokerOptions.Load(folder).Files.AuthorityCertificate));

    private static X509Certificate2 Find(string folder, string? fingerprint)
    {
        IReadOnlyList<X509Certificate2> inForce = Read(folder).Authorities;
        if (fingerprint is null) return inForce[^1];
        X509Certificate2[] found = [.. inForce.Where(authority => AuthoritySet.Fingerprint(authority).StartsWith(fingerprint, StringComparison.OrdinalIgnoreCase))];
        return found is [var one] ? one : throw new RefusalException(Refusal.NotFound("AUTHORITY_UNKNOWN", "No such authority is in force, or more than one.", fingerprint, "See `gateway broker ca list`."));
    }
}
