using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Log;

/// <summary>
/// Proof that the log key signed two histories: two checkpoints, and where their sizes differ a consistency proof from the larger one's tree that has another root at the smaller size. Nobody
/// can make one up without the log key, and everybody can check it who pins the Genesis hash.
/// </summary>
public static class ForkProof
{
    /// <summary>Puts two checkpoints together, the smaller one first.</summary>
    /// <param name="genesisEntry">The Genesis entry's bytes.</param>
    /// <param name="smaller">Note of the smaller size.</param>
    /// <param name="larger">Note of the larger or the same size.</param>
    /// <param name="rootInLarger">The larger tree's root at the smaller size.</param>
    /// <param name="proof">Consistency proof between the sizes in the larger tree; empty for equal sizes.</param>
    /// <param name="foundAt">When.</param>
    public static ForkEvidence Of(ReadOnlySpan<byte> genesisEntry, ReadOnlySpan<byte> smaller, ReadOnlySpan<byte> larger, TreeHash rootInLarger, IEnumerable<TreeHash> proof, DateTimeOffset foundAt) => new()
    {
        GenesisEntry = ByteString.CopyFrom(genesisEntry),
        Smaller = ByteString.CopyFrom(smaller),
        Larger = ByteString.CopyFrom(larger),
        RootInLarger = ByteString.CopyFrom(rootInLarger.ToArray()),
        ConsistencyProof = { proof.Select(hash => ByteString.CopyFrom(hash.ToArray())) },
        FoundAt = foundAt.ToUnixTimeSeconds(),
    };

    /// <summary>Null where the evidence proves a fork of the network with this Genesis; else why not.</summary>
    /// <param name="evidence">The evidence.</param>
    /// <param name="genesisHash">SHA-256 of the Genesis entry, 32 bytes.</param>
    public static string? FaultOf(ForkEvidence evidence, ReadOnlySpan<byte> genesisHash)
    {
        if (OpenGenesis(evidence.GenesisEntry.Span, genesisHash, out string? fault) is not { } log) return fault;
        if (log.Open(evidence.Smaller.Span, out fault) is not { } smaller) return $"The smaller checkpoint: {fault}";
        if (log.Open(evidence.Larger.Span, out fault) is not { } larger) return $"The larger checkpoint: {fault}";
        if (!TreeHash.TryFromBytes(evidence.RootInLarger.Span, out TreeHash root)) return "The root at the smaller size is not 32 bytes.";
        if (root == smaller.Root) return "Both checkpoints have the same root at the smaller size: they are of one history.";
        if (!TryHashes(evidence.ConsistencyProof, out List<TreeHash> proof)) return "The consistency proof holds a hash of a wrong length.";
        return MerkleProof.VerifyConsistency(smaller.Size, larger.Size, root, larger.Root, proof) ? null : "The consistency proof does not show that root in the larger tree.";
    }

    /// <summary>The log's key by the Genesis entry; null, with the reason, where the entry is not the one that is pinned.</summary>
    public static LogVerifier? OpenGenesis(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> genesisHash, out string? fault)
    {
        fault = "The Genesis entry is not the one of this network.";
        if (!NetworkState.HashGenesis(entry).AsSpan().SequenceEqual(genesisHash)) return null;
        try
        {
            Genesis? genesis = Entry.Parser.ParseFrom(entry).Genesis;
            fault = "The Genesis entry names no usable log key.";
            if (genesis is null || !VerifyingKey.TryFromBytes(genesis.LogPk.Span, out VerifyingKey key)) return null;
            fault = null;
            return new LogVerifier(genesis.Network, key);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Hashes out of a message; false where one has not 32 bytes.</summary>
    public static bool TryHashes(IEnumerable<ByteString> messages, out List<TreeHash> hashes)
    {
        hashes = [];
        foreach (ByteString message in messages)
        {
            if (!TreeHash.TryFromBytes(message.Span, out TreeHash hash)) return false;
            hashes.Add(hash);
        }

        return true;
    }
}
