using System.Text;
using System.Text.Json;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Auditing;

/// <summary>A cosignature as an auditor sees it.</summary>
/// <param name="Name">The cosigner's key name.</param>
/// <param name="Size">Size of the checkpoint.</param>
/// <param name="CosignedAt">When, by the cosigner's clock; null where it does not hold.</param>
/// <param name="Standing">VERIFIED, KEY_UNKNOWN or INVALID.</param>
public sealed record AuditedCosignature(string Name, ulong Size, DateTimeOffset? CosignedAt, string Standing);

/// <summary>What an audit found.</summary>
public sealed class AuditReport
{
    /// <summary>The log's key.</summary>
    public string Key { get; set; } = "";

    /// <summary>Leaves verified in all.</summary>
    public ulong Size { get; set; }

    /// <summary>Leaves that an earlier audit had verified.</summary>
    public ulong VerifiedBefore { get; set; }

    /// <summary>Root over all leaves, hex.</summary>
    public string Root { get; set; } = "";

    /// <summary>Network-wide leaves among those verified now.</summary>
    public ulong NetworkWide { get; set; }

    /// <summary>Entries opened with the file of entries.</summary>
    public ulong EntriesOpened { get; set; }

    /// <summary>Members that have cosigned, newest checkpoint each.</summary>
    public List<AuditedCosignature> Cosignatures { get; } = [];

    /// <summary>What does not hold.</summary>
    public List<Refusal> Faults { get; } = [];

    /// <summary>Proof of a fork, where there is one.</summary>
    public ForkEvidence? Evidence { get; set; }

    /// <summary>The checkpoint that was verified.</summary>
    public string Checkpoint { get; set; } = "";

    /// <summary>The log's Genesis entry, served now or at an earlier audit; null where it never was.</summary>
    public byte[]? Genesis { get; set; }
}

/// <summary>Audits a log from outside, without being a member: everything that stands in its tiles, from zero or from where an earlier audit ended. Memory does not grow with the log.</summary>
/// <param name="source">The log.</param>
/// <param name="trust">What is trusted beforehand.</param>
/// <param name="time">Clock.</param>
public sealed class PublicAudit(HttpTiles source, LogTrust trust, TimeProvider time)
{
    private const int MostFaults = 100;

    /// <summary>Keys of cosigners beyond those in the entries.</summary>
    public IReadOnlyList<NoteKey> Cosigners { get; init; } = [];

    /// <summary>What a member has exported, or null.</summary>
    public EntryFile? Entries { get; init; }

    /// <summary>Runs the audit.</summary>
    /// <param name="readState">Reads the state of an earlier audit under the log's key.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="RefusalException">The log is not the one that is trusted, or the state is of another.</exception>
    /// <exception cref="TileUnavailableException">Something cannot be had.</exception>
    public async Task<AuditReport> RunAsync(Func<NoteKey, Task<AuditState?>> readState, CancellationToken cancellation)
    {
        (LogVerifier verifier, NoteKey key, byte[]? served) = await trust.OpenAsync(source, cancellation);
        AuditState? state = await readState(key);
        byte[]? genesis = served ?? (LogTrust.Names(state?.Genesis, key) ? state!.Genesis : null);
        AuditReport report = new() { Key = key.ToString(), Genesis = genesis };
        byte[] note = await source.TryReadAsync("checkpoint", cancellation) ?? throw new TileUnavailableException("checkpoint", "the server does not have it");
        if (verifier.Open(note, out string? fault) is not { } checkpoint)
        {
            Add(report, "CHECKPOINT_INVALID", fault!, "checkpoint", "Do not trust this log before its operator has explained it.");
            return report;
        }

        (report.Size, report.Checkpoint) = (checkpoint.Size, Encoding.UTF8.GetString(note));
        TileAudit audit = new(source, checkpoint.Size);
        try
        {
            (ulong from, TreeHash root) = await BeginAsync(report, audit, verifier, checkpoint, note, genesis, state, cancellation);
            if (report.Faults.Count > 0) return report;
            TreeHash rebuilt = await audit.RunAsync(from, root, (index, leaf) => Visit(report, index, leaf.Span), cancellation);
            report.Root = rebuilt.ToString();
            report.EntriesOpened = Entries?.Opened ?? 0;
            if (rebuilt != checkpoint.Root) Add(report, "ROOT_DIFFERS", "The entries do not add up to the root that the checkpoint signs.", "checkpoint", "Keep checkpoint and tiles; ask the broker's operator, and other members for their checkpoint of this size.");
            else await CheckCosignaturesAsync(report, audit, verifier, key, checkpoint, note, genesis, cancellation);
        }
        catch (TileAuditException tile)
        {
            Add(report, "TILE_DIFFERS", tile.Message, tile.Path, "Fetch it again; where it stays so, keep it with the checkpoint and ask the broker's operator.");
        }

        return report;
    }

