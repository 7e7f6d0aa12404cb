using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Cryptography;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>What the two ends of a case can rely on, whatever is done to a message on its way.</summary>
public sealed class CaseSealingTests : IDisposable
{
    private static readonly byte[] Genesis = Sample.Bytes("genesis"), Salt = Sample.Bytes("record salt");
    private static readonly RecordId Record = RecordId.FromBytes(Sample.Bytes("record"));
    private static readonly ThreadId Thread = ThreadId.FromBytes(Sample.Bytes("thread").AsSpan(0, 16)), OtherThread = ThreadId.FromBytes(Sample.Bytes("other thread").AsSpan(0, 16));

    private readonly MemberKeys _asker = MemberKeys.FromSeed(Sample.MemberSeed), _contributor = MemberKeys.FromSeed(Sample.Bytes("contributor"));
    private readonly RecordKeys _record;
    private readonly BoxKey _return;

    public CaseSealingTests()
    {
        _record = _contributor.ForRecord(Salt);
        _return = _asker.ForThread(Thread);
    }

    public void Dispose()
    {
        _record.Dispose();
        _return.Dispose();
        _asker.Dispose();
        _contributor.Dispose();
    }

    [Fact]
    public void A_question_and_its_answer_open_at_the_other_end()
    {
        Assert.Equal("Where?", OpenQuestion(Ask("Where?").Sealed)?.Body.Text);
        CaseMessage? answer = OpenAnswer(Answer("Here.").Sealed);
        Assert.Equal(("Here.", null, null), (answer?.Body.Text, answer?.Sender, answer?.ReturnKey));
    }

