using System.Collections.Frozen;
using Gateway.Matching.Identifiers;

namespace Gateway.Cli.Input;

/// <summary>What an address in a `website` column identifies: the site, or on somebody else's marketplace the seller's page.</summary>
public static class WebAddress
{
    // Sites on which thousands sell: their domain says nothing about a seller, the page does.
    private static readonly FrozenSet<string> Marketplaces = new[]
    {
        "1688", "alibaba", "aliexpress", "allegro", "amazon", "bol", "bukalapak", "carousell", "cdiscount", "daraz", "depop", "dhgate", "ebay", "emag", "etsy", "facebook", "fb", "flipkart", "fnac",
        "instagram", "jumia", "kaufland", "kleinanzeigen", "lazada", "leboncoin", "made-in-china", "marktplaats", "mercadolibre", "mercadolivre", "olx", "otto", "ozon", "pinduoduo", "pinterest",
        "poshmark", "rakuten", "redbubble", "shein", "shopee", "snapchat", "t", "taobao", "telegram", "temu", "tiktok", "tmall", "tokopedia", "trendyol", "twitter", "vinted", "vk", "wa", "walmart",
        "wallapop", "wildberries", "wish", "x", "xianyu", "youtube", "zalando",
    }.ToFrozenSet();

    /// <summary>Chooses the type, or says that the address names a marketplace and no seller on it.</summary>
    public static IdentifierType? TypeOf(string address)
    {
        string rest = address.Trim();
        int scheme = rest.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0) rest = rest[(scheme + 3)..];
        int end = rest.AsSpan().IndexOfAny('/', '?', '#');
        string host = end < 0 ? rest : rest[..end];
        string path = end < 0 ? "" : rest[end..];
        int query = path.AsSpan().IndexOfAny('?', '#');
        bool hasPage = (query < 0 ? path : path[..query]).Trim('/').Length > 0;
        if (!IsMarketplace(host.ToLowerInvariant())) return IdentifierType.Domain;
        return hasPage ? IdentifierType.StoreUrl : null;
    }

    // The marketplace's own name, before nothing but a top-level domain: amazon.co.uk, www.ebay.de. A shop of that name under another domain is its own site.
    private static bool IsMarketplace(string host)
    {
        int colon = host.IndexOf(':', StringComparison.Ordinal);
        string[] labels = (colon < 0 ? host : host[..colon]).Split('.');
        int first = labels.Length > 2 && labels[0] is "www" or "m" ? 1 : 0;
        return labels.Length - first >= 2 && Marketplaces.Contains(labels[first]) && labels.Skip(first + 1).All(label => label.Length is 2 or 3)
            && (labels[first] is not ("t" or "wa" or "x") || string.Join('.', labels.Skip(first)) is "t.me" or "wa.me" or "x.com");
    }
}
