using System.Collections.Frozen;
using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Matching.Identifiers;
using Gateway.Protocol;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Cli.Input;

/// <summary>Reads the fields of one row and collects what is wrong with them. A field that cannot be used reads as not stated.</summary>
internal sealed class RowFields(FrozenDictionary<string, int> columns, CsvRow row, bool rowLeftOut)
{
    /// <summary>Longest name, in characters.</summary>
    public const int LongestName = 500;

    /// <summary>Longest value of any other field, in characters.</summary>
    public const int LongestValue = 1_024;

    private const int MostValues = 32;

    private List<InputFault>? _faults;

    /// <summary>What could not be used.</summary>
    public IReadOnlyList<InputFault> Faults => _faults ?? (IReadOnlyList<InputFault>)[];

    /// <summary>The row's own name in faults.</summary>
    public string Name { get; set; } = "";

    /// <summary>A field as it stands, at most so long.</summary>
    public string Text(string column, int longest = LongestValue)
    {
        string value = row.Fields[IndexOf(column)];
        if (value.Length <= longest) return value;
        Add(column, $"the field has {value.Length.ToString("N0", CultureInfo.InvariantCulture)} characters, more than {longest}", "shorten it");
        return "";
    }

    /// <summary>A field that must be there.</summary>
    public string Needed(string column, int longest)
    {
        if (row.Fields[IndexOf(column)].Length == 0) Add(column, "the field is empty", "fill it in");
        return Text(column, longest);
    }

    /// <summary>The values of a field between semicolons.</summary>
    public List<string> Values(string column, int longest = LongestValue)
    {
        List<string> values = [.. row.Fields[IndexOf(column)].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        if (values.Count > MostValues) Add(column, $"the field holds {values.Count} values, more than {MostValues}", "leave out the less important ones");
        else if (values.Any(value => value.Length > longest)) Add(column, $"a value has more than {longest} characters", "shorten it");
        else return values;
        return [];
    }

    /// <summary>A country code.</summary>
    public string Country(string column) => CheckedCountry(column, Text(column));

    /// <summary>One country code of several.</summary>
    public string CheckedCountry(string column, string value)
    {
        if (value.Length == 0) return value;
        string code = value.ToUpperInvariant();
        if (Countries.IsCode(code)) return code;
        Add(column, "the field is no ISO 3166-1 alpha-2 code", "give two letters such as CN or DE");
        return "";
    }

    /// <summary>A date, in days since 1970-01-01; 0 when not stated.</summary>
    public uint Day(string column)
    {
        string text = Text(column);
        if (text.Length == 0) return 0;
        if (TryDate(text, out DateOnly date) && date.Year is >= 1970 and <= 2200) return UtcDay.FromDate(date).Number;
        Add(column, "the field is no date YYYY-MM-DD", "give a date such as 2026-03-31");
        return 0;
    }

    /// <summary>A day of birth as it stands; empty when not stated.</summary>
    public string BirthDate(string column)
    {
        string text = Text(column);
        if (text.Length == 0 || (TryDate(text, out DateOnly date) && date.Year is >= 1850 and <= 2200)) return text;
        Add(column, "the field is no date YYYY-MM-DD", "give a day such as 1980-03-31, or leave it out");
        return "";
    }

    /// <summary>A code of an enumeration; default when not stated.</summary>
    public T Code<T>(string column, Codes<T> codes, bool needed = false)
        where T : struct, Enum
    {
        string text = Text(column);
        if (codes.TryParse(text, out T value)) return value;
        if (text.Length > 0) Add(column, "there is no such code", $"give one of {string.Join(", ", codes.All)}");
        else if (needed) Add(column, "the field is empty", $"give one of {string.Join(", ", codes.All)}");
        return default;
    }

    /// <summary>Checks a number with a decimal point.</summary>
    public void Number(string column)
    {
        string text = Text(column);
        if (text.Length > 0 && !IsPlainNumber(text) && !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)) Add(column, "the field is no number with a decimal point", "give a number such as 12.5");
    }

    /// <summary>Checks digits of given lengths, such as an HS code.</summary>
    public string Digits(string column, string value, params int[] lengths)
    {
        if (value.Length == 0 || (lengths.Contains(value.Length) && !value.AsSpan().ContainsAnyExceptInRange('0', '9'))) return value;
        Add(column, $"the field has not {string.Join(" or ", lengths)} digits", "give digits only, without dots");
        return "";
    }

    /// <summary>Identifiers of one column.</summary>
    public IEnumerable<V1.StatedIdentifier> Identifiers(string column, IdentifierType type, string country, bool many)
    {
        if (IsEmpty(column)) yield break;
        foreach (string value in many ? Values(column) : [Text(column)])
        {
            if (value.Length == 0) continue;
            Rejection? rejection = IdentifierNormaliser.Normalise(new StatedIdentifier(type, value), country).Rejection;
            if (rejection is null) yield return new V1.StatedIdentifier { Type = (uint)type, Value = value, Country = country };
            else Add(column, $"the {Noun(column, many)} {rejection.Reason}", "correct it, or leave it out");
        }
    }

    /// <summary>Addresses of web pages in one column.</summary>
    public IEnumerable<V1.StatedIdentifier> Websites(string column, bool many)
    {
        if (IsEmpty(column)) yield break;
        foreach (string value in many ? Values(column) : [Text(column)])
        {
            if (value.Length == 0) continue;
            if (WebAddress.TypeOf(value) is not { } type)
            {
                Add(column, "the address names a marketplace and no seller on it", "give the seller's own page there, or the account");
                continue;
            }

            Rejection? rejection = IdentifierNormaliser.Normalise(new StatedIdentifier(type, value)).Rejection;
            if (rejection is null) yield return new V1.StatedIdentifier { Type = (uint)type, Value = value };
            else Add(column, $"the address {rejection.Reason}", "correct it, or leave it out");
        }
    }

    /// <summary>Whether nothing stands in a field.</summary>
    public bool IsEmpty(string column) => row.Fields[IndexOf(column)].Length == 0;

    /// <summary>Notes a fault.</summary>
    public void Add(string column, string what, string remedy, bool? leftOut = null) => (_faults ??= []).Add(new InputFault(row.Line, column, Name, what, remedy, leftOut ?? rowLeftOut));

    // What nearly all numbers look like: a digit, then digits with at most one point, short enough for a decimal.
    private static bool IsPlainNumber(string text)
    {
        if (text.Length > 28 || !char.IsAsciiDigit(text[0])) return false;
        int points = 0;
        foreach (char one in text)
        {
            if (one == '.') points++;
            else if (!char.IsAsciiDigit(one)) return false;
        }

        return points <= 1;
    }

    // YYYY-MM-DD and nothing else.
    private static bool TryDate(string text, out DateOnly date)
    {
        date = default;
        if (text.Length != 10 || text[4] != '-' || text[7] != '-') return false;
        (int year, int month, int day) = (NumberAt(text, 0, 4), NumberAt(text, 5, 2), NumberAt(text, 8, 2));
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        date = new DateOnly(year, month, day);
        return true;
    }

    private static int NumberAt(string text, int from, int count)
    {
        int number = 0;
        for (int i = from; i < from + count; i++)
        {
            if (!char.IsAsciiDigit(text[i])) return -1;
            number = (10 * number) + text[i] - '0';
        }

        return number;
    }

    private static string Noun(string column, bool many) => (many ? column.TrimEnd('s') : column[(column.IndexOf('_', StringComparison.Ordinal) + 1)..]).Replace('_', ' ');

    private int IndexOf(string column) => columns[column];
}
