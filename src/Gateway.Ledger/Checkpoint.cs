using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Gateway.Ledger;

/// <summary>
/// What a log promises about its tree: the text of a C2SP tlog-checkpoint. Extension lines are refused, so that <see cref="ToText"/> of what
/// was parsed is always the very text that was signed.
/// </summary>
public sealed record Checkpoint
{
    /// <summary>A checkpoint of these values.</summary>
    /// <exception cref="ArgumentException">The origin is empty or holds a line break or another control character.</exception>
    public Checkpoint(string origin, ulong size, TreeHash root)
    {
        if (!IsOrigin(origin))
        {
            throw new ArgumentException("A checkpoint's origin is one non-empty line without control characters.", nameof(origin));
        }

        Origin = origin;
        Size = size;
        Root = root;
    }

    /// <summary>The log's name: one line.</summary>
    public string Origin { get; }

    /// <summary>The number of leaves.</summary>
    public ulong Size { get; }

    /// <summary>The root over them.</summary>
    public TreeHash Root { get; }

    /// <summary>The three lines, each ended by a newline: origin, size in decimal, root in base64.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root.ToArray())}\n");

    /// <summary>Reads the UTF-8 text of a note; <paramref name="error"/> says what is wrong with it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out Checkpoint? checkpoint, [NotNullWhen(false)] out string? error)
    {
        if (NoteText.TryDecode(text, out string? decoded))
        {
            return TryParse(decoded, out checkpoint, out error);
        }

        checkpoint = null;
        error = "The checkpoint is not UTF-8.";
        return false;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out Checkpoint?, out string?)"/>
    public static bool TryParse(string text, [NotNullWhen(true)] out Checkpoint? checkpoint, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        checkpoint = null;
        error = null;
        string[] lines = text.Split('\n', 5);
        if (lines.Length < 4 || (lines.Length == 4 && lines[3].Length > 0))
        {
            error = "The checkpoint is not three lines, each ended by a newline.";
        }
        else if (lines.Length > 4)
        {
            error = "The checkpoint has extension lines, which this log does not use.";
        }
        else if (!IsOrigin(lines[0]))
        {
            error = "The checkpoint's origin is empty or holds control characters.";
        }
        else if (!ulong.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong size) ||
            size.ToString(CultureInfo.InvariantCulture) != lines[1])
        {
            error = "The checkpoint's size is not a plain decimal number of 64 bits.";
        }
        else if (!NoteText.TryBase64(lines[2], out byte[]? root) || !TreeHash.TryFromBytes(root, out TreeHash hash))
        {
            error = "The checkpoint's root is not the base64 of 32 bytes.";
        }
        else
        {
            checkpoint = new Checkpoint(lines[0], size, hash);
        }

        return checkpoint is not null;
    }

    private static bool IsOrigin(string origin) => !string.IsNullOrEmpty(origin) && !origin.Contains('\n') && NoteText.IsAllowed(origin);
}
