using Gateway.Ledger;

namespace Gateway.Protocol.Log;

/// <summary>
/// The live digest of a circle at a size of the log: the RFC 6962 root over the record_ids that are live there, ascending, each id the leaf data (docs/protocol.md §12). Takes ids one by one; holds
/// no more than the tree's right edge. About 0.6 µs an id: two SHA-256 hashes.
/// </summary>
public sealed class LiveDigest
{
    private readonly LogFrontier _tree = new();
    private RecordId _last;

    /// <summary>How many ids it covers.</summary>
    public ulong Count => _tree.Size;

    /// <summary>The digest of the ids added; SHA-256 of nothing when there are none.</summary>
    public TreeHash Value => _tree.Root;

    /// <summary>Adds the next id.</summary>
    /// <exception cref="ArgumentException">It does not ascend: the digest would be another than everybody else's.</exception>
    public void Add(RecordId id)
    {
        Span<byte> bytes = stackalloc byte[RecordId.Size];
        Span<byte> last = stackalloc byte[RecordId.Size];
        id.CopyTo(bytes);
        _last.CopyTo(last);
        if (_tree.Size > 0 && last.SequenceCompareTo(bytes) >= 0) throw new ArgumentException($"Record {id.Prefix} does not come after {_last.Prefix}.", nameof(id));
        _last = id;
        _tree.Append(MerkleHash.Leaf(bytes));
    }

    /// <summary>The digest of a set of ids, in any order; the same id twice counts once.</summary>
    public static TreeHash Of(IEnumerable<RecordId> ids)
    {
        LiveDigest digest = new();
        foreach (RecordId id in ids.Distinct().OrderBy(id => id, Comparer<RecordId>.Create(Compare))) digest.Add(id);
        return digest.Value;
    }

    /// <summary>The order of ids: by bytes, first byte first.</summary>
    public static int Compare(RecordId left, RecordId right)
    {
        Span<byte> a = stackalloc byte[RecordId.Size], b = stackalloc byte[RecordId.Size];
        left.CopyTo(a);
        right.CopyTo(b);
        return a.SequenceCompareTo(b);
    }
}
