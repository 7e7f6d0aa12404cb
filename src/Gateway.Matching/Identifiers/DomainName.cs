using System.Globalization;
using System.Net;
using System.Text;

namespace Gateway.Matching.Identifiers;

/// <summary>Domain names (RFC 1035, RFC 5890): lower case, A-labels, without "www." and without what surrounds the host in a URL.</summary>
internal static class DomainName
{
    internal static Verdict Normalise(string clean)
    {
        string? host = Host(clean, out string _);
        if (host is null)
        {
            return Verdict.Refuse("domain-form", "is not a web address or domain name");
        }

        Verdict ascii = ToAscii(host);
        return ascii.Value is { } value ? Verdict.Accept(WithoutWww(value)) : ascii;
    }

    /// <summary>The host of a URL or of a bare host with an optional path, and what follows it; null if there is none.</summary>
    internal static string? Host(string clean, out string rest)
    {
        rest = "";
        string text = clean;
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            string name = text[..scheme].ToLowerInvariant();
            if (name is not ("http" or "https"))
            {
                return null;
            }

            text = text[(scheme + 3)..];
        }

        int end = text.AsSpan().IndexOfAny('/', '?', '#');
        if (end >= 0)
        {
            rest = text[end..];
            text = text[..end];
        }

        if (text.Contains('@', StringComparison.Ordinal))
        {
            return null;
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            if (colon + 1 < text.Length && !Characters.AllDigits(text.AsSpan(colon + 1)))
            {
                return null;
            }

            text = text[..colon];
        }

        return text.Length > 0 ? text : null;
    }

    /// <summary>The host in A-labels, or why it is none. IPv4 addresses are refused: they are lent, not owned.</summary>
    internal static Verdict ToAscii(string host)
    {
        if (host.Length > 253)
        {
            return Verdict.Refuse("domain-length", "is longer than a domain name can be");
        }

        // The ideographic full stops count as dots (RFC 3490 §3.1, kept by UTS #46).
        string[] labels = host.ToLowerInvariant().Replace('\u3002', '.').Replace('\uFF0E', '.').Replace('\uFF61', '.').TrimEnd('.').Split('.');
        if (labels.Length < 2)
        {
            return Verdict.Refuse("domain-form", "has no dot, so it is no public domain name");
        }

        for (int i = 0; i < labels.Length; i++)
        {
            if (ToAsciiLabel(labels[i]) is not { } label)
            {
                return Verdict.Refuse("domain-label", "holds a part that no domain name can have");
            }

            labels[i] = label;
        }

        string ascii = string.Join('.', labels);
        if (ascii.Length > 253)
        {
            return Verdict.Refuse("domain-length", "is longer than a domain name can be");
        }

        return labels[^1].Length < 2 || char.IsAsciiDigit(labels[^1][0]) || IPAddress.TryParse(ascii, out IPAddress? _)
            ? Verdict.Refuse("domain-top-level", "does not end in a top-level domain")
            : Verdict.Accept(ascii);
    }

    internal static string WithoutWww(string ascii) =>
        ascii.StartsWith("www.", StringComparison.Ordinal) && ascii.AsSpan(4).Contains('.') ? ascii[4..] : ascii;

    private static string? ToAsciiLabel(string label)
    {
        if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
        {
            return null;
        }

        bool ascii = true;
        foreach (Rune rune in label.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                // The underscore stands in no host name, but shops on some platforms have it.
                if (!char.IsAsciiLetterOrDigit((char)rune.Value) && rune.Value is not ('-' or '_'))
                {
                    return null;
                }
            }
            else if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark || rune.Value is 0xB7 or 0x375 or 0x5F3 or 0x5F4 or 0x30FB)
            {
                ascii = false;
            }
            else
            {
                return null;
            }
        }

        if (ascii)
        {
            return label;
        }

        string encoded = "xn--" + Punycode.Encode(label);
        return encoded.Length <= 63 ? encoded : null;
    }
}
