using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Ledger;

/// <summary>A text with one or more signatures (C2SP signed-note). The text means nothing until <see cref="IsSignedBy"/> a trusted key.</summary>
public sealed class SignedNote
{
    /// <summary>The largest note read or made, in bytes.</summary>
    public const int MaxSize = 1_000_000;

    /// <summary>The most signatures a note may carry.</summary>
    public const int MaxSignatures = 1_000;

    private const string LineStart = "\u2014 ";
    private readonly byte[] _text;

    private SignedNote(string text, byte[] utf8, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        _text = utf8;
        Signatures = signatures;
    }

    /// <summary>The text, with its final newline.</summary>
    public string Text { get; }

    /// <summary>The signatures in their order, verified or not.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>Signs a text.</summary>
    /// <exception cref="ArgumentException">The text does not end in a newline or holds control characters, there is no signer, or the note gets too large.</exception>
    public static SignedNote Sign(string text, params INoteSigner[] signers)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(signers);
        if (!text.EndsWith('\n') || !NoteText.IsAllowed(text))
        {
            throw new ArgumentException("A note's text ends in a newline and holds no other control character.", nameof(text));
        }

        byte[] utf8 = NoteText.StrictUtf8.GetBytes(text);
        return Make(text, utf8, [.. signers.Select(signer => new NoteSignature(signer.KeyName, signer.KeyHash, signer.Sign(utf8)))]);
    }

    /// <summary>This note with further signatures, such as cosignatures, after its own. They are not verified here.</summary>
    /// <exception cref="ArgumentException">The note gets too large.</exception>
    public SignedNote With(params NoteSignature[] signatures) => Make(Text, _text, [.. Signatures, .. signatures]);

    /// <summary>The note with a further signature by <paramref name="signer"/>.</summary>
    public SignedNote SignedAlsoBy(INoteSigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return With(new NoteSignature(signer.KeyName, signer.KeyHash, signer.Sign(_text)));
    }

    /// <summary>
    /// Whether the key signed this text: at least one signature carries its name and id, and all that do hold. Signatures of other keys do
    /// not matter.
    /// </summary>
    public bool IsSignedBy(INoteVerifier verifier)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        bool signed = false;
        foreach (NoteSignature signature in Signatures)
        {
            if (signature.KeyName == verifier.KeyName && signature.KeyHash == verifier.KeyHash)
            {
                if (!verifier.Verify(_text, signature.Signature))
                {
                    return false;
                }

                signed = true;
            }
        }

        return signed;
    }

    /// <summary>The note as it travels: text, empty line, one line a signature; UTF-8.</summary>
    public byte[] ToBytes()
    {
        var lines = new StringBuilder(Text).Append('\n');
        foreach (NoteSignature signature in Signatures)
        {
            byte[] blob = new byte[4 + signature.Signature.Length];
            BinaryPrimitives.WriteUInt32BigEndian(blob, signature.KeyHash);
            signature.Signature.CopyTo(blob.AsSpan(4));
            lines.Append(LineStart).Append(signature.KeyName).Append(' ').Append(Convert.ToBase64String(blob)).Append('\n');
        }

        return NoteText.StrictUtf8.GetBytes(lines.ToString());
    }

    /// <summary>
    /// Reads a note; <paramref name="error"/> says what is wrong with it. What is read gives the same bytes again by <see cref="ToBytes"/>.
    /// No signature is verified here.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedNote? note, [NotNullWhen(false)] out string? error)
    {
        note = null;
        error = null;
        if (bytes.Length > MaxSize)
        {
            error = $"The note has {bytes.Length} bytes; {MaxSize} are allowed.";
            return false;
        }

        int separator = bytes.LastIndexOf("\n\n"u8);
        if (separator < 0 || bytes[^1] != '\n' || separator + 2 == bytes.Length)
        {
            error = "The note is not a text, an empty line and signature lines, each ended by a newline.";
            return false;
        }

        ReadOnlySpan<byte> utf8 = bytes[..(separator + 1)];
        if (!NoteText.TryDecode(bytes, out string? all) || !NoteText.IsAllowed(all))
        {
            error = "The note is not UTF-8, or holds control characters.";
            return false;
        }

        string[] lines = all[(all.LastIndexOf("\n\n", StringComparison.Ordinal) + 2)..^1].Split('\n', MaxSignatures + 1);
        if (lines.Length > MaxSignatures)
        {
            error = $"The note has more than {MaxSignatures} signatures.";
            return false;
        }

        var signatures = new NoteSignature[lines.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            if (!TryParseLine(lines[i], out signatures[i]!))
            {
                error = $"Signature line {i + 1} of the note is not a dash, a key name and the base64 of a key id and a signature.";
                return false;
            }
        }

        note = new SignedNote(NoteText.StrictUtf8.GetString(utf8), utf8.ToArray(), signatures);
        return true;
    }

    private static bool TryParseLine(string line, [NotNullWhen(true)] out NoteSignature? signature)
    {
        signature = null;
        if (!line.StartsWith(LineStart, StringComparison.Ordinal) || line[LineStart.Length..].Split(' ') is not [string name, string base64] ||
            !NoteText.IsKeyName(name) || !NoteText.TryBase64(base64, out byte[]? blob) || blob.Length < 5)
        {
            return false;
        }

        signature = new NoteSignature(name, BinaryPrimitives.ReadUInt32BigEndian(blob), blob.AsSpan(4));
        return true;
    }

    private static SignedNote Make(string text, byte[] utf8, NoteSignature[] signatures)
    {
        var note = new SignedNote(text, utf8, signatures);
        if (signatures.Length is 0 or > MaxSignatures || note.ToBytes().Length > MaxSize)
        {
            throw new ArgumentException(
                $"A note has 1 to {MaxSignatures} signatures and at most {MaxSize} bytes; this one has {signatures.Length} signatures.", nameof(signatures));
        }

        return note;
    }
}
