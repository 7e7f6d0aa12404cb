using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Ledger;

/// <summary>What C2SP signed-note allows in a note and in a key name.</summary>
internal static class NoteText
{
    public static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Valid Unicode without ASCII control characters other than newline.</summary>
    public static bool IsAllowed(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int length) != OperationStatus.Done || (rune.Value < 0x20 && rune.Value != '\n'))
            {
                return false;
            }

            text = text[length..];
        }

        return true;
    }

    public static bool IsKeyName([NotNullWhen(true)] string? name)
    {
        if (string.IsNullOrEmpty(name) || !IsAllowed(name))
        {
            return false;
        }

        foreach (char c in name)
        {
            if (c == '+' || char.IsWhiteSpace(c))
            {
                return false;
            }
        }

        return true;
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        text = System.Text.Unicode.Utf8.IsValid(bytes) ? StrictUtf8.GetString(bytes) : null;
        return text is not null;
    }

    /// <summary>Standard base64 in its one canonical spelling: no spaces, padded, unused bits zero.</summary>
    public static bool TryBase64(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        byte[] buffer = new byte[(text.Length * 3 / 4) + 3];
        bytes = Convert.TryFromBase64String(text, buffer, out int written) && Convert.ToBase64String(buffer, 0, written) == text
            ? buffer[..written]
            : null;
        return bytes is not null;
    }
}
