using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Auditing;
using Gateway.Cli.Output;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>The part of `gateway log verify` that audits a log at its public address, for whoever is no member.</summary>
internal sealed class LogAuditCommand(CommandFrame frame)
{
    private readonly PinnedNetwork _pinned = new(frame);

    /// <summary>Where the log is.</summary>
    public Argument<string?> Address { get; } = new("URL") { Description = "Public address of a log, e.g. https://broker.example:7443, to audit it without being a member; left out: what this node has stored.", Arity = ArgumentArity.ZeroOrOne };

    private readonly Option<string?> _key = new("--key") { Description = "The log's key, name+id+base64 (C2SP), in place of the network's file.", HelpName = "VKEY" };
    private readonly Option<string?> _authority = new("--certificate-authority") { Description = "Who issued the server's certificate, PEM; the network file's unless given, else the system's.", HelpName = "FILE" };
    private readonly Option<string?> _state = new("--state") { Description = "File that says up to where an earlier audit verified the log; written when this one holds. Shows forks and rollbacks since.", HelpName = "FILE" };
    private readonly Option<string?> _entries = new("--entries") { Description = "Entries that a member has exported (`gateway log export`): opened, and held against their leaves.", HelpName = "FILE" };
    private readonly Option<string[]> _cosigners = new("--cosigner") { Description = "Key of a member that cosigns, name+id+base64; those in --entries are known.", HelpName = "VKEY" };
    private readonly Option<string?> _evidence = new("--evidence") { Description = "File for the proof of a fork, where one is found.", HelpName = "FILE" };

    /// <summary>Adds what only the audit from outside takes.</summary>
    public void AddTo(Command command)
    {
        command.Add(Address);
        foreach (Option option in (Option[])[_pinned.Network, _pinned.Genesis, _key, _authority, _state, _entries, _cosigners, _evidence]) command.Add(option);
    }

    /// <summary>Runs the audit.</summary>
    public async Task<int> RunAsync(string address, ParseResult parsed, CommandOutput output, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("https" or "http")) throw new RefusalException(Refusal.Invalid("ADDRESS_INVALID", "The log's address is no https:// address.", address, "Give the address of the broker or of a mirror."));
        NetworkFile? network = await _pinned.ReadAsync(parsed, cancellation);
        LogTrust trust = new(parsed.GetValue(_key) is { } key ? KeyOf(key, "--key") : null, _pinned.GenesisHashOf(parsed, network));
        if (trust is { Key: null, GenesisHash: null }) throw new RefusalException(Refusal.Invalid("KEY_MISSING", "There is nothing to trust the log by.", "--network", "Give the network's file with --network, its Genesis hash with --genesis, or the log's key with --key."));
        using HttpTiles source = new(uri, await AuthoritiesAsync(parsed, network, cancellation), frame.Surroundings.Time);
        using EntryFile? entries = parsed.GetValue(_entries) is { } file ? new EntryFile(frame.PathOf(file)) : null;
        string? statePath = parsed.GetValue(_state) is { } state ? frame.PathOf(state) : null;
        PublicAudit audit = new(source, trust, frame.Surroundings.Time) { Entries = entries, Cosigners = [.. (parsed.GetValue(_cosigners) ?? []).Select(cosigner => KeyOf(cosigner, "--cosigner"))] };
        AuditReport report;
        try
        {
            report = await audit.RunAsync(logKey => statePath is null ? Task.FromResult<AuditState?>(null) : AuditState.ReadAsync(statePath, logKey, cancellation), cancellation);
        }
        catch (TileUnavailableException unavailable)
        {
            throw new RefusalException(Refusal.Unavailable("TILE_UNAVAILABLE", unavailable.Message, unavailable.Path, "Try again; a log that keeps a part of itself back is not to be trusted."));
        }

        string? evidence = null;
        if (report.Evidence is not null)
        {
            evidence = frame.PathOf(parsed.GetValue(_evidence) ?? "log-fork-evidence.json");
            EvidenceFile.Write(evidence, [report.Evidence]);
        }

        if (statePath is not null && report.Faults.Count == 0) new AuditState(report.Key, report.Checkpoint, report.Genesis).Write(statePath);
        Show(report, evidence, output);
        return report.Faults.Count == 0 ? ExitCode.Ok : ExitCode.Refused;
    }

    private static void Show(AuditReport report, string? evidence, CommandOutput output) => output.Result(
        new
        {
            Holds = report.Faults.Count == 0,
            report.Key,
            report.Size,
            report.VerifiedBefore,
            report.Root,
            report.NetworkWide,
            report.EntriesOpened,
            report.Checkpoint,
            report.Cosignatures,
            Evidence = evidence,
            Faults = report.Faults.Select(Fault.Of),
        },
        console =>
        {
            foreach (Refusal fault in report.Faults) console.WriteLine($"FAULT {fault}");
            if (evidence is not null) console.WriteLine($"The proof of the fork is in {evidence}");
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Size:N0} leaves, {report.Size - report.VerifiedBefore:N0} of them verified now, {report.NetworkWide:N0} network-wide, {report.EntriesOpened:N0} entries opened; root {report.Root}"));
            foreach (AuditedCosignature cosignature in report.Cosignatures) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cosigned up to {cosignature.Size:N0} by {cosignature.Name} ({cosignature.Standing})"));
            console.WriteLine(report.Faults.Count == 0 ? "The log holds." : "The log does NOT hold.");
        });

    private async Task<AuthoritySet?> AuthoritiesAsync(ParseResult parsed, NetworkFile? network, CancellationToken cancellation)
    {
        if (parsed.GetValue(_authority) is { } path) return AuthoritySet.FromPem(await File.ReadAllTextAsync(frame.PathOf(path), cancellation));
        return network is null ? null : AuthoritySet.FromPem(network.CertificateAuthority);
    }

    private static NoteKey KeyOf(string text, string option) => NoteKey.TryParse(text, out NoteKey? key, out string? error) ? key : throw new RefusalException(Refusal.Invalid("KEY_INVALID", error, option, "Give name+id+base64 as C2SP signed-note has it."));
}
