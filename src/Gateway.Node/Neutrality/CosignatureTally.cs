using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Neutrality;

/// <summary>
/// Other members' cosignatures, each compared with this node's tree, and how many leaves they accept. A member that cosigned a larger tree vouches for everything below: the roots at its size
/// are equal here, so the trees are one. Not thread-safe.
/// </summary>
public sealed class CosignatureTally(ForkWatch forks, INeutralityStore store, Acceptance acceptance, MemberId member, int? quorum)
{
    private const int MostWaiting = 8;

    private readonly Dictionary<MemberId, CosignedCheckpoint> _holding = [];
    private readonly Dictionary<MemberId, List<CosignedCheckpoint>> _waiting = [];
    private IReadOnlyDictionary<MemberId, CosignedCheckpoint> _published = new Dictionary<MemberId, CosignedCheckpoint>();

    /// <summary>Each other member's newest cosignature that agrees with this node's tree. For any thread.</summary>
    public IReadOnlyDictionary<MemberId, CosignedCheckpoint> Holding => Volatile.Read(ref _published);

    /// <summary>Cosignatures of other members that a checkpoint needs: as set, else two or as many as there are others.</summary>
    public int QuorumOf(NetworkState state) => quorum ?? Math.Min(2, Others(state).Count());

    /// <summary>Reads what held when the node stopped.</summary>
    public async Task LoadAsync(NetworkState state, LogVerifier log, CancellationToken cancellation)
    {
        foreach (StoredCosignature stored in await store.ReadCosignaturesAsync(cancellation))
        {
            if (Open(stored.Note, state, log) is { } cosigned) _holding[cosigned.Member] = cosigned;
        }

        Publish();
    }

    /// <summary>Takes what the broker relays. What cannot be believed is passed over: whoever sent it, it says nothing.</summary>
    public void Take(IEnumerable<ReadOnlyMemory<byte>> notes, NetworkState state, LogVerifier log)
    {
        foreach (ReadOnlyMemory<byte> note in notes)
        {
            if (Open(note.Span, state, log) is not { } cosigned || cosigned.Member == member || !state.Members[cosigned.Member].IsActive) continue;
            if (!_waiting.TryGetValue(cosigned.Member, out List<CosignedCheckpoint>? waiting)) _waiting[cosigned.Member] = waiting = [];

            // The oldest stay: a tree that is always a little behind must reach some of them.
            if (waiting.Count == MostWaiting) waiting.RemoveAt(waiting.Count - 1);
            waiting.Add(cosigned);
        }
    }

    /// <summary>Compares what this node's tree has reached, and accepts what enough members have cosigned.</summary>
    public async Task SettleAsync(NodeView now, CancellationToken cancellation)
    {
        List<StoredCosignature> fresh = [];
        foreach ((MemberId other, List<CosignedCheckpoint> waiting) in _waiting)
        {
            foreach (CosignedCheckpoint cosigned in waiting.Where(one => one.Checkpoint.Size <= now.Size).OrderBy(one => one.Checkpoint.Size).ToArray())
            {
                waiting.Remove(cosigned);
                if (_holding.TryGetValue(other, out CosignedCheckpoint? held) && held.Checkpoint.Size >= cosigned.Checkpoint.Size && held.Note.Text == cosigned.Note.Text) continue;
                byte[] note = cosigned.Note.ToBytes();
                if ((await forks.CompareAsync(note, other.ToString(), cancellation)).Agreement != Agreement.Same) continue;
                if (held is not null && held.Checkpoint.Size >= cosigned.Checkpoint.Size) continue;
                _holding[other] = cosigned;
                fresh.RemoveAll(one => one.Member == other);
                fresh.Add(new StoredCosignature(other, cosigned.Checkpoint.Size, note));
            }
        }

        if (fresh.Count > 0) Publish();
        await acceptance.AdvanceAsync(fresh, forks.IsOpen ? 0 : AcceptedSize(now), cancellation);
    }

    private ulong AcceptedSize(NodeView now)
    {
        int needed = QuorumOf(now.State);
        if (needed == 0) return now.Size;
        ulong[] sizes = [.. Others(now.State).Where(_holding.ContainsKey).Select(other => _holding[other].Checkpoint.Size).OrderDescending()];
        return sizes.Length < needed ? 0 : sizes[needed - 1];
    }

    private IEnumerable<MemberId> Others(NetworkState state) => state.Members.Values.Where(other => other.IsActive && other.Id != member).Select(other => other.Id);

    private static CosignedCheckpoint? Open(ReadOnlySpan<byte> note, NetworkState state, LogVerifier log) =>
        CosignedCheckpoint.Open(note, log, state.Network, id => state.Members.TryGetValue(id, out NetworkMember? known) ? known.NodeKey : null, out _);

    private void Publish() => Volatile.Write(ref _published, new Dictionary<MemberId, CosignedCheckpoint>(_holding));
}
