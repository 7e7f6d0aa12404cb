using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Contributions;

/// <summary>Where the leaves of a circle's epoch stand.</summary>
/// <param name="Circle">The circle.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Key">Its routing key.</param>
public sealed record CircleRoute(CircleId Circle, uint Epoch, RouteKey Key);

/// <summary>What a publisher checks of a receipt (protocol §6): it recomputes leaf and route from what it sent, and the proof from them.</summary>
public static class ReceiptCheck
{
    /// <summary>Checks the receipt of a submission. Null when it holds, else what does not.</summary>
    public static Refusal? FaultOf(Receipt receipt, Submission submission, MemberId member, CircleRoute circle, NetworkState state)
    {
        if (!TryParse(receipt, out Entry? entry) || entry.ContentCase != Entry.ContentOneofCase.RecordPublished) return Fault("its entry is not a RecordPublished", submission.RecordId);
        RecordPublished published = entry.RecordPublished;
        byte[] issuance = RecordFormat.IssuanceOf(submission.IssuanceSalt.Span, member, submission.RecordPk.Span, submission.MemberSignature.Span);
        bool same = published.RecordId == submission.RecordId && published.CircleId == submission.CircleId && published.Epoch == submission.Epoch && published.RecordPk == submission.RecordPk
            && published.Signature == submission.Signature && published.ExpiryDay == submission.ExpiryDay && published.Issuance.Span.SequenceEqual(issuance);
        return same ? FaultOfProof(receipt, circle, state, submission.RecordId) : Fault("its entry is not the one submitted", submission.RecordId);
    }

    /// <summary>Checks the receipt of a withdrawal. Null when it holds, else what does not.</summary>
    public static Refusal? FaultOf(Receipt receipt, WithdrawRequest request, CircleRoute circle, NetworkState state)
    {
        if (!TryParse(receipt, out Entry? entry) || entry.ContentCase != Entry.ContentOneofCase.RecordWithdrawn) return Fault("its entry is not a RecordWithdrawn", request.RecordId);
        RecordWithdrawn withdrawn = entry.RecordWithdrawn;
        bool isMine = withdrawn.Reason == request.Reason && withdrawn.ReplacementId == request.ReplacementId && withdrawn.Signature == request.Signature;

        // A dispute may have ended the record first: withdrawn it is all the same, and whether the dispute stands in the log the feed judges.
        bool isOfDispute = withdrawn.Reason is WithdrawalReason.DisputeUpheld or WithdrawalReason.DisputeOverdue && withdrawn.Signature.IsEmpty && withdrawn.ReplacementId.IsEmpty;
        bool same = (isMine || isOfDispute) && withdrawn.RecordId == request.RecordId && withdrawn.Epoch == circle.Epoch && withdrawn.CircleId.Span.SequenceEqual(circle.Circle.ToArray());
        return same ? FaultOfProof(receipt, circle, state, request.RecordId) : Fault("its entry is not the one submitted", request.RecordId);
    }

    /// <summary>The receipt is of a record that this node cannot place: it proves nothing here.</summary>
    public static Refusal Uncheckable(ByteString record) => Fault("this node knows neither circle nor epoch of the record", record);

    private static Refusal? FaultOfProof(Receipt receipt, CircleRoute circle, NetworkState state, ByteString record)
    {
        if (receipt.Salt.Length != LeafData.SaltSize) return Fault("its salt is not 16 bytes", record);
        byte[] leaf = LeafData.Of(receipt.Index, circle.Key, receipt.Salt.Span, receipt.Entry.Span);

        // The size comes from the signed checkpoint alone: a proof does not always bind it.
        Checkpoint? checkpoint = new LogVerifier(state.Network, VerifyingKey.FromBytes(state.Genesis!.LogPk.Span)).Open(receipt.Checkpoint.Span, out string? fault);
        if (checkpoint is null) return Fault(fault!, record);
        List<TreeHash> proof = [];
        foreach (ByteString hash in receipt.InclusionProof)
        {
            if (!TreeHash.TryFromBytes(hash.Span, out TreeHash node)) return Fault("its proof holds a hash of a wrong length", record);
            proof.Add(node);
        }

        return MerkleProof.VerifyInclusion(receipt.Index, checkpoint.Size, LeafData.HashOf(leaf), proof, checkpoint.Root) ? null : Fault("its inclusion proof does not hold", record);
    }

    private static bool TryParse(Receipt receipt, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Entry? entry)
    {
        try
        {
            entry = Entry.Parser.ParseFrom(receipt.Entry);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            entry = null;
            return false;
        }
    }

    private static Refusal Fault(string why, ByteString record) => Refusal.DataLoss(
        "RECEIPT_INVALID", $"The broker's receipt does not hold: {why}.", $"record {Convert.ToHexStringLower(record.Span)[..8]}", "Tell the broker's operator; keep this node's store as evidence.");
}
