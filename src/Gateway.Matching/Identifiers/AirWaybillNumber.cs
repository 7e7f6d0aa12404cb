using System.Globalization;

namespace Gateway.Matching.Identifiers;

/// <summary>Air waybills (IATA Resolution 600a): three digits of the airline, seven of the serial number, and that number modulo 7.</summary>
internal static class AirWaybillNumber
{
    internal static Verdict Normalise(string clean)
    {
        string? text = Characters.Compact(clean);
        if (text is not { Length: 11 } || !Characters.AllDigits(text))
        {
            return Verdict.Refuse("air-waybill-form", "is not eleven digits");
        }

        if (text.StartsWith("000", StringComparison.Ordinal))
        {
            return Verdict.Refuse("air-waybill-airline", "has no airline prefix");
        }

        int serial = int.Parse(text.AsSpan(3, 7), CultureInfo.InvariantCulture);
        return serial % 7 == text[10] - '0' ? Verdict.Accept(text) : Verdict.Refuse("air-waybill-check-digit", "check digit does not match");
    }
}
