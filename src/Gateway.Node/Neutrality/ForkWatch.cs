using System.Security.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Neutrality;

/// <summary>How somebody's checkpoint and this node's tree stand to each other.</summary>
public enum Agreement
{
    /// <summary>The tree has the checkpoint's root at its size.</summary>
    Same,

    /// <summary>The checkpoint is larger than the tree: remembered, and compared when the tree is that large.</summary>
    Ahead,

    /// <summary>They are of two histories, and the log key has signed both.</summary>
    Forked,

    /// <summary>It is no checkpoint of this log.</summary>
    Unreadable,
}

/// <summary>The result of a comparison.</summary>
/// <param name="Agreement">How they stand.</param>
/// <param name="Size">Size of the checkpoint; 0 where it cannot be read.</param>
/// <param name="Evidence">Proof of the fork, where there is one.</param>
/// <param name="Fault">What is wrong with an unreadable one.</param>
public sealed record Comparison(Agreement Agreement, ulong Size, ForkEvidence? Evidence = null, string? Fault = null);

/// <summary>
/// Compares every checkpoint that anybody shows with this node's own tree. Each node holds the whole tree, so every earlier root can be computed; a larger checkpoint is remembered until the tree
/// has reached it. While a fork is open this node neither cosigns nor accepts. Screening goes on.
/// </summary>
public sealed class ForkWatch(OwnLog log, INodeStore store, Func<NodeView> view, LogConditions conditions, TimeProvider time) : IDisposable
{
    /// <summary>The source of what the broker itself shows.</summary>
    public const string Broker = "broker";

    /// <summary>The source of what people bring.</summary>
    public const string File = "file";

    private const int MostSightings = 64;

    private readonly SemaphoreSlim _deciding = new(1);
    private volatile bool _isOpen;

    /// <summary>Whether a fork is known that nobody has dealt with.</summary>
    public bool IsOpen => _isOpen;

    /// <inheritdoc/>
    public void Dispose() => _deciding.Dispose();