    private async Task<(ulong From, TreeHash Root)> BeginAsync(AuditReport report, TileAudit audit, LogVerifier verifier, Checkpoint now, byte[] note, byte[]? genesis, AuditState? state, CancellationToken cancellation)
    {
        // The hash tiles are whole and are those of the checkpoint, or they could not tell about anything earlier.
        if (await audit.AskTreeAsync(now.Size, tree => tree.Root, cancellation) != now.Root) throw new TileAuditException("tile", "the hash tiles do not have the root that the checkpoint signs");
        if (state is null) return (0, MerkleHash.EmptyRoot);
        byte[] beforeNote = Encoding.UTF8.GetBytes(state.Checkpoint);
        Checkpoint before = verifier.Open(beforeNote, out _) ?? throw new RefusalException(Refusal.Invalid("AUDIT_STATE_UNREADABLE", "The checkpoint in the state is not signed by this log.", "state", "Name another file to begin anew."));
        if (now.Size < before.Size)
        {
            Add(report, "LOG_ROLLED_BACK", $"The log shows {now.Size} leaves where an earlier audit verified a signed checkpoint of {before.Size}.", "checkpoint", "Keep the state file: it holds the larger checkpoint. Ask the broker's operator, and members whether they hold it too.");
            return default;
        }

        TreeHash then = await audit.AskTreeAsync(now.Size, tree => tree.RootAt(before.Size), cancellation);
        if (then != before.Root) await ForkAsync(report, audit, before, beforeNote, now, note, genesis, cancellation);
        report.VerifiedBefore = Entries is null ? before.Size : 0;
        return Entries is null ? (before.Size, before.Root) : (0, MerkleHash.EmptyRoot); // Entries are held against the leaves themselves, all of them.
    }

    private async Task ForkAsync(AuditReport report, TileAudit audit, Checkpoint smaller, byte[] smallerNote, Checkpoint larger, byte[] largerNote, byte[]? genesis, CancellationToken cancellation)
    {
        Add(report, "LOG_FORKED", $"The log's key has signed two histories: its tree of {larger.Size} leaves has another root at {smaller.Size} than the checkpoint it signed.", $"checkpoint {smaller.Size}", "Take the evidence to members and operators.");
        (TreeHash root, IReadOnlyList<TreeHash> proof) = await audit.AskTreeAsync(larger.Size, tree => (tree.RootAt(smaller.Size), tree.ConsistencyProof(smaller.Size, larger.Size)), cancellation);
        if (genesis is null) Add(report, "GENESIS_MISSING", "The log does not serve its Genesis entry, and no earlier audit has kept it: the evidence does not name the key it proves something about.", "genesis", "Keep the evidence; it is whole with the first entry of a member's export (`gateway log export`).");
        report.Evidence ??= ForkProof.Of(genesis ?? [], smallerNote, largerNote, root, proof, time.GetUtcNow());
    }

    private void Visit(AuditReport report, ulong index, ReadOnlySpan<byte> leaf)
    {
        if (!LeafData.IsWellFormed(leaf))
        {
            Add(report, "LEAF_MALFORMED", "A leaf is not 49 bytes of version 1.", $"leaf {index}", "Use the newest program; if it says the same, ask the broker's operator.");
            return;
        }

        if (LeafData.IsNetworkWide(leaf)) report.NetworkWide++;
        if (Entries?.Take(index, leaf) is { } fault && report.Faults.Count < MostFaults) report.Faults.Add(fault);
    }

