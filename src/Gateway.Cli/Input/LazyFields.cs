using System.Collections;
using System.Text.Unicode;
using CsvHelper;

namespace Gateway.Cli.Input;

/// <summary>
/// The fields of the row a CSV reader stands at, in the order of the known columns; each becomes a string only when it is asked for. Of a row of 57 columns mostly a dozen are filled, and
/// those of a party met before are compared as bytes.
/// </summary>
internal sealed class LazyFields(CsvReader csv, int[] places) : IReadOnlyList<string>
{
    private readonly string?[] _texts = new string?[places.Length];

    public int Count => places.Length;

    /// <summary>A field without blanks around it; empty where the file has no such column.</summary>
    public string this[int index] => _texts[index] ??= places[index] < 0 || csv.GetRawSpan(places[index]).IsEmpty ? "" : csv.GetString(places[index]).Trim();

    /// <summary>The bytes of a field as they stand in the file, quotes and all; valid until the next row.</summary>
    public ReadOnlySpan<byte> Raw(int index) => places[index] < 0 ? [] : csv.GetRawSpan(places[index]);

    /// <summary>Forgets the row before. Returns the first column that is not UTF-8, or −1.</summary>
    public int Begin()
    {
        Array.Clear(_texts);
        if (Utf8.IsValid(csv.RawRecord)) return -1;
        return Enumerable.Range(0, csv.FieldCount).FirstOrDefault(i => !Utf8.IsValid(csv.GetRawSpan(i)), -1);
    }

    public IEnumerator<string> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
