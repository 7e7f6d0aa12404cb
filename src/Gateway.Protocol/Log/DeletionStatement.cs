using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>
/// What a node says with an acknowledgement: everything that was withdrawn or had expired below a size of the log is deleted here, and this is what is live. Ed25519(node key, "gateway/v1/ack" 00 ‖
/// u64 size ‖ root ‖ u16 n ‖ n × (circle_id ‖ digest)), circles ascending (docs/protocol.md §12). A statement of deletion, not a proof of it.
/// </summary>
/// <param name="Size">Leaves of the log.</param>
/// <param name="Root">Root over them, as the node has computed it.</param>
/// <param name="Circles">The circles the node reads, ascending by id, none twice; at most 65,535.</param>
public sealed record DeletionStatement(ulong Size, TreeHash Root, IReadOnlyList<(CircleId Circle, TreeHash Digest)> Circles)
{
    /// <summary>Signs it.</summary>
    public byte[] Sign(SigningKey nodeKey) => nodeKey.Sign(ToBytes());

    /// <summary>Whether a node has signed it.</summary>
    public bool IsSignedBy(VerifyingKey nodeKey, ReadOnlySpan<byte> signature) => nodeKey.Verify(ToBytes(), signature);

    /// <summary>Reads the statement of an acknowledgement.</summary>
    /// <returns>Null when the root or one of the circles is malformed, or the circles are out of order.</returns>
    public static DeletionStatement? Read(AcknowledgeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        List<(CircleId Circle, TreeHash Digest)> circles = [];
        foreach (CircleDigest stated in request.Circles)
        {
            if (!CircleId.TryFromBytes(stated.CircleId.Span, out CircleId circle) || !TreeHash.TryFromBytes(stated.Digest.Span, out TreeHash digest)) return null;
            circles.Add((circle, digest));
        }

        return TreeHash.TryFromBytes(request.Root.Span, out TreeHash root) && new DeletionStatement(request.Size, root, circles) is { IsOrdered: true } statement ? statement : null;
    }

    /// <summary>Whether the circles ascend, none of them twice: only then two statements of one content are one string of bytes.</summary>
    public bool IsOrdered
    {
        get
        {
            for (int i = 1; i < Circles.Count; i++)
            {
                if (Circles[i - 1].Circle.ToArray().AsSpan().SequenceCompareTo(Circles[i].Circle.ToArray()) >= 0) return false;
            }

            return Circles.Count <= ushort.MaxValue;
        }
    }

    /// <summary>The bytes that are signed.</summary>
    public byte[] ToBytes()
    {
        CanonicalWriter writer = new CanonicalWriter().Label("gateway/v1/ack").U64(Size).Bytes(Root.ToArray()).U16(checked((ushort)Circles.Count));
        foreach ((CircleId circle, TreeHash digest) in Circles) writer.Id(circle).Bytes(digest.ToArray());
        return writer.ToArray();
    }
}
