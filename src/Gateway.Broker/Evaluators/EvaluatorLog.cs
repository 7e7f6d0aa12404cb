using System.Text;
using Gateway.Broker.Certificates;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Broker.Evaluators;

/// <summary>
/// What an evaluator knows of the network: it reads the whole log from its beginning at every start, checks every leaf, every network-wide entry and every root, and keeps in memory only the members, the
/// OPRF keys and the tree's edge. On the disk is the newest checkpoint, so that a log once seen cannot be taken back. Of circles it knows nothing and needs nothing. One caller applies.
/// </summary>
public sealed class EvaluatorLog
{
    private readonly EvaluatorFiles _files;
    private readonly byte[] _genesisHash;
    private readonly TimeProvider _time;
    private readonly (ulong Size, string Note)? _seen;
    private readonly List<FeedLeaf> _batch = [];
    private LogFrontier _frontier = new();
    private long _confirmedAt;
    private ulong _newest;
    private ulong _batchStart;

    /// <summary>Begins at the beginning.</summary>
    public EvaluatorLog(EvaluatorFiles files, ReadOnlyMemory<byte> genesisHash, TimeProvider time)
    {
        _files = files;
        _genesisHash = genesisHash.ToArray();
        _time = time;
        if (!File.Exists(files.Checkpoint)) return;
        string note = File.ReadAllText(files.Checkpoint);
        if (SignedNote.TryParse(Encoding.UTF8.GetBytes(note), out SignedNote? parsed, out _) && Gateway.Ledger.Checkpoint.TryParse(parsed.Text, out Checkpoint? checkpoint, out _)) (_seen, _newest) = ((checkpoint.Size, note), checkpoint.Size);
    }

    /// <summary>The state at the newest verified checkpoint.</summary>
    public NetworkView View { get; } = NetworkView.Of(NetworkState.Empty);

    /// <summary>Leaves verified.</summary>
    public ulong Size => _frontier.Size;

    /// <summary>When the broker last showed that there is nothing newer, or brought it; null before.</summary>
    public DateTimeOffset? ConfirmedAt => Interlocked.Read(ref _confirmedAt) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Takes a message of the feed; with its checkpoint, everything since the one before is verified and counts.</summary>
    /// <exception cref="RefusalException">Something does not hold; nothing of the batch counts.</exception>
    public void Take(FollowResponse message)
    {
        if (_batch.Count == 0) _batchStart = message.FirstIndex;
        if (message.FirstIndex != _batchStart + (ulong)_batch.Count || _batchStart != _frontier.Size)
        {
            _batch.Clear();
            throw Fault("FEED_GAP", $"The broker sent leaf {message.FirstIndex} where another one is next.", $"leaf {_frontier.Size}");
        }

        _batch.AddRange(message.Leaves);
        if (message.Checkpoint.IsEmpty) return;
        try
        {
            Apply(message.Checkpoint);
        }
        finally
        {
            _batch.Clear();
        }
    }

    /// <summary>Begins a new reading of the feed where the last verified checkpoint is.</summary>
    public ulong Resume()
    {
        _batch.Clear();
        return _frontier.Size;
    }

    /// <summary>The broker's newest checkpoint: confirms that nothing is newer, when it is so.</summary>
    /// <exception cref="RefusalException">The log is shorter than it was, or another one.</exception>
    public void Confirm(ByteString note)
    {
        if (View.Current.Genesis is null) return;
        Checkpoint checkpoint = Open(note, View.Current);
        if (_seen is { } seen && checkpoint.Size < seen.Size) throw Fault("LOG_ROLLED_BACK", $"The broker shows a log of size {checkpoint.Size} where this evaluator has seen one of size {seen.Size}.", $"checkpoint {checkpoint.Size}");
        if (checkpoint.Size > Interlocked.Read(ref _newest)) Interlocked.Exchange(ref _newest, checkpoint.Size);
        if (checkpoint.Size == _frontier.Size)
        {
            if (checkpoint.Root != _frontier.Root) throw Fault("LOG_FORKED", "The broker's log of the same size has another root.", $"checkpoint {checkpoint.Size}");
            Interlocked.Exchange(ref _confirmedAt, _time.GetUtcNow().UtcTicks);
        }
    }

