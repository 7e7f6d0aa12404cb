using System.CommandLine.Parsing;
using System.Globalization;

namespace Gateway.Cli.Input;

/// <summary>Lengths of time as people type them: a number with ms, s, m, h or d.</summary>
public static class Duration
{
    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number > 10_000_000) return false;
        TimeSpan? unit = text[digits..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(1),
            "s" => TimeSpan.FromSeconds(1),
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            "d" => TimeSpan.FromDays(1),
            _ => null,
        };
        if (unit is null) return false;
        value = unit.Value * number;
        return true;
    }

    /// <summary>Reads an option's value.</summary>
    public static TimeSpan Parse(ArgumentResult result)
    {
        if (TryParse(result.Tokens[0].Value, out TimeSpan value)) return value;
        result.AddError($"'{result.Tokens[0].Value}' is not a length of time such as 30s, 10m, 12h or 7d.");
        return default;
    }
}
