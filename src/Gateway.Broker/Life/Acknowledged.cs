using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Life;

/// <summary>A member's newest acknowledgement, read.</summary>
/// <param name="Stored">As it is kept.</param>
/// <param name="Statement">What it states. Of a malformed one, what of it could be read: fewer circles than it has.</param>
/// <param name="Circles">The digests by circle.</param>
internal sealed record Acknowledged(StoredAcknowledgement Stored, DeletionStatement Statement, IReadOnlyDictionary<CircleId, TreeHash> Circles)
{
    /// <summary>Leaves of the log it speaks of.</summary>
    public ulong Size => Stored.Size;

    public static Acknowledged Read(StoredAcknowledgement stored) => Read(stored, AcknowledgeRequest.Parser.ParseFrom(stored.Request));

    public static Acknowledged Read(StoredAcknowledgement stored, AcknowledgeRequest request)
    {
        List<(CircleId Circle, TreeHash Digest)> circles = [];
        Dictionary<CircleId, TreeHash> byCircle = [];
        foreach (CircleDigest stated in request.Circles)
        {
            if (!CircleId.TryFromBytes(stated.CircleId.Span, out CircleId circle) || !TreeHash.TryFromBytes(stated.Digest.Span, out TreeHash digest) || !byCircle.TryAdd(circle, digest)) continue;
            circles.Add((circle, digest));
        }

        TreeHash.TryFromBytes(request.Root.Span, out TreeHash root);
        return new Acknowledged(stored, new DeletionStatement(request.Size, root, circles), byCircle);
    }
}