    /// <summary>Reads from the store what is open.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await _deciding.WaitAsync(cancellation);
        try
        {
            await LoadOpenAsync(cancellation);
        }
        finally
        {
            _deciding.Release();
        }
    }

    private async Task LoadOpenAsync(CancellationToken cancellation)
    {
        StoredForkEvidence[] open = [.. (await store.Neutrality.ReadEvidenceAsync(cancellation)).Where(evidence => evidence.SettledAt is null)];
        _isOpen = open.Length > 0;
        conditions.Clear(LogConditions.Forked);
        foreach (StoredForkEvidence evidence in open) await conditions.RaiseAsync(Describe(evidence.Source, ForkEvidence.Parser.ParseFrom(evidence.Evidence)), cancellation, evidence.Evidence);
    }

    /// <summary>Compares a checkpoint; one that is ahead is remembered.</summary>
    /// <param name="note">The note.</param>
    /// <param name="source">Who showed it: a member's id in hex, <see cref="Broker"/> or <see cref="File"/>.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<Comparison> CompareAsync(ReadOnlyMemory<byte> note, string source, CancellationToken cancellation)
    {
        string? fault = "this node has not read the log yet.";
        if (log.Verifier?.Open(note.Span, out fault) is not { } theirs) return new Comparison(Agreement.Unreadable, 0, Fault: fault);
        if (theirs.Size == 0) return new Comparison(Agreement.Unreadable, 0, Fault: "a checkpoint of an empty log says nothing.");
        if (await log.OpenAsync(cancellation) is not var (head, tree)) return new Comparison(Agreement.Unreadable, theirs.Size, Fault: fault);
        if (theirs.Size > head.Size)
        {
            await store.Neutrality.AddSightingAsync(new StoredSighting(0, theirs.Size, source, note.ToArray()), MostSightings, cancellation);
            return new Comparison(Agreement.Ahead, theirs.Size);
        }

        TreeHash own = tree.RootAt(theirs.Size);
        if (own == theirs.Root)
        {
            await AgreeAsync(source, theirs.Size, cancellation);
            return new Comparison(Agreement.Same, theirs.Size);
        }

        ForkEvidence evidence = ForkProof.Of(await log.ReadGenesisAsync(cancellation), note.Span, head.Note, own, tree.ConsistencyProof(theirs.Size, head.Size), time.GetUtcNow());
        return await RaiseAsync(evidence, source, theirs.Size, cancellation);
    }

    /// <summary>Compares the checkpoint of a receipt as soon as it is taken: a broker that answers out of a tree of its own would otherwise be believed until somebody asks.</summary>
    public Task<Comparison> CompareReceiptAsync(byte[] receipt, CancellationToken cancellation) => CompareAsync(Receipt.Parser.ParseFrom(receipt).Checkpoint.Memory, Broker, cancellation);

    /// <summary>
    /// Compares a checkpoint that is larger than this node's tree by what its holder says of it: its root at a smaller size of this node's, and the proof that this is so.
    /// </summary>
    /// <param name="note">The larger checkpoint.</param>
    /// <param name="mine">This node's note, as it was shown to the holder.</param>
    /// <param name="root">The holder's root at the size of <paramref name="mine"/>.</param>
    /// <param name="proof">Consistency proof between the two sizes.</param>
    /// <param name="source">Who.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<Comparison> CompareLargerAsync(ReadOnlyMemory<byte> note, ReadOnlyMemory<byte> mine, TreeHash root, IReadOnlyList<TreeHash> proof, string source, CancellationToken cancellation)
    {
        string? fault = "this node has not read the log yet.";
        if (log.Verifier is not { } verifier || verifier.Open(note.Span, out fault) is not { } theirs || verifier.Open(mine.Span, out fault) is not { } own) return new Comparison(Agreement.Unreadable, 0, Fault: fault);
        if (!MerkleProof.VerifyConsistency(own.Size, theirs.Size, root, theirs.Root, proof)) return new Comparison(Agreement.Unreadable, theirs.Size, Fault: "the proof that comes with the checkpoint does not hold.");
        if (root == own.Root)
        {
            await AgreeAsync(source, theirs.Size, cancellation);
            return new Comparison(Agreement.Same, theirs.Size);
        }

        ForkEvidence evidence = ForkProof.Of(await log.ReadGenesisAsync(cancellation), mine.Span, note.Span, root, proof, time.GetUtcNow());
        return await RaiseAsync(evidence, source, theirs.Size, cancellation);
    }

    /// <summary>Compares what was ahead and is not any more.</summary>
    public async Task CompareRememberedAsync(CancellationToken cancellation)
    {
        foreach (StoredSighting sighting in await store.Neutrality.ReadSightingsAsync(view().Size, cancellation))
        {
            await CompareAsync(sighting.Note, sighting.Source, cancellation);
            await store.Neutrality.DeleteSightingAsync(sighting.Id, cancellation);
        }
    }

    /// <summary>Says that a fork is dealt with.</summary>
    /// <exception cref="RefusalException">There is no such evidence.</exception>
    public async Task SettleAsync(long id, string by, CancellationToken cancellation)
    {
        if (!await store.Neutrality.SettleEvidenceAsync(id, time.GetUtcNow(), by, cancellation)) throw new RefusalException(Refusal.NotFound("EVIDENCE_UNKNOWN", "There is no evidence with this number.", $"evidence {id}", "See `gateway log evidence`."));
        await LoadAsync(cancellation);
    }

    // Trees only grow: who had another history and has this one now has read the log anew.
    private async Task AgreeAsync(string source, ulong size, CancellationToken cancellation)
    {
        if (!_isOpen || !MemberId.TryParse(source, out _)) return;
        bool settled = false;
        foreach (StoredForkEvidence evidence in await store.Neutrality.ReadEvidenceAsync(cancellation))
        {
            if (evidence.Source != source || evidence.SettledAt is not null || SmallerSizeOf(evidence) > size) continue;
            await store.Neutrality.SettleEvidenceAsync(evidence.Id, time.GetUtcNow(), "", cancellation);
            settled = true;
        }

        if (settled) await LoadAsync(cancellation);
    }

    private ulong SmallerSizeOf(StoredForkEvidence evidence) => log.Verifier?.Open(ForkEvidence.Parser.ParseFrom(evidence.Evidence).Smaller.Span, out _)?.Size ?? ulong.MaxValue;

    private async Task<Comparison> RaiseAsync(ForkEvidence evidence, string source, ulong size, CancellationToken cancellation)
    {
        await _deciding.WaitAsync(cancellation);
        try
        {
            _isOpen = true;
            byte[] bytes = evidence.ToByteArray();

            // One proof of each source is enough while nobody has dealt with it; a log that goes on would give another with every batch.
            bool isKnown = (await store.Neutrality.ReadEvidenceAsync(cancellation)).Any(kept => kept.Source == source && kept.SettledAt is null);
            if (!isKnown) await store.Neutrality.AddEvidenceAsync(new StoredForkEvidence(0, DigestOf(evidence), source, bytes), cancellation);
            await conditions.RaiseAsync(Describe(source, evidence), cancellation, bytes);
        }
        finally
        {
            _deciding.Release();
        }

        return new Comparison(Agreement.Forked, size, evidence);
    }

    // By the texts: the same two checkpoints with other cosignatures are the same fork.
    private static byte[] DigestOf(ForkEvidence evidence) => SHA256.HashData([.. TextOf(evidence.Smaller), .. TextOf(evidence.Larger)]);

    private static byte[] TextOf(ByteString note) => SignedNote.TryParse(note.Span, out SignedNote? parsed, out _) ? System.Text.Encoding.UTF8.GetBytes(parsed.Text) : note.ToByteArray();

    private Refusal Describe(string source, ForkEvidence evidence) => Refusal.DataLoss(
        LogConditions.Forked,
        $"The log's key has signed two histories: {NameOf(source)} showed a checkpoint (the smaller of the two has {log.Verifier?.Open(evidence.Smaller.Span, out _)?.Size} leaves) that is not of the log this node has verified. Cosigning and acceptance wait; screening goes on.",
        MemberId.TryParse(source, out MemberId id) ? $"member {id.Prefix}" : source,
        "Take the evidence (`gateway log evidence --out FILE`) to the other members and to the broker's operator.");

    /// <summary>A source as people read it.</summary>
    public string NameOf(string source) => MemberId.TryParse(source, out MemberId id) ? (view().State.Members.TryGetValue(id, out NetworkMember? member) ? member.Name : $"member {id.Prefix}") : source == File ? "a file" : "the broker";
}
