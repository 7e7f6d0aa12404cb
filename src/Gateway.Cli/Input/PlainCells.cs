namespace Gateway.Cli.Input;

/// <summary>
/// Reads the cells of a manifest that look as nearly all do (no quotes, no blanks around them, ASCII) from their bytes alone. What looks otherwise is read by <see cref="RowFields"/>, which also
/// says what is wrong with it: these rules must take nothing that those would not, or otherwise than they.
/// </summary>
internal static class PlainCells
{
    private static readonly int Arrival = Place("arrival"), Mode = Place("transport_mode"), Hs = Place("hs6"), Departure = Place("country_of_departure"), Origin = Place("country_of_origin");
    private static readonly int Mass = Place("mass_kg"), Value = Place("value"), Currency = Place("currency");
    private static readonly bool[] CountryCodes = [.. Enumerable.Range(0, 26 * 26).Select(code => Countries.IsCode($"{(char)('A' + (code / 26))}{(char)('A' + (code % 26))}"))];

    /// <summary>Whether a cell stands in the file as it is meant, and is at most so many bytes long.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> cell, int longest) =>
        !cell.IsEmpty && cell.Length <= longest && !cell.Contains((byte)'"') && cell[0] is > 32 and < 127 && cell[^1] is > 32 and < 127;

    /// <summary>The columns that belong to no part, as ShipmentBatch has them; false where one of them is to be looked at closely.</summary>
    public static bool TryDetails(LazyFields cells, out uint hsCode, out uint departure, out uint origin)
    {
        ReadOnlySpan<byte> hs = cells.Raw(Hs), from = cells.Raw(Departure), of = cells.Raw(Origin);
        (hsCode, departure, origin) = (HsCode(hs), Country(from), Country(of));
        return (hsCode > 0 || hs.IsEmpty) && (departure > 0 || from.IsEmpty) && (origin > 0 || of.IsEmpty)
            && IsDate(cells.Raw(Arrival)) && IsMode(cells.Raw(Mode)) && IsNumber(cells.Raw(Mass)) && IsNumber(cells.Raw(Value)) && cells.Raw(Currency).Length <= RowFields.LongestValue;
    }

    /// <summary>Six digits as a number plus 1; else 0.</summary>
    public static uint HsCode(ReadOnlySpan<byte> cell) => cell.Length == 6 && Number(cell) is var number and >= 0 ? (uint)number + 1 : 0;

    /// <summary>A country code as first letter × 256 + second; else 0.</summary>
    public static uint Country(ReadOnlySpan<byte> cell) =>
        cell.Length == 2 && cell[0] is >= (byte)'A' and <= (byte)'Z' && cell[1] is >= (byte)'A' and <= (byte)'Z' && CountryCodes[(26 * (cell[0] - 'A')) + cell[1] - 'A'] ? ((uint)cell[0] << 8) + cell[1] : 0;

    private static bool IsDate(ReadOnlySpan<byte> cell)
    {
        if (cell.IsEmpty) return true;
        if (cell.Length != 10 || cell[4] != '-' || cell[7] != '-') return false;
        (int year, int month, int day) = (Number(cell[..4]), Number(cell[5..7]), Number(cell[8..]));
        return year is >= 1970 and <= 2200 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);
    }

    private static bool IsMode(ReadOnlySpan<byte> cell) => cell.IsEmpty || cell.SequenceEqual("SEA"u8) || cell.SequenceEqual("AIR"u8) || cell.SequenceEqual("POST"u8) || cell.SequenceEqual("ROAD"u8) || cell.SequenceEqual("RAIL"u8);

    private static bool IsNumber(ReadOnlySpan<byte> cell)
    {
        if (cell.IsEmpty) return true;
        if (cell.Length > 28 || !char.IsAsciiDigit((char)cell[0])) return false;
        int points = 0;
        foreach (byte one in cell)
        {
            if (one == '.') points++;
            else if (!char.IsAsciiDigit((char)one)) return false;
        }

        return points <= 1;
    }

    private static int Number(ReadOnlySpan<byte> digits)
    {
        int number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return -1;
            number = (10 * number) + digit - '0';
        }

        return number;
    }

    private static int Place(string column) => ManifestFile.Places[column];
}
