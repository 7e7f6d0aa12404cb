using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
    private readonly int[] _inOnePiece = PiecesOf(places);

    public int Count => places.Length;

    /// <summary>A field without blanks around it; empty where the file has no such column.</summary>
    public string this[int index] => _texts[index] ??= places[index] < 0 || csv.GetRawSpan(places[index]).IsEmpty ? "" : csv.GetString(places[index]).Trim();

    /// <summary>The bytes of a field as they stand in the file, quotes and all; valid until the next row.</summary>
    public ReadOnlySpan<byte> Raw(int index) => places[index] < 0 ? [] : csv.GetRawSpan(places[index]);

    /// <summary>The bytes of several fields in one piece, with the commas between them, where the file has these columns one after the other; else nothing.</summary>
    public bool TryRaw(int first, int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_inOnePiece[first] < count) return false;
        ReadOnlySpan<byte> row = csv.RawRecord, from = csv.GetRawSpan(places[first]), to = csv.GetRawSpan(places[first + count - 1]);
        int start = (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(row), ref MemoryMarshal.GetReference(from));
        int end = (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(row), ref MemoryMarshal.GetReference(to)) + to.Length;
        if (start < 0 || end < start || end > row.Length) return false; // A field that the reader holds elsewhere than in its row.
        bytes = row[start..end];
        return true;
    }

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

    // For each column how many from it on stand one after the other in the file.
    private static int[] PiecesOf(int[] places)
    {
        int[] pieces = new int[places.Length];
        for (int i = places.Length - 1; i >= 0; i--)
        {
            if (places[i] < 0) continue;
            pieces[i] = i + 1 < places.Length && places[i + 1] == places[i] + 1 ? pieces[i + 1] + 1 : 1;
        }

        return pieces;
    }
}