    [Fact]
    public void No_byte_of_a_sealed_message_can_be_changed()
    {
        byte[] whole = Ask("Where?").Sealed;
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 0x10;
            Assert.True(OpenQuestion(changed) is null, $"byte {i}");
        }
    }

    [Fact]
    public void No_byte_of_what_is_signed_can_be_changed_by_who_opened_it()
    {
        byte[] statement = Answer("Here.").Statement;
        Assert.True(Verifies(statement, _return.PublicKey));
        for (int i = 0; i < statement.Length; i++)
        {
            byte[] changed = [.. statement];
            changed[i] ^= 1;
            Assert.False(Verifies(changed, _return.PublicKey), $"byte {i}");
        }

        Assert.False(Verifies(statement[..^1], _return.PublicKey));
        Assert.False(Verifies([.. statement, 0], _return.PublicKey));
        Assert.False(Verifies([], _return.PublicKey));
        Assert.False(Verifies(statement, _asker.Box.PublicKey)); // As if it had been said to somebody else.
    }

    [Fact]
    public void A_message_that_was_opened_cannot_be_passed_on_as_if_it_had_been_sent_there()
    {
        // Whom the asker has asked seals the question anew, to the contributor of another record or of the same.
        using RecordKeys other = _contributor.ForRecord(Sample.Bytes("another salt"));
        byte[] statement = Ask("Where?").Statement, padded = new byte[4_096 - BoxPublicKey.SealOverhead];
        statement.CopyTo(padded, 0);
        Assert.False(CaseSealer.TryOpen(other.Reply.PublicKey.Seal(padded), other.Reply, Genesis, SignerOfQuestion, out _, out _, out string? fault));
        Assert.Equal("The signature does not hold.", fault);
        Assert.True(CaseSealer.TryOpen(_record.Reply.PublicKey.Seal(padded), _record.Reply, Genesis, SignerOfQuestion, out _, out _, out _)); // The same again: the store tells that it came before.
    }

    [Fact]
    public void Another_thread_record_network_key_or_kind_is_refused()
    {
        Assert.Null(OpenQuestion(Ask("Where?", thread: OtherThread).Sealed));
        Assert.Null(OpenQuestion(Ask("Where?", record: RecordId.FromBytes(Sample.Bytes("other record"))).Sealed));
        Assert.Null(OpenQuestion(Ask("Where?", genesis: Sample.Bytes("other network")).Sealed));
        Assert.Null(OpenQuestion(Ask("Where?", signer: _contributor.Member).Sealed));
        Assert.Null(OpenQuestion(Answer("Here.").Sealed));
        Assert.Null(OpenAnswer(Ask("Where?").Sealed));
        Assert.Null(OpenAnswer(Seal(new CaseMessage(CaseMessageKind.Answer, Record, Thread, 1, 1, null, null, new CaseBody { Text = "Here." }), _asker.Member, _return.PublicKey).Sealed)); // Signed by anybody but the record.
        Assert.Null(OpenAnswer(Seal(new CaseMessage(CaseMessageKind.Answer, Record, OtherThread, 1, 1, null, null, new CaseBody { Text = "Here." }), _record.Signing, _return.PublicKey).Sealed));
    }

    [Fact]
    public void Who_answers_is_not_named_and_who_asks_is()
    {
        byte[] statement = Answer("Here.").Statement;
        foreach (byte[] name in new[] { _contributor.Member.PublicKey.ToArray(), _contributor.Box.PublicKey.ToArray(), _contributor.Node.PublicKey.ToArray() }) Assert.True(statement.AsSpan().IndexOf(name) < 0);
        Assert.Throws<ArgumentException>(() => Seal(new CaseMessage(CaseMessageKind.Answer, Record, Thread, 1, 1, Sample.Member, null, new CaseBody { Text = "x" }), _record.Signing, _return.PublicKey));
        Assert.Throws<ArgumentException>(() => Seal(new CaseMessage(CaseMessageKind.Question, Record, Thread, 1, 1, null, _return.PublicKey, new CaseBody { Text = "x" }), _asker.Member, _record.Reply.PublicKey));
        Assert.Throws<ArgumentException>(() => Seal(new CaseMessage(CaseMessageKind.Question, Record, Thread, 1, 1, Sample.Member, null, new CaseBody { Text = "x" }), _asker.Member, _record.Reply.PublicKey));
    }

    [Fact]
    public void Whatever_is_said_has_one_of_four_sizes() =>
        Prop.ForAll(Gen.Choose(1, CaseFormat.MaximumText).ToArbitrary(), length =>
        {
            byte[] sealedBytes = Ask(new string('x', length)).Sealed;
            int smallest = CaseFormat.SealedSizes.ToArray().First(size => size >= length + 300 || size == 65_536);
            return CaseFormat.IsSealedSize(sealedBytes.Length) && sealedBytes.Length <= smallest && OpenQuestion(sealedBytes)?.Body.Text.Length == length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void What_a_body_must_not_hold_is_neither_sealed_nor_believed()
    {
        CaseAttachment good = CaseAttachments.Seal("a.txt", "x"u8, RandomSource.System).Attachment;
        CaseBody[] bad =
        [
            new(), new() { Text = new string('ü', 16_385) }, new() { Identifiers = { new CaseIdentifier { Type = 256, Value = "x" } } }, new() { Identifiers = { new CaseIdentifier { Type = 1 } } },
            new() { Text = "x", Identifiers = { Enumerable.Repeat(new CaseIdentifier { Type = 1, Value = "x" }, 33) } }, new() { Attachments = { Enumerable.Range(0, 9).Select(_ => good) } },
            With(one => one.Name = "../x"), With(one => one.Name = "a\\b"), With(one => one.Name = "a\u202Etxt.exe"), With(one => one.Name = ""), With(one => one.Name = ".."), With(one => one.Size = 0), With(one => one.Size = 9 * 1_048_576),
            With(one => one.Key = ByteString.CopyFrom(new byte[31])), With(one => one.ChunkHashes.Add(ByteString.CopyFrom(new byte[32]))), With(one => one.ChunkHashes.Clear()), With(one => one.Sha256 = ByteString.Empty),
            new() { Text = "x", Referral = new CaseReferral { RecordPk = ByteString.CopyFrom(new byte[32]) } },
        ];
        foreach (CaseBody body in bad) Assert.Throws<ArgumentException>(() => Seal(new CaseMessage(CaseMessageKind.Question, Record, Thread, 1, 1, Sample.Member, _return.PublicKey, body), _asker.Member, _record.Reply.PublicKey));
        Assert.Throws<ArgumentException>(() => Ask("x", counter: 0));

        CaseBody With(Action<CaseAttachment> change)
        {
            CaseAttachment changed = good.Clone();
            change(changed);
            return new CaseBody { Attachments = { changed } };
        }
    }

    [Fact]
    public void A_file_comes_back_from_its_chunks_and_from_no_others()
    {
        foreach (int size in new[] { 1, 4_080, 4_081, CaseFormat.ChunkContent, CaseFormat.ChunkContent + 1, (2 * CaseFormat.ChunkContent) + 7 })
        {
            byte[] file = RandomNumberGenerator.GetBytes(size);
            (CaseAttachment attachment, IReadOnlyList<byte[]> chunks) = CaseAttachments.Seal("photo.jpg", file, RandomSource.System);
            Assert.Equal(CaseAttachments.ChunksOf(size), chunks.Count);
            List<byte> whole = [];
            for (int i = 0; i < chunks.Count; i++)
            {
                Assert.True(CaseFormat.IsSealedSize(chunks[i].Length));
                Assert.True(CaseAttachments.TryOpen(attachment, i, chunks[i], out byte[]? content));
                whole.AddRange(content);
                byte[] changed = [.. chunks[i]];
                changed[^1] ^= 1;
                Assert.False(CaseAttachments.TryOpen(attachment, i, changed, out _));
                if (chunks.Count > 1) Assert.False(CaseAttachments.TryOpen(attachment, (i + 1) % chunks.Count, chunks[i], out _));
            }

            Assert.Equal(file, whole);
        }

        byte[] same = "the same file"u8.ToArray();
        Assert.NotEqual(CaseAttachments.Seal("a", same, RandomSource.System).Attachment.ChunkHashes[0], CaseAttachments.Seal("a", same, RandomSource.System).Attachment.ChunkHashes[0]); // Nobody can tell that two have sent it.
    }

    [Fact]
    public void Whatever_somebody_seals_to_a_key_opens_or_is_refused_and_never_throws() =>
        Prop.ForAll(Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf().ToArbitrary(), bytes =>
        {
            byte[] padded = new byte[4_096 - BoxPublicKey.SealOverhead];
            bytes.AsSpan(0, Math.Min(bytes.Length, padded.Length)).CopyTo(padded);
            return !CaseSealer.TryOpen(_record.Reply.PublicKey.Seal(padded), _record.Reply, Genesis, SignerOfQuestion, out _, out _, out string? fault) && fault.Length > 0;
        }).QuickCheckThrowOnFailure();

    private SealedCaseMessage Ask(string text, ThreadId? thread = null, RecordId? record = null, byte[]? genesis = null, SigningKey? signer = null, uint counter = 1) => CaseSealer.Seal(
        new CaseMessage(CaseMessageKind.Question, record ?? Record, thread ?? Thread, counter, 1_800_000_000, Sample.Member, _return.PublicKey, new CaseBody { Text = text }), signer ?? _asker.Member, _record.Reply.PublicKey, genesis ?? Genesis);

    private SealedCaseMessage Answer(string text) => Seal(new CaseMessage(CaseMessageKind.Answer, Record, Thread, 1, 1_800_000_000, null, null, new CaseBody { Text = text }), _record.Signing, _return.PublicKey);

    private static SealedCaseMessage Seal(CaseMessage message, SigningKey signer, BoxPublicKey recipient) => CaseSealer.Seal(message, signer, recipient, Genesis);

    private VerifyingKey? SignerOfQuestion(CaseMessage message) => message.Kind == CaseMessageKind.Question && message.Record == Record && message.Thread == Thread && message.Sender == Sample.Member ? _asker.Member.PublicKey : null;

    private VerifyingKey? SignerOfAnswer(CaseMessage message) => message.Kind == CaseMessageKind.Answer && message.Record == Record && message.Thread == Thread ? _record.Signing.PublicKey : null;

    private CaseMessage? OpenQuestion(byte[] sealedBytes) => CaseSealer.TryOpen(sealedBytes, _record.Reply, Genesis, SignerOfQuestion, out CaseMessage? message, out _, out _) ? message : null;

    private CaseMessage? OpenAnswer(byte[] sealedBytes) => CaseSealer.TryOpen(sealedBytes, _return, Genesis, SignerOfAnswer, out CaseMessage? message, out _, out _) ? message : null;

    private bool Verifies(byte[] statement, BoxPublicKey recipient) => CaseSealer.TryVerify(statement, recipient, Genesis, SignerOfAnswer, out _, out _);
}
