using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Ledger.Tests;

public sealed class SignedNoteTests
{
    private const string Text = "example.com/log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    private const string Line = "\u2014 a AAAAAQI=\n";

    [Fact]
    public void A_log_signs_members_cosign_and_each_key_finds_its_own_signature()
    {
        using var log = new TestKey("example.com/log");
        using var first = new TestKey("member-1", NoteKey.CosignatureV1);
        using var second = new TestKey("member-2", NoteKey.CosignatureV1);
        using var stranger = new TestKey("member-3", NoteKey.CosignatureV1);

        SignedNote note = SignedNote.Sign(Text, log).SignedAlsoBy(first);
        SignedNote elsewhere = SignedNote.Sign(Text, log).SignedAlsoBy(second);
        note = note.With(elsewhere.Signatures[1]);
        Assert.True(SignedNote.TryParse(note.ToBytes(), out SignedNote? read, out _));

        Assert.Equal(Text, read.Text);
        Assert.Equal(["example.com/log", "member-1", "member-2"], read.Signatures.Select(signature => signature.KeyName));
        Assert.All([log, first, second], key => Assert.True(read.IsSignedBy(key)));
        Assert.False(read.IsSignedBy(stranger));
        Assert.True(Cosignature.TrySplit(read.Signatures[1].Signature, out long time, out _));
        Assert.Equal(TestKey.CosignedAt, time);
    }

    [Fact]
    public void A_key_of_the_same_name_but_another_id_or_of_the_same_id_but_another_name_is_another_key()
    {
        using var log = new TestKey("example.com/log");
        using var cosigner = new TestKey("example.com/log", NoteKey.CosignatureV1);
        SignedNote note = SignedNote.Sign(Text, log).With(new NoteSignature("other", log.KeyHash, new byte[64]));
        Assert.False(note.IsSignedBy(cosigner));
        Assert.True(note.IsSignedBy(log));
    }

    [Fact]
    public void One_false_signature_of_a_key_spoils_its_true_one()
    {
        using var log = new TestKey("example.com/log");
        SignedNote note = SignedNote.Sign(Text, log);
        var copied = new NoteSignature(log.KeyName, log.KeyHash, SignedNote.Sign(Text + "more\n", log).Signatures[0].Signature);
        Assert.True(note.With(note.Signatures[0]).IsSignedBy(log));
        Assert.False(note.With(copied).IsSignedBy(log));
    }

    [Fact]
    public void A_text_keeps_its_empty_lines()
    {
        using var key = new TestKey("key");
        foreach (string text in new[] { "\n", "\n\n", "a\n\nb\n", "a\n\n\n", "a\n\n" + Line + "b\n" })
        {
            Assert.True(SignedNote.TryParse(SignedNote.Sign(text, key).ToBytes(), out SignedNote? note, out string? error), error);
            Assert.Equal(text, note.Text);
            Assert.True(note.IsSignedBy(key));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData(Line)]
    [InlineData("text\n" + Line)]
    [InlineData("text\n\n\u2014 a AAAAAQI=")]
    [InlineData("text\n\n" + Line + "\n")]
    [InlineData("text\n\n" + Line + "trailer\n")]
    [InlineData("text\n\n- a AAAAAQI=\n")]
    [InlineData("text\n\n\u2014a AAAAAQI=\n")]
    [InlineData("text\n\n\u2014  AAAAAQI=\n")]
    [InlineData("text\n\n\u2014 a  AAAAAQI=\n")]
    [InlineData("text\n\n\u2014 a AAAAAQI= \n")]
    [InlineData("text\n\n\u2014 a+b AAAAAQI=\n")]
    [InlineData("text\n\n\u2014 a\u2003b AAAAAQI=\n")]
    [InlineData("text\n\n\u2014 a AAAAAQ==\n")]
    [InlineData("text\n\n\u2014 a AAAAAQJ=\n")]
    [InlineData("text\n\n\u2014 a AAAAAQI\n")]
    [InlineData("text\r\n\n" + Line)]
    [InlineData("te\0xt\n\n" + Line)]
    public void What_is_not_a_note_is_refused_with_a_reason(string text)
    {
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(text), out SignedNote? note, out string? error));
        Assert.Null(note);
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused()
    {
        byte[] good = Encoding.UTF8.GetBytes("text\n\n" + Line);
        Assert.True(SignedNote.TryParse(good, out _, out _));
        Assert.False(SignedNote.TryParse([0xC3, .. good], out _, out _));
        Assert.False(SignedNote.TryParse([0xED, 0xA0, 0x80, .. good], out _, out _));
    }

    [Fact]
    public void Size_and_number_of_signatures_are_limited()
    {
        string most = "text\n\n" + string.Concat(Enumerable.Repeat(Line, SignedNote.MaxSignatures));
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(most), out SignedNote? note, out _));
        Assert.Equal(SignedNote.MaxSignatures, note.Signatures.Count);
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(most + Line), out _, out _));
        Assert.Throws<ArgumentException>(() => note.With(note.Signatures[0]));

        string tail = "\n\n" + Line;
        int room = SignedNote.MaxSize - Encoding.UTF8.GetByteCount(tail);
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(new string('x', room) + tail), out _, out _));
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(new string('x', room + 1) + tail), out _, out _));
    }

    [Fact]
    public void What_could_not_be_read_back_cannot_be_signed()
    {
        using var key = new TestKey("key");
        foreach (string text in new[] { "", "no newline", "tab\t\n", "\uD800\n", new string('x', SignedNote.MaxSize) + "\n" })
        {
            Assert.Throws<ArgumentException>(() => SignedNote.Sign(text, key));
        }

        Assert.Throws<ArgumentException>(() => SignedNote.Sign(Text));
    }

    [Fact]
    public void Any_bytes_are_either_refused_or_written_back_as_they_came() =>
        Prop.ForAll(Gen.ListOf(Gen.Elements("text", "\n", "\n\n", "\u2014 ", "a", " ", "AAAAAQI=", Line, "\u0001", "é")).ToArbitrary(), parts =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(parts));
            return SignedNote.TryParse(bytes, out SignedNote? note, out string? error)
                ? error is null && note.ToBytes().AsSpan().SequenceEqual(bytes)
                : note is null && error is not null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
}
