using System.Collections.Frozen;
using System.Globalization;
using Gateway.Matching.Text;

namespace Gateway.Matching.Identifiers;

/// <summary>A country's way of writing telephone numbers.</summary>
/// <param name="Code">Country calling code (ITU-T E.164 annex), one to three digits.</param>
/// <param name="Trunk">What precedes a national number within the country, or empty.</param>
/// <param name="InternationalPrefix">What precedes a calling code dialled from there, or empty.</param>
/// <param name="Lengths">How many digits a national number may have: bit n for n digits.</param>
internal readonly record struct DiallingPlan(string Code, string Trunk, string InternationalPrefix, uint Lengths)
{
    internal bool Allows(int digits) => digits is > 0 and < 32 && (Lengths & (1u << digits)) != 0;
}

/// <summary>The dialling plans of all countries (Tables/calling_codes.txt).</summary>
internal static class CallingCodes
{
    private static readonly FrozenDictionary<string, DiallingPlan> ByCountry = Load();
    private static readonly FrozenDictionary<string, DiallingPlan> ByCode = ByCountry
        .GroupBy(pair => pair.Value.Code, StringComparer.Ordinal)
        .ToFrozenDictionary(group => group.Key, Union, StringComparer.Ordinal);

    internal static DiallingPlan? OfCountry(string country) => ByCountry.TryGetValue(country, out DiallingPlan plan) ? plan : null;

    /// <summary>The plan whose calling code begins the digits; calling codes are prefix-free, so at most one does.</summary>
    internal static DiallingPlan? OfInternational(string digits)
    {
        for (int n = 1; n <= 3 && n < digits.Length; n++)
        {
            if (ByCode.TryGetValue(digits[..n], out DiallingPlan plan))
            {
                return plan;
            }
        }

        return null;
    }

    // Countries that share a code (1, 7, 44, …) share its numbers; the trunk prefix is that of any of them that has one.
    private static DiallingPlan Union(IGrouping<string, KeyValuePair<string, DiallingPlan>> group) => new(
        group.Key,
        group.Select(pair => pair.Value.Trunk).FirstOrDefault(trunk => trunk.Length > 0) ?? "",
        "",
        group.Aggregate(0u, (lengths, pair) => lengths | pair.Value.Lengths));

    private static FrozenDictionary<string, DiallingPlan> Load()
    {
        var plans = new Dictionary<string, DiallingPlan>(StringComparer.Ordinal);
        foreach (string line in EmbeddedTable.Lines("calling_codes.txt"))
        {
            string[] parts = line.Split(' ');
            uint lengths = parts[4].Split(',').Aggregate(0u, (bits, n) => bits | (1u << int.Parse(n, CultureInfo.InvariantCulture)));
            string key = parts[0] == "001" ? "001" + parts[1] : parts[0];
            plans[key] = new DiallingPlan(parts[1], parts[2] == "-" ? "" : parts[2], parts[3] == "-" ? "" : parts[3], lengths);
        }

        return plans.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
