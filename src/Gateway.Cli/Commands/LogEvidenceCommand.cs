using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Auditing;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway log evidence`: what proves that the broker signed two histories, exported, verified by anyone, settled by an officer.</summary>
internal static class LogEvidenceCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Option<string?> file = new("--out") { Description = "File for all of it, which anyone can verify with the network's file.", HelpName = "FILE" };
        Command command = new("evidence", "What proves that the broker signed two histories: lists it, and writes it to a file.") { directory, file, CreateVerify(frame), CreateSettle(frame) };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            ListEvidenceResponse kept = await LocalNode.AskAsync(folder, node => node.Neutrality.ListEvidenceAsync(new ListEvidenceRequest(), cancellationToken: cancellation));
            string? path = parsed.GetValue(file) is { } stated ? frame.PathOf(stated) : null;
            if (path is not null) EvidenceFile.Write(path, kept.Evidence.Select(one => one.Evidence));
            output.Result(
                new { Evidence = kept.Evidence.Select(one => new { one.Id, one.Source, FoundAt = Moment(one.Evidence.FoundAt), SettledAt = Moment(one.SettledAt), one.SettledBy }), File = path },
                console =>
                {
                    foreach (KeptEvidence one in kept.Evidence) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.Id} shown by {one.Source}, found {Moment(one.Evidence.FoundAt):u}, {(one.SettledAt == 0 ? "open" : $"settled {Moment(one.SettledAt):u} {one.SettledBy}")}"));
                    console.WriteLine(kept.Evidence.Count == 0 ? "No evidence of a fork." : path is null ? "Write it to a file with --out FILE." : $"Written to {path}");
                });
            return ExitCode.Ok;
        });
    }

    private static Command CreateVerify(CommandFrame frame)
    {
        PinnedNetwork pinned = new(frame);
        Argument<string> file = new("FILE") { Description = "The evidence." };
        Option<string?> directory = CommandFrame.DirectoryOption("A node's folder, which pins its network, in place of --network or --genesis.");
        Command command = new("verify", "Verifies evidence of a fork offline: that the log's key has signed two histories.") { file, pinned.Network, pinned.Genesis, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            NetworkFile? network = await pinned.ReadAsync(parsed, cancellation);
            byte[] genesis = pinned.GenesisHashOf(parsed, network) ?? Convert.FromHexString(new NodeDirectory(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node)).ReadSettings().GenesisHash);
            IReadOnlyList<ForkEvidence> evidence = await EvidenceFile.ReadAsync(frame.PathOf(parsed.GetValue(file)!), cancellation);
            (ulong Smaller, ulong Larger, string? Fault)[] judged = [.. evidence.Select(one => Judge(one, genesis))];
            bool proves = judged.Length > 0 && judged.All(one => one.Fault is null);
            output.Result(
                new { Proves = proves, Evidence = judged.Select(one => new { one.Smaller, one.Larger, Proves = one.Fault is null, one.Fault }) },
                console =>
                {
                    foreach ((ulong smaller, ulong larger, string? fault) in judged) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"checkpoints of {smaller:N0} and {larger:N0} leaves: {fault ?? "two histories under one key"}"));
                    console.WriteLine(proves ? "Proven: the log's key has signed two histories." : "NOT proven.");
                });
            return proves ? ExitCode.Ok : ExitCode.Refused;
        });
    }

    private static Command CreateSettle(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Argument<long?> id = new("ID") { Description = "Number of the evidence; none with --all.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> all = new("--all") { Description = "All that is open." };
        Option<string> by = new("--by") { Description = "Who decides.", HelpName = "NAME", Required = true };
        Command command = new("settle", "Says that a fork is dealt with: this node cosigns and accepts again. The evidence stays.") { id, all, by, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            long? one = parsed.GetValue(id);
            if (one is null != parsed.GetValue(all)) throw new RefusalException(Refusal.Invalid("EVIDENCE_UNNAMED", "Either the number of one piece of evidence is to be given, or --all.", "ID", "See the numbers with `gateway log evidence`."));
            long[] settled = one is { } named ? [named] : [.. (await LocalNode.AskAsync(folder, node => node.Neutrality.ListEvidenceAsync(new ListEvidenceRequest(), cancellationToken: cancellation))).Evidence.Where(kept => kept.SettledAt == 0).Select(kept => kept.Id)];
            foreach (long open in settled)
            {
                await LocalNode.AskAsync(folder, node => node.Neutrality.SettleEvidenceAsync(new SettleEvidenceRequest { Id = open, By = parsed.GetValue(by) }, cancellationToken: cancellation));
            }

            output.Result(new { Settled = settled, By = parsed.GetValue(by) }, console => console.WriteLine(settled.Length == 0 ? "Nothing is open." : string.Create(CultureInfo.InvariantCulture, $"Settled: {string.Join(", ", settled)}. The evidence stays.")));
            return ExitCode.Ok;
        });
    }

    private static (ulong Smaller, ulong Larger, string? Fault) Judge(ForkEvidence evidence, byte[] genesis)
    {
        LogVerifier? log = ForkProof.OpenGenesis(evidence.GenesisEntry.Span, genesis, out _);
        return (log?.Open(evidence.Smaller.Span, out _)?.Size ?? 0, log?.Open(evidence.Larger.Span, out _)?.Size ?? 0, ForkProof.FaultOf(evidence, genesis));
    }

    private static DateTimeOffset? Moment(long seconds) => seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);
}
