using Gateway.Ledger;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Broker.Sequencing;

/// <summary>Proof that an entry is in the log and durable.</summary>
/// <param name="Index">Index of the leaf.</param>
/// <param name="Entry">The entry's bytes.</param>
/// <param name="Salt">Salt of the leaf, 16 bytes.</param>
/// <param name="Checkpoint">Signed note of the tree the leaf was committed in.</param>
/// <param name="InclusionProof">Audit path of the leaf in that tree (RFC 9162 §2.1.3.1).</param>
public sealed record LogReceipt(ulong Index, byte[] Entry, byte[] Salt, byte[] Checkpoint, IReadOnlyList<TreeHash> InclusionProof)
{
    /// <summary>The message form.</summary>
    public Receipt ToMessage()
    {
        Receipt receipt = new()
        {
            Index = Index,
            Entry = UnsafeByteOperations.UnsafeWrap(Entry),
            Salt = UnsafeByteOperations.UnsafeWrap(Salt),
            Checkpoint = UnsafeByteOperations.UnsafeWrap(Checkpoint),
        };
        foreach (TreeHash hash in InclusionProof) receipt.InclusionProof.Add(UnsafeByteOperations.UnsafeWrap(hash.ToArray()));
        return receipt;
    }
}