    private async Task CheckCosignaturesAsync(AuditReport report, TileAudit audit, LogVerifier verifier, NoteKey log, Checkpoint now, byte[] note, byte[]? genesis, CancellationToken cancellation)
    {
        Dictionary<string, AuditedCosignature> newest = [];
        foreach (byte[] cosigned in SplitOf(note).Concat(await ReadCosignedAsync(cancellation)))
        {
            if (verifier.Open(cosigned, out _) is not { } checkpoint || !SignedNote.TryParse(cosigned, out SignedNote? parsed, out _)) continue; // Not even the log's: it says nothing.
            if (checkpoint.Size <= now.Size && checkpoint.Size > 0 && await audit.AskTreeAsync(now.Size, tree => tree.RootAt(checkpoint.Size), cancellation) != checkpoint.Root) await ForkAsync(report, audit, checkpoint, cosigned, now, note, genesis, cancellation);
            NoteSignature line = parsed.Signatures[^1];
            if (newest.TryGetValue(line.KeyName, out AuditedCosignature? other) && other.Size >= checkpoint.Size) continue;
            newest[line.KeyName] = Judge(cosigned, line, checkpoint, verifier, log.Name);
        }

        report.Cosignatures.AddRange(newest.Values.OrderBy(cosignature => cosignature.Name, StringComparer.Ordinal));
        foreach (AuditedCosignature invalid in newest.Values.Where(cosignature => cosignature.Standing == "INVALID")) Add(report, "COSIGNATURE_INVALID", "A cosignature does not hold under its member's key.", invalid.Name, "Ask the broker's operator where it comes from.");
    }

    private AuditedCosignature Judge(byte[] cosigned, NoteSignature line, Checkpoint checkpoint, LogVerifier verifier, string network)
    {
        VerifyingKey? key = KeyOf(line, network);
        if (key is null) return new AuditedCosignature(line.KeyName, checkpoint.Size, null, "KEY_UNKNOWN");
        CosignedCheckpoint? opened = CosignedCheckpoint.Open(cosigned, verifier, network, _ => key, out _);
        return new AuditedCosignature(line.KeyName, checkpoint.Size, opened?.At, opened is null ? "INVALID" : "VERIFIED");
    }

    private VerifyingKey? KeyOf(NoteSignature line, string network)
    {
        if (Cosigners.FirstOrDefault(stated => stated.Name == line.KeyName) is { Algorithm: NoteKey.CosignatureV1 } known && VerifyingKey.TryFromBytes(known.PublicKey, out VerifyingKey key)) return key;
        return Cosigner.TryReadName(network, line.KeyName, out MemberId member) && Entries?.State.Members.TryGetValue(member, out NetworkMember? joined) == true ? joined.NodeKey : null;
    }

    // A note of each cosignature alone, as the board keeps them.
    private static IEnumerable<byte[]> SplitOf(byte[] note)
    {
        if (!SignedNote.TryParse(note, out SignedNote? parsed, out _)) yield break;
        string text = Encoding.UTF8.GetString(note);
        string[] lines = text[(text.LastIndexOf("\n\n", StringComparison.Ordinal) + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string origin = parsed.Text.Split('\n')[0];
        string[] own = [.. lines.Where(line => line.StartsWith($"\u2014 {origin} ", StringComparison.Ordinal))];
        foreach (string line in lines.Except(own)) yield return Encoding.UTF8.GetBytes($"{parsed.Text}\n{string.Concat(own.Select(signature => signature + "\n"))}{line}\n");
    }

    private async Task<IEnumerable<byte[]>> ReadCosignedAsync(CancellationToken cancellation)
    {
        try
        {
            byte[]? list = await source.TryReadAsync("cosignatures", cancellation);
            return list is null ? [] : (JsonSerializer.Deserialize<string[]>(list) ?? []).Select(Encoding.UTF8.GetBytes);
        }
        catch (JsonException)
        {
            return []; // A mirror need not have them.
        }
    }

    private static void Add(AuditReport report, string code, string what, string which, string remedy)
    {
        if (report.Faults.Count < MostFaults) report.Faults.Add(Refusal.DataLoss(code, what, which, remedy));
    }
}
