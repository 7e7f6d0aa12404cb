namespace Gateway.Cli.Tests.Samples;

/// <summary>A second, plain opinion on when two ways of writing an identifier mean the same.</summary>
internal static class Canonical
{
    private static readonly string[] TagProviders = ["gmail.com", "outlook.com", "hotmail.com", "protonmail.com"];

    public static string Email(string text)
    {
        string[] halves = text.Trim().ToLowerInvariant().Split('@');
        Assert.Equal(2, halves.Length);
        string box = TagProviders.Contains(halves[1]) ? halves[0].Split('+')[0] : halves[0];
        return (halves[1] == "gmail.com" ? box.Replace(".", "") : box) + "@" + halves[1];
    }

    /// <summary>The digits without any zeros in front: of an international form all, of a national form the national number.</summary>
    public static string Phone(string text) => new string([.. text.Where(char.IsAsciiDigit)]).TrimStart('0');

    public static string Number(string text, string country)
    {
        string prefixed = text.Length > 2 && text[2] == ':' ? text : country + ":" + text;
        return prefixed[..2].ToUpperInvariant() + ":" + new string([.. prefixed[3..].Where(char.IsAsciiLetterOrDigit)]).ToUpperInvariant();
    }

    public static string Host(string text)
    {
        string host = text.Trim().ToLowerInvariant();
        host = host[(host.IndexOf("://", StringComparison.Ordinal) is >= 0 and int at ? at + 3 : 0)..].Split('/', '?')[0];
        return host.StartsWith("www.", StringComparison.Ordinal) ? host[4..] : host;
    }

    public static string Words(string text) => string.Join(' ', text.ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
