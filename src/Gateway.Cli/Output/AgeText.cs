using System.Globalization;

namespace Gateway.Cli.Output;

/// <summary>How long ago, in the words of a person.</summary>
public static class AgeText
{
    /// <summary>E.g. "40 s", "12 min", "3 h", "5 days".</summary>
    public static string Of(ulong seconds) => seconds switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
        < 7_200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min"),
        < 172_800 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3_600} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:N0} days"),
    };
}
