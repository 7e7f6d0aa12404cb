using CsvHelper;
using Gateway.Cli.Samples;

namespace Gateway.Cli.Demo;

/// <summary>Files of actors made out of others: what a member tells a second circle, or another member confirms.</summary>
internal static class Excerpt
{
    /// <summary>Writes some rows of an actors file to another.</summary>
    /// <param name="source">The file.</param>
    /// <param name="target">The file to write.</param>
    /// <param name="rows">How many rows, from the first.</param>
    /// <param name="change">What becomes of a column's value: column, value, new value.</param>
    /// <returns>How many rows there were.</returns>
    public static int Write(string source, string target, int rows, Func<string, string, string> change)
    {
        using CsvReader csv = CsvReader.FromFile(source, new CsvReaderOptions { Separator = ',' });
        csv.ReadHeader();
        string[] header = [.. csv.Headers];
        using CsvFile file = new(target, header);
        while (file.Rows < rows && csv.Read()) file.Write(header.Select((column, i) => change(column, csv.GetString(i))));
        return file.Rows;
    }

    /// <summary>The first row that has a value in a column.</summary>
    /// <param name="source">The file.</param>
    /// <param name="key">Another column of the row wanted.</param>
    /// <param name="column">The column.</param>
    /// <returns>The values of both.</returns>
    public static (string Key, string Value) FirstWith(string source, string key, string column)
    {
        using CsvReader csv = CsvReader.FromFile(source, new CsvReaderOptions { Separator = ',' });
        csv.ReadHeader();
        List<string> header = [.. csv.Headers];
        int keyIndex = header.IndexOf(key), valueIndex = header.IndexOf(column);
        while (csv.Read())
        {
            if (csv.GetString(valueIndex).Length > 0) return (csv.GetString(keyIndex), csv.GetString(valueIndex));
        }

        throw new InvalidDataException($"No row of {source} has a value in the column {column}.");
    }
}
