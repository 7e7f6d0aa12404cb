namespace Gateway.Storage;

/// <summary>A stored row does not have the checksum it was written with. The row is not served.</summary>
public sealed class StoreCorruptException : Exception
{
    /// <summary>Names the row.</summary>
    /// <param name="table">Table of the row.</param>
    /// <param name="row">Key of the row, shortened; never its content.</param>
    public StoreCorruptException(string table, string row)
        : base($"Row {row} of table {table} does not have its checksum: the disk or another program has changed it. Restore the store from a backup, or rebuild it from the log.")
    {
        Table = table;
        Row = row;
    }

    /// <summary>Table of the row.</summary>
    public string Table { get; }

    /// <summary>Key of the row, shortened.</summary>
    public string Row { get; }
}
