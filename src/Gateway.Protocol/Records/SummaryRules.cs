using Gateway.Protocol.V1;

namespace Gateway.Protocol;

/// <summary>The limits of a Summary (record.proto). Numbers of enums that this version does not know are kept: a later version may know them.</summary>
public static class SummaryRules
{
    /// <summary>The first limit that does not hold, as "field: reason", or null.</summary>
    public static string? FirstFault(Summary summary)
    {
        if (summary.Kind == RecordKind.Unspecified) return "kind: is missing";
        if (summary.EvidenceGrade == EvidenceGrade.Unspecified) return "evidence_grade: is missing";
        if (summary.Categories.Count > 8) return "categories: more than 8";
        if (summary.HsCodes.Count > 16) return "hs_codes: more than 16";
        if (summary.HsCodes.Any(code => code.Length is not (2 or 6) || !code.All(char.IsAsciiDigit))) return "hs_codes: neither a chapter of 2 digits nor a subheading of 6";
        if (summary.RouteCountries.Count > 8) return "route_countries: more than 8";
        if (summary.RouteCountries.Any(country => country.Length != 2 || !country.All(char.IsAsciiLetterUpper))) return "route_countries: not two capital letters";
        if (summary.TransportModes.Count > 5) return "transport_modes: more than 5";
        if (summary.ExpiryDay == 0) return "expiry_day: is missing";
        if (summary.LastSeenDay != 0 && summary.FirstSeenDay > summary.LastSeenDay) return "first_seen_day: after last_seen_day";
        return null;
    }

    internal static bool Hold(Summary summary) => FirstFault(summary) is null && summary.ReplyPk.Length == 32;
}
