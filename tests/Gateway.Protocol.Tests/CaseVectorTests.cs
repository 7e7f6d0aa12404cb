using Gateway.Cryptography;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>Messages of cases: made twice from the same inputs, by hand from docs/protocol.md, Cases and by Gateway.Protocol.</summary>
public sealed class CaseVectorTests
{
    private const ulong SentAt = 1_800_000_000;

    private static readonly byte[] Genesis = Sample.Bytes("genesis"), Record = Sample.Bytes("record"), Thread = Sample.Bytes("thread")[..16], Salt = Sample.Bytes("record salt");

    [Fact]
    public void The_vectors_of_a_case_are_what_the_page_says() => Assert.Equal(VectorFile.Read("case.json", ByThePage), ByThePage());

    [Fact]
    public void The_product_makes_the_bytes_of_a_case()
    {
        SortedDictionary<string, string> golden = VectorFile.Read("case.json", ByThePage);
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using RecordKeys record = keys.ForRecord(Salt);
        using BoxKey returnKey = keys.ForThread(ThreadId.FromBytes(Thread));
        Assert.Equal(golden["return_pk"], Hex(returnKey.PublicKey.ToArray()));
        CaseMessage question = new(CaseMessageKind.Question, RecordId.FromBytes(Record), ThreadId.FromBytes(Thread), 1, SentAt, Sample.Member, returnKey.PublicKey, Asking);
        CaseMessage answer = new(CaseMessageKind.Answer, RecordId.FromBytes(Record), ThreadId.FromBytes(Thread), 2, SentAt, null, null, Answering);
        CaseMessage referral = new(CaseMessageKind.Referral, RecordId.FromBytes(Record), ThreadId.FromBytes(Thread), 3, SentAt, Sample.Member, null, Asking);
        Assert.Equal(golden["question.statement"], Hex(CaseSealer.Seal(question, keys.Member, record.Reply.PublicKey, Genesis).Statement));
        Assert.Equal(golden["answer.statement"], Hex(CaseSealer.Seal(answer, record.Signing, returnKey.PublicKey, Genesis).Statement));
        Assert.Equal(golden["referral.statement"], Hex(CaseSealer.Seal(referral, keys.Member, keys.Box.PublicKey, Genesis).Statement));
        (CaseAttachment attachment, IReadOnlyList<byte[]> chunks) = CaseAttachments.Seal("label.txt", Plain.Ascii("batch 7"), new SeededRandomSource("gateway vectors: attachment"));
        Assert.Equal(golden["attachment.message"], Hex(attachment.ToByteArray()));
        Assert.Equal(golden["attachment.chunk_hash"], Hex(CaseFormat.HashOf(chunks[0])));
    }

    [Fact]
    public void A_message_sealed_long_ago_still_opens()
    {
        SortedDictionary<string, string> kept = VectorFile.Read("case-sealed.json", SealNow);
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using RecordKeys record = keys.ForRecord(Salt);
        byte[] sealedBytes = Convert.FromHexString(kept["question.sealed"]);
        Assert.Equal(4_096, sealedBytes.Length);
        Assert.True(CaseSealer.TryOpen(sealedBytes, record.Reply, Genesis, message => message.Sender == Sample.Member ? keys.Member.PublicKey : null, out CaseMessage? message, out byte[]? statement, out string? fault), fault);
        Assert.Equal(VectorFile.Read("case.json", ByThePage)["question.statement"], Hex(statement));
        Assert.Equal(Asking, message.Body);
    }

    private static CaseBody Asking => new() { Text = "Which warehouse?" };

    private static CaseBody Answering => new() { Text = "Hall nine.", Identifiers = { new CaseIdentifier { Type = 1, Value = "a@b.example" } } };

