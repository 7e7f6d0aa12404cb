namespace Gateway.Matching.Identifiers;

/// <summary>Pages of a store on somebody else's site: host and path. Query and fragment hold sessions and campaigns, so they are left out.</summary>
internal static class StorePage
{
    internal static Verdict Normalise(string clean)
    {
        if (clean.Contains(' ', StringComparison.Ordinal))
        {
            return Verdict.Refuse("url-form", "holds a space");
        }

        string? host = DomainName.Host(clean, out string rest);
        if (host is null)
        {
            return Verdict.Refuse("url-form", "is not a web address");
        }

        Verdict domain = DomainName.ToAscii(host);
        if (domain.Value is not { } ascii)
        {
            return domain;
        }

        int end = rest.AsSpan().IndexOfAny('?', '#');
        string path = Path(end >= 0 ? rest[..end] : rest);
        return path.Length == 0
            ? Verdict.Refuse("url-path", "names a site and no page on it: state it as a website")
            : Verdict.Accept(Bare(ascii) + path);
    }

    private static string Bare(string ascii)
    {
        string bare = DomainName.WithoutWww(ascii);

        // The mobile twin of a page is the same page.
        return bare.StartsWith("m.", StringComparison.Ordinal) && bare.AsSpan(2).Contains('.') ? bare[2..] : bare;
    }

    // Paths are case-sensitive by RFC 3986 §6.2.2.1, but store names on the large platforms are not, and a disguise by case is common: fold.
    private static string Path(string raw)
    {
        string decoded;
        try
        {
            decoded = Text.CleanText.Of(Uri.UnescapeDataString(raw));
        }
        catch (UriFormatException)
        {
            decoded = raw;
        }

        string[] segments = decoded.ToLowerInvariant().Split('/', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return segments.Length == 0 ? "" : "/" + string.Join('/', segments);
    }
}
