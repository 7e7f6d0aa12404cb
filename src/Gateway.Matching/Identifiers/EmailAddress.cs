using System.Collections.Frozen;

namespace Gateway.Matching.Identifiers;

/// <summary>
/// E-mail addresses as canonical mailboxes. Case is folded everywhere: RFC 5321 §2.4 lets a host tell "Bob" from "bob", but none of weight does.
/// Tags and dots are removed only at providers that are known to ignore them. Elsewhere "a+b@" and "a@" may be two people's (mailing-list software and
/// catch-all domains use them), and a false merge blames the innocent, while a missed merge costs one of several identifiers.
/// </summary>
internal static class EmailAddress
{
    private readonly record struct Provider(string Canonical, char Tag, bool DotsIgnored, bool TagBySubdomain = false);

    private static readonly FrozenDictionary<string, Provider> Providers = ProviderTable();

    internal static Verdict Normalise(string clean)
    {
        string text = Unwrap(clean);
        int at = text.LastIndexOf('@');
        if (at <= 0 || at == text.Length - 1)
        {
            return Verdict.Refuse("email-form", "has no mailbox and domain around one @");
        }

        string local = text[..at].ToLowerInvariant();
        if (local.Length > 64 || !IsDotAtom(local))
        {
            return Verdict.Refuse("email-mailbox", "holds a mailbox name that no provider gives out");
        }

        Verdict domain = DomainName.ToAscii(text[(at + 1)..]);
        return domain.Value is not { } host
            ? Verdict.Refuse("email-domain", $"has a domain that {domain.Reason}")
            : Canonical(local, host);
    }

    private static Verdict Canonical(string local, string host)
    {
        // user+tag@fastmail.com is also written tag@user.fastmail.com.
        int dot = host.IndexOf('.', StringComparison.Ordinal);
        if (Providers.TryGetValue(host[(dot + 1)..], out Provider parent) && parent.TagBySubdomain)
        {
            return Verdict.Accept($"{host[..dot]}@{parent.Canonical}");
        }

        if (!Providers.TryGetValue(host, out Provider provider))
        {
            return Verdict.Accept($"{local}@{host}");
        }

        int tag = local.IndexOf(provider.Tag, StringComparison.Ordinal);
        string mailbox = tag > 0 ? local[..tag] : local;
        if (provider.DotsIgnored)
        {
            mailbox = mailbox.Replace(".", "", StringComparison.Ordinal);
        }

        return mailbox.Length == 0
            ? Verdict.Refuse("email-mailbox", "has no mailbox name before the tag")
            : Verdict.Accept($"{mailbox}@{provider.Canonical}");
    }

    // "Name <a@b.example>", "mailto:a@b.example" and "<a@b.example>" are how addresses get copied.
    private static string Unwrap(string clean)
    {
        string text = clean;
        int open = text.LastIndexOf('<');
        if (open >= 0 && text[^1] == '>')
        {
            text = text[(open + 1)..^1];
        }

        return text.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? text[7..].Trim() : text.Trim();
    }

    private static bool IsDotAtom(string local)
    {
        if (local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (char c in local)
        {
            // RFC 5322 atext; RFC 6531 adds letters beyond ASCII.
            if (!char.IsLetterOrDigit(c) && !".!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static FrozenDictionary<string, Provider> ProviderTable()
    {
        var table = new Dictionary<string, Provider>(StringComparer.Ordinal);

        // One mailbox under several domains only where the provider hands all of them to one account (Gmail, Proton, iCloud). Outlook, Hotmail and Live,
        // or the national Yahoos, are different accounts under the same name.
        Add('+', dots: true, "gmail.com", "gmail.com", "googlemail.com");
        Add('+', dots: true, "proton.me", "proton.me", "protonmail.com", "pm.me", "protonmail.ch");
        Add('+', dots: false, "icloud.com", "icloud.com", "me.com", "mac.com");
        foreach (string own in (string[])["outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.it", "hotmail.es",
            "live.co.uk", "live.fr", "live.de", "live.nl", "live.cn", "outlook.fr", "outlook.de", "outlook.es", "outlook.it", "zoho.com", "zohomail.com",
            "mailbox.org", "tutanota.com", "tuta.io", "posteo.de", "posteo.net", "gmx.com"])
        {
            Add('+', dots: false, own, own);
        }

        foreach (string own in (string[])["yahoo.com", "ymail.com", "rocketmail.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.it", "yahoo.es", "yahoo.co.in",
            "yahoo.in", "yahoo.ca", "yahoo.com.br", "yahoo.com.au", "yahoo.com.hk", "yahoo.com.tw", "yahoo.com.sg", "yahoo.com.vn", "yahoo.co.id"])
        {
            // A Yahoo disposable address is base-keyword, and a hyphen is not allowed in the account's own name.
            Add('-', dots: false, own, own);
        }

        foreach (string own in (string[])["yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz", "yandex.ua"])
        {
            Add('+', dots: false, "yandex.ru", own);
        }

        foreach (string own in (string[])["fastmail.com", "fastmail.fm", "fastmail.net"])
        {
            table[own] = new Provider(own, '+', DotsIgnored: false, TagBySubdomain: true);
        }

        return table.ToFrozenDictionary(StringComparer.Ordinal);

        void Add(char tag, bool dots, string canonical, params string[] domains)
        {
            foreach (string domain in domains)
            {
                table[domain] = new Provider(canonical, tag, dots);
            }
        }
    }
}