    private void Apply(ByteString note)
    {
        LogFrontier frontier = _frontier.Copy();
        NetworkState state = View.Current;
        foreach (FeedLeaf leaf in _batch)
        {
            ulong index = frontier.Size;
            if (!LeafData.IsWellFormed(leaf.LeafData.Span)) throw Fault("LEAF_MALFORMED", "A leaf is not 49 bytes of version 1.", $"leaf {index}");
            frontier.Append(LeafData.HashOf(leaf.LeafData.Span));
            if (LeafData.IsNetworkWide(leaf.LeafData.Span)) state = Apply(index, leaf, state);
            CheckAgainstSeen(frontier);
        }

        Checkpoint checkpoint = Open(note, state);
        if (checkpoint.Size != frontier.Size || checkpoint.Root != frontier.Root) throw Fault("ROOT_DIFFERS", $"The checkpoint of size {checkpoint.Size} has another root than the {frontier.Size} leaves received.", $"checkpoint {checkpoint.Size}");
        if (_seen is null || checkpoint.Size > _seen.Value.Size) CertificateFiles.ReplaceSecret(_files.Checkpoint, note.Span);
        _frontier = frontier;
        View.Replace(state, CircleHistory.Empty, [], checkpoint.Size);
        // Halfway through a log that is known to go on, nobody is served: whom it expels may come later.
        if (checkpoint.Size >= Interlocked.Read(ref _newest)) Interlocked.Exchange(ref _confirmedAt, _time.GetUtcNow().UtcTicks);
    }

    private NetworkState Apply(ulong index, FeedLeaf leaf, NetworkState state)
    {
        if (leaf.Entry.IsEmpty) throw Fault("ENTRY_HIDDEN", "The broker kept back a network-wide entry.", $"leaf {index}");
        if (!LeafData.CommitsTo(leaf.LeafData.Span, leaf.Salt.Span, leaf.Entry.Span)) throw Fault("ENTRY_ALTERED", "An entry is not the one its leaf commits to.", $"leaf {index}");
        if (index == 0 && !NetworkState.HashGenesis(leaf.Entry.Span).AsSpan().SequenceEqual(_genesisHash)) throw Fault("GENESIS_FOREIGN", "The log does not begin with the Genesis this evaluator pins.", "leaf 0");
        Entry entry;
        try
        {
            entry = Entry.Parser.ParseFrom(leaf.Entry);
        }
        catch (InvalidProtocolBufferException)
        {
            return state; // Of no effect for anybody; nodes raise the alarm.
        }

        // Circles are their members' business: their later epochs are not shown here, so that their state could not be told anyway.
        bool isOfCircle = entry.ContentCase is Entry.ContentOneofCase.CirclePolicy or Entry.ContentOneofCase.CircleMember or Entry.ContentOneofCase.KeyEpoch or Entry.ContentOneofCase.KeyGrant;
        if (isOfCircle) return state;

        // What contradicts the log is not believed here either; a kind that is not known may say that somebody is no member any more.
        if (entry.ContentCase == Entry.ContentOneofCase.None) throw Fault("ENTRY_UNKNOWN", "The log holds an entry of a kind that this program does not know.", $"leaf {index}");
        return state.TryApply(entry, leaf.Entry.Span, out NetworkState next) is null ? next : state;
    }

    private void CheckAgainstSeen(LogFrontier frontier)
    {
        if (_seen is not { } seen || frontier.Size != seen.Size) return;
        bool isSame = SignedNote.TryParse(Encoding.UTF8.GetBytes(seen.Note), out SignedNote? note, out _) && Gateway.Ledger.Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint, out _) && checkpoint.Root == frontier.Root;
        if (!isSame) throw Fault("LOG_FORKED", "The broker's log does not continue the one this evaluator has seen.", $"checkpoint {seen.Size}");
    }

    private static Checkpoint Open(ByteString note, NetworkState state)
    {
        if (state.Genesis is null) throw Fault("GENESIS_FOREIGN", "The log does not begin with Genesis.", "leaf 0");
        return new LogVerifier(state.Network, VerifyingKey.FromBytes(state.Genesis.LogPk.Span)).Open(note.Span, out string? fault) ?? throw Fault("CHECKPOINT_INVALID", fault!, "checkpoint");
    }

    private static RefusalException Fault(string code, string what, string which) => new(Refusal.DataLoss(code, what, which, "Tell the broker's operator; keep this evaluator's checkpoint file as evidence."));
}
