using System.Security.Cryptography;
using Gateway.Cryptography;

namespace Gateway.Protocol;

/// <summary>Sizes and hashes of the record format (protocol §5).</summary>
public static class RecordFormat
{
    /// <summary>Version of the format: the first byte of a head.</summary>
    public const byte Version = 1;

    /// <summary>Length of rec_salt.</summary>
    public const int SaltSize = 32;

    /// <summary>Length of a content key (cek).</summary>
    public const int ContentKeySize = 32;

    /// <summary>Length of a head.</summary>
    public const int HeadSize = 124;

    /// <summary>Length of a slot's box: an encrypted content key.</summary>
    public const int BoxSize = ContentKeySize + 16;

    /// <summary>Length of a slot: tag ‖ box.</summary>
    public const int SlotSize = Tag.Size + BoxSize;

    /// <summary>Items are padded to a multiple of this many bytes before they are sealed.</summary>
    public const int ItemGranularity = 1_024;

    /// <summary>Longest item in bytes.</summary>
    public const int MaximumItem = 64 * 1_024;

    /// <summary>Longest summary in bytes.</summary>
    public const int MaximumSummary = 4 * 1_024;

    /// <summary>Longest body in bytes, before it is sealed.</summary>
    public const int MaximumBody = 32 * 1_024;

    /// <summary>Length of an issuance commitment and of its salt.</summary>
    public const int IssuanceSize = 32;

    /// <summary>Numbers of slots a record may have, after padding.</summary>
    public static ReadOnlySpan<int> SlotCounts => [8, 16, 32, 64];

    /// <summary>Numbers of name tags a record may have, after padding.</summary>
    public static ReadOnlySpan<int> NameTagCounts => [0, 16, 32, 64, 128, 256];

    /// <summary>record_id = SHA-256("gateway/v1/record" 00 ‖ circle_id ‖ u32 e ‖ LP4(item)).</summary>
    public static RecordId IdOf(CircleId circle, uint epoch, ReadOnlySpan<byte> item) =>
        RecordId.FromBytes(SHA256.HashData(new CanonicalWriter().Label("gateway/v1/record").Id(circle).U32(epoch).Prefixed(item).Written));

    /// <summary>issuance = SHA-256("gateway/v1/issuance" 00 ‖ salt[32] ‖ member_id ‖ record_pk ‖ member_sig): 32 bytes.</summary>
    public static byte[] IssuanceOf(ReadOnlySpan<byte> salt, MemberId member, ReadOnlySpan<byte> recordKey, ReadOnlySpan<byte> memberSignature) =>
        SHA256.HashData(new CanonicalWriter().Label("gateway/v1/issuance").Bytes(salt).Id(member).Bytes(recordKey).Bytes(memberSignature).Written);

    /// <summary>What the member key signs: "gateway/v1/issue" 00 ‖ record_id ‖ record_pk.</summary>
    public static byte[] IssueMessage(RecordId record, ReadOnlySpan<byte> recordKey) => new CanonicalWriter().Label("gateway/v1/issue").Id(record).Bytes(recordKey).ToArray();

    /// <summary>What the record key signs at publication: "gateway/v1/publish" 00 ‖ record_id ‖ u32 expiry_day ‖ issuance.</summary>
    public static byte[] PublishMessage(RecordId record, UtcDay expiry, ReadOnlySpan<byte> issuance) =>
        new CanonicalWriter().Label("gateway/v1/publish").Id(record).U32(expiry.Number).Bytes(issuance).ToArray();

    /// <summary>What the record key signs at withdrawal: "gateway/v1/withdraw" 00 ‖ record_id ‖ u16 reason ‖ replacement_id or zeros.</summary>
    /// <exception cref="OverflowException">The reason does not fit in u16; to verify what a peer sent, use <see cref="IsSignedBy"/>.</exception>
    public static byte[] WithdrawMessage(RecordId record, V1.WithdrawalReason reason, RecordId? replacement) =>
        new CanonicalWriter().Label("gateway/v1/withdraw").Id(record).U16(checked((ushort)reason)).Id(replacement ?? default).ToArray();

    /// <summary>
    /// Whether a withdrawal is signed by the record's own key. Total: a reason beyond u16, a replacement that is neither empty nor 32 bytes, anything from a peer is false, never an exception.
    /// </summary>
    /// <param name="withdrawal">The withdrawal.</param>
    /// <param name="recordKey">record_pk of the record withdrawn.</param>
    public static bool IsSignedBy(V1.RecordWithdrawn withdrawal, VerifyingKey recordKey)
    {
        RecordId replacement = default;
        return RecordId.TryFromBytes(withdrawal.RecordId.Span, out RecordId record)
            && (withdrawal.ReplacementId.IsEmpty || RecordId.TryFromBytes(withdrawal.ReplacementId.Span, out replacement))
            && (int)withdrawal.Reason is > 0 and <= ushort.MaxValue
            && recordKey.Verify(WithdrawMessage(record, withdrawal.Reason, replacement), withdrawal.Signature.Span);
    }

    /// <summary>Whether a withdrawal is the broker's own: without signature, for a legal reason, with a basis that everybody reads, and without replacement. The log says so for ever, and two operators decided it.</summary>
    public static bool IsByBroker(V1.RecordWithdrawn withdrawal) => withdrawal.Signature.IsEmpty && withdrawal.ReplacementId.IsEmpty
        && withdrawal.Reason == V1.WithdrawalReason.Legal && withdrawal.LegalBasis != V1.WithdrawalBasis.Unspecified;

    /// <summary>What a node signs when it reports that a record failed a check at its opening: "gateway/v1/misbind" 00 ‖ record_id ‖ u16 check.</summary>
    /// <exception cref="OverflowException">The check does not fit in u16.</exception>
    public static byte[] MisbindMessage(RecordId record, V1.MisbindCheck check) => new CanonicalWriter().Label("gateway/v1/misbind").Id(record).U16(checked((ushort)check)).ToArray();

    /// <summary>cek_commitment = SHA-256("gateway/v1/cek" 00 ‖ rec_salt ‖ cek): 32 bytes.</summary>
    internal static byte[] CommitmentOf(ReadOnlySpan<byte> recordSalt, ReadOnlySpan<byte> contentKey) =>
        SHA256.HashData(new CanonicalWriter().Label("gateway/v1/cek").Bytes(recordSalt).Bytes(contentKey).Written);

    /// <summary>aad of the body = SHA-256(LP4(head) ‖ LP4(summary) ‖ LP4(slots) ‖ LP4(name_tags)).</summary>
    internal static byte[] BodyContext(ReadOnlySpan<byte> head, ReadOnlySpan<byte> summary, ReadOnlySpan<byte> slots, ReadOnlySpan<byte> nameTags) =>
        SHA256.HashData(new CanonicalWriter().Prefixed(head).Prefixed(summary).Prefixed(slots).Prefixed(nameTags).Written);

    /// <summary>aad of the item = circle_id ‖ u32 e.</summary>
    internal static byte[] ItemContext(CircleId circle, uint epoch) => new CanonicalWriter().Id(circle).U32(epoch).ToArray();

    /// <summary>The smallest allowed count that holds so many; null when none does.</summary>
    internal static int? Padded(int count, ReadOnlySpan<int> allowed)
    {
        foreach (int size in allowed)
        {
            if (count <= size) return size;
        }

        return null;
    }
}