    private static SortedDictionary<string, string> SealNow()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using RecordKeys record = keys.ForRecord(Salt);
        using BoxKey returnKey = keys.ForThread(ThreadId.FromBytes(Thread));
        CaseMessage question = new(CaseMessageKind.Question, RecordId.FromBytes(Record), ThreadId.FromBytes(Thread), 1, SentAt, Sample.Member, returnKey.PublicKey, Asking);
        return new(StringComparer.Ordinal) { ["question.sealed"] = Hex(CaseSealer.Seal(question, keys.Member, record.Reply.PublicKey, Genesis).Sealed) };
    }

    private static SortedDictionary<string, string> ByThePage()
    {
        byte[] memberSeed = Plain.Derive(Sample.MemberSeed, "gateway/v1/member-key"), recordSeed = Plain.Derive(Sample.MemberSeed, "gateway/v1/record-key", salt: Salt);
        byte[] replyPk = Plain.BoxPublic(Plain.Derive(Sample.MemberSeed, "gateway/v1/reply-key", salt: Salt)), returnPk = Plain.BoxPublic(Plain.Derive(Sample.MemberSeed, "gateway/v1/return-key", salt: Thread));
        byte[] boxPk = Plain.BoxPublic(Plain.Derive(Sample.MemberSeed, "gateway/v1/box-key")), member = Sample.Member.ToArray(), none = new byte[16], noKey = new byte[32];
        byte[] question = Content(1, 1, member, returnPk, Asking), answer = Content(2, 2, none, noKey, Answering), referral = Content(3, 3, member, noKey, Asking);
        byte[] key = new SeededRandomSource("gateway vectors: attachment").GetBytes(32), file = Plain.Ascii("batch 7");
        byte[] chunk = Plain.Aead(key, new byte[24], [.. file, .. new byte[4_096 - 16 - file.Length]], [.. Plain.Label("gateway/v1/attachment"), .. Plain.U32(0), .. Plain.U32(1), .. Plain.U64((ulong)file.Length)]);
        CaseAttachment attachment = new() { Name = "label.txt", Size = (ulong)file.Length, Sha256 = ByteString.CopyFrom(Plain.Sha(file)), Key = ByteString.CopyFrom(key), ChunkHashes = { ByteString.CopyFrom(Plain.Sha(chunk)) } };
        return new(StringComparer.Ordinal)
        {
            ["input.member_seed"] = Hex(Sample.MemberSeed),
            ["input.member_id"] = Hex(member),
            ["input.rec_salt"] = Hex(Salt),
            ["input.genesis_hash"] = Hex(Genesis),
            ["input.record_id"] = Hex(Record),
            ["input.thread"] = Hex(Thread),
            ["input.sent_at"] = "1800000000",
            ["reply_pk"] = Hex(replyPk),
            ["return_pk"] = Hex(returnPk),
            ["question.content"] = Hex(question),
            ["question.statement"] = Hex(Statement(question, memberSeed, "gateway/v1/case", replyPk)),
            ["answer.content"] = Hex(answer),
            ["answer.statement"] = Hex(Statement(answer, recordSeed, "gateway/v1/answer", returnPk)),
            ["referral.content"] = Hex(referral),
            ["referral.statement"] = Hex(Statement(referral, memberSeed, "gateway/v1/referral", boxPk)),
            ["attachment.file"] = Hex(file),
            ["attachment.key"] = Hex(key),
            ["attachment.chunk_hash"] = Hex(Plain.Sha(chunk)),
            ["attachment.message"] = Hex(attachment.ToByteArray()),
        };
    }

    private static byte[] Content(byte kind, uint counter, byte[] sender, byte[] returnPk, CaseBody body) =>
        [1, kind, .. Record, .. Thread, .. Plain.U32(counter), .. Plain.U64(SentAt), .. sender, .. returnPk, .. Plain.Lp4(body.ToByteArray())];

    private static byte[] Statement(byte[] content, byte[] seed, string label, byte[] recipient) => [.. Plain.Lp4(content), .. Plain.Sign(seed, Plain.Label(label), Genesis, recipient, Plain.Lp4(content))];

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
