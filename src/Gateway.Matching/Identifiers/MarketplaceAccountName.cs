using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Gateway.Matching.Identifiers;

/// <summary>Accounts on marketplaces and social platforms: "platform:handle". Handles are folded to lower case: the large platforms give out each only once in any case.</summary>
internal static class MarketplaceAccountName
{
    // The ways people write one platform. A platform that is not here keeps its own name.
    private static readonly FrozenDictionary<string, string> Platforms = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ig"] = "instagram", ["insta"] = "instagram", ["fb"] = "facebook", ["twitter"] = "x", ["tt"] = "tiktok", ["weixin"] = "wechat", ["alibabacom"] = "alibaba",
        ["amz"] = "amazon", ["amazonmarketplace"] = "amazon", ["ali"] = "aliexpress", ["vk"] = "vkontakte", ["tg"] = "telegram", ["wa"] = "whatsapp",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    internal static Verdict Normalise(string clean)
    {
        int colon = clean.IndexOf(':', StringComparison.Ordinal);
        string platform = colon > 0 ? PlatformOf(clean[..colon]) : "";
        if (platform.Length == 0)
        {
            return Verdict.Refuse("account-platform", "needs the platform, as \"platform:handle\"");
        }

        string handle = clean[(colon + 1)..].Trim().TrimStart('@').ToLowerInvariant();
        if (handle.StartsWith("//", StringComparison.Ordinal) || handle.Length is 0 or > 200)
        {
            return Verdict.Refuse("account-handle", "has no handle after the platform, or a web address in its place");
        }

        foreach (Rune rune in handle.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
            {
                return Verdict.Refuse("account-handle", "has a handle with characters that no platform gives out");
            }
        }

        return Verdict.Accept($"{platform}:{handle}");
    }

    internal static string PlatformOf(string stated)
    {
        string name = stated.Trim().ToLowerInvariant();
        if (name.StartsWith("www.", StringComparison.Ordinal))
        {
            name = name[4..];
        }

        // "amazon.de" and "amazon.com" hold the same seller accounts by and large; eBay's user names are one space over all its sites.
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        name = Characters.UpperAlphanumerics(dot > 0 ? name[..dot] : name).ToLowerInvariant();
        return Platforms.GetValueOrDefault(name, name);
    }
}
