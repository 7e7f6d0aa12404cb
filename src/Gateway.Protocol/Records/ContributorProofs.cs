using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol;

/// <summary>Checks a statement of who contributed a record, with nothing but the Genesis hash that every node pins (docs/protocol.md, Reveal).</summary>
public static class ContributorProofs
{
    /// <summary>Checks everything: both entries stand in the log that Genesis names, the commitment opens, and the member's key signed the record.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="genesisHash">SHA-256 of the Genesis entry, 32 bytes: what the checker pins.</param>
    /// <param name="contributor">The contributor's own statement of who it is; null where something does not hold.</param>
    /// <returns>Null, or what does not hold, one sentence.</returns>
    public static string? FindFault(ContributorProof proof, ReadOnlySpan<byte> genesisHash, out MemberJoined? contributor)
    {
        contributor = null;
        if (!NetworkState.HashGenesis(proof.Genesis.Span).AsSpan().SequenceEqual(genesisHash)) return "The proof is of another network: its Genesis is not the one that is pinned.";
        if (!TryParse(proof.Genesis, out Entry? first) || first.ContentCase != Entry.ContentOneofCase.Genesis || !VerifyingKey.TryFromBytes(first.Genesis.LogPk.Span, out VerifyingKey logKey)) return "The Genesis entry cannot be read.";
        LogVerifier log = new(first.Genesis.Network, logKey);
        if (FindFault(proof.Record, log, out Entry? published) is { } recordFault) return "Of the record's entry: " + recordFault;
        if (FindFault(proof.Member, log, out Entry? joined) is { } memberFault) return "Of the member's entry: " + memberFault;
        if (published.ContentCase != Entry.ContentOneofCase.RecordPublished) return "The record's entry publishes no record.";
        if (FindFault(proof, published.RecordPublished) is { } openingFault) return openingFault;
        if (joined.ContentCase != Entry.ContentOneofCase.MemberJoined || !Statements.TryRead(joined.MemberJoined, MemberJoined.Parser, out MemberJoined? stated)
            || stated.MemberId != proof.MemberId || !MemberId.TryFromBytes(stated.MemberId.Span, out MemberId member) || !VerifyingKey.TryFromBytes(stated.MemberPk.Span, out VerifyingKey memberKey))
        {
            return "The member's entry is not the one by which this member joined.";
        }

        if (!Statements.ValidSigners(joined.MemberJoined, nameof(MemberJoined), genesisHash, signer => signer == member ? memberKey : null).Contains(member)) return "The member did not sign the statement by which it joined.";
        if (!memberKey.Verify(RecordFormat.IssueMessage(RecordId.FromBytes(proof.RecordId.Span), proof.RecordPk.Span), proof.MemberSignature.Span)) return "The member's key did not sign the record.";
        contributor = stated;
        return null;
    }

    // The entry commits to the contributor; the proof must open exactly this commitment.
    private static string? FindFault(ContributorProof proof, RecordPublished entry)
    {
        if (proof.RecordId.Length != RecordId.Size || proof.Salt.Length != 32 || proof.RecordPk.Length != VerifyingKey.Size || proof.MemberSignature.Length != SigningKey.SignatureSize || !MemberId.TryFromBytes(proof.MemberId.Span, out MemberId member)) return "A part of the opening has another length than it should.";
        if (entry.RecordId != proof.RecordId || entry.RecordPk != proof.RecordPk || entry.Issuance != proof.Issuance) return "The record's entry is of another record, key or commitment than the proof.";
        if (!RecordFormat.IssuanceOf(proof.Salt.Span, member, proof.RecordPk.Span, proof.MemberSignature.Span).AsSpan().SequenceEqual(entry.Issuance.Span)) return "The opening does not give the commitment in the log.";
        bool isSigned = VerifyingKey.TryFromBytes(entry.RecordPk.Span, out VerifyingKey key)
            && key.Verify(RecordFormat.PublishMessage(RecordId.FromBytes(entry.RecordId.Span), new UtcDay(entry.ExpiryDay), entry.Issuance.Span), entry.Signature.Span);
        return isSigned ? null : "The record key did not sign the commitment.";
    }

    private static string? FindFault(ProvenEntry? proven, LogVerifier log, [NotNull] out Entry? entry)
    {
        entry = new Entry();
        if (proven?.Receipt is not { } receipt) return "it is missing.";
        if (!LeafData.CommitsTo(proven.LeafData.Span, receipt.Salt.Span, receipt.Entry.Span)) return "it is not the one its leaf commits to.";
        if (log.Open(receipt.Checkpoint.Span, out string? fault) is not { } checkpoint) return fault!;
        if (receipt.InclusionProof.Any(hash => hash.Length != TreeHash.Size)
            || !MerkleProof.VerifyInclusion(receipt.Index, checkpoint.Size, LeafData.HashOf(proven.LeafData.Span), [.. receipt.InclusionProof.Select(hash => TreeHash.FromBytes(hash.Span))], checkpoint.Root))
        {
            return "it is not in the log of the checkpoint.";
        }

        if (!TryParse(receipt.Entry, out Entry? parsed)) return "it cannot be read.";
        entry = parsed;
        return null;
    }

    private static bool TryParse(ByteString bytes, [NotNullWhen(true)] out Entry? entry)
    {
        try
        {
            entry = Entry.Parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            entry = null;
            return false;
        }
    }
}
