using Gateway.Ledger;

namespace Gateway.Protocol.Log;

/// <summary>
/// The live digest of a circle at a size of the log: the RFC 6962 root over the record_ids that are live there, ascending, each id the leaf data (docs/protocol.md §12). Takes ids one by one; holds
/// no more than the tree's right edge. Two SHA-256 hashes an id.
/// </summary>
public sealed class LiveDigest
{
    private readonly LogFrontier _tree = new();
    private readonly byte[] _last = new byte[RecordId.Size];

    /// <summary>How many ids it covers.</summary>
    public ulong Count => _tree.Size;

    /// <summary>The digest of the ids added; SHA-256 of nothing when there are none.</summary>
    public TreeHash Value => _tree.Root;

    /// <summary>Adds the next id.</summary>
    /// <exception cref="ArgumentException">It does not ascend: the digest would be another than everybody else's.</exception>
    public void Add(RecordId id)
    {
        Span<byte> bytes = stackalloc byte[RecordId.Size];
        id.CopyTo(bytes);
        Add(bytes);
    }

    /// <summary>Adds the next id as its 32 bytes.</summary>
    /// <exception cref="ArgumentException">It is no id, or does not ascend.</exception>
    public void Add(ReadOnlySpan<byte> id)
    {
        if (id.Length != RecordId.Size) throw new ArgumentException($"A record id has {RecordId.Size} bytes, not {id.Length}.", nameof(id));
        if (_tree.Size > 0 && _last.AsSpan().SequenceCompareTo(id) >= 0) throw new ArgumentException($"Record {Convert.ToHexStringLower(id[..4])} does not come after {Convert.ToHexStringLower(_last.AsSpan(0, 4))}.", nameof(id));
        id.CopyTo(_last);
        _tree.Append(MerkleHash.Leaf(id));
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
