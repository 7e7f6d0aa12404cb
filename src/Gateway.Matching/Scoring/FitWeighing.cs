using Gateway.Matching.Comparison;
using Gateway.Matching.Keys;

namespace Gateway.Matching.Scoring;

/// <summary>Turns the comparisons of a party and a record into reasons, and counts together what hangs together.</summary>
internal static class FitWeighing
{
    /// <summary>The reasons of a fit. Order of the comparisons makes no difference to their sum.</summary>
    /// <remarks>
    /// Postcode and city say the same place: where both agree, only the stronger counts. All fields of an address together count up to a limit, because different parties share buildings.
    /// </remarks>
    public static List<Reason> Of(Weights weights, PartyFit fit)
    {
        bool company = fit.Comparisons.Any(comparison => comparison.IsCompany);
        List<(FieldComparison Comparison, double Bits)> weighed = [.. fit.Comparisons.Select(c => (c, weights.Of(c).BitsOf(c.Likeness)))];
        double postcode = BitsOf(weighed, ComparedField.Postcode), city = BitsOf(weighed, ComparedField.City);
        ComparedField? silent = postcode > 0 && city > 0 ? (postcode >= city ? ComparedField.City : ComparedField.Postcode) : null;
        string prefix = FieldNames.Prefix(fit.Role);
        List<Reason> reasons = [];
        double address = 0;
        foreach ((FieldComparison comparison, double bits) in weighed)
        {
            string sentence = char.ToUpperInvariant(comparison.Sentence[0]) + comparison.Sentence[1..];
            if (comparison.Field == silent)
            {
                reasons.Add(new Reason(0, $"{sentence}; not counted besides the {(silent == ComparedField.City ? "postcode" : "city")}", Field: prefix + comparison.Column));
                continue;
            }

            address += comparison.Field is ComparedField.Name or ComparedField.BirthDate ? 0 : Math.Max(0, bits);
            reasons.Add(new Reason(bits, $"{sentence}, {Scorer.Signed(bits)}", Field: prefix + comparison.Column));
        }

        double most = company ? weights.Limits.CompanyAddressBits : weights.Limits.PersonAddressBits;
        if (address > most)
        {
            reasons.Add(new Reason(most - address, $"Others may share the address: it counts as {Scorer.Signed(most)} in all, {Scorer.Signed(most - address)}"));
        }

        return reasons;
    }

    private static double BitsOf(List<(FieldComparison Comparison, double Bits)> weighed, ComparedField field)
    {
        foreach ((FieldComparison comparison, double bits) in weighed)
        {
            if (comparison.Field == field)
            {
                return bits;
            }
        }

        return 0;
    }
}
