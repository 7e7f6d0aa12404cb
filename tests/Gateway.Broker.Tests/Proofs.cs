using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Broker.Tests;

/// <summary>Checks receipts as a publisher does: with nothing but what it sent, the log key and the receipt.</summary>
internal static class Proofs
{
    public static Checkpoint Open(TestNetwork network, ReadOnlySpan<byte> note)
    {
        LogVerifier verifier = new(TestBroker.Network, VerifyingKey.FromBytes(network.Broker.Core.View.Current.Genesis!.LogPk.Span));
        Checkpoint? checkpoint = verifier.Open(note, out string? fault);
        Assert.True(checkpoint is not null, fault);
        return checkpoint;
    }

    public static void AssertProves(TestNetwork network, Receipt receipt, CircleKey? circle = null)
    {
        Checkpoint checkpoint = Open(network, receipt.Checkpoint.Span);
        byte[] leaf = LeafData.Of(receipt.Index, (circle ?? network.Circle).RouteKey, receipt.Salt.Span, receipt.Entry.Span);
        Assert.True(MerkleProof.VerifyInclusion(receipt.Index, checkpoint.Size, LeafData.HashOf(leaf), [.. receipt.InclusionProof.Select(hash => TreeHash.FromBytes(hash.Span))], checkpoint.Root));
    }
}
