namespace Gateway.Storage;

/// <summary>A stored row does not have the checksum it was written with, or is missing, or the file itself is damaged. The row is not served.</summary>
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

    /// <summary>Says what of the whole store does not hold, where that is no single row.</summary>
    /// <param name="what">What does not hold.</param>
    /// <param name="inner">What the database said, or null.</param>
    public StoreCorruptException(string what, Exception? inner)
        : base($"{what} Restore the store from a backup, or rebuild it from the log.", inner)
    {
        Table = "";
        Row = "";
    }

    /// <summary>Table of the row; empty when it is no single row.</summary>
    public string Table { get; }

    /// <summary>Key of the row, shortened; empty when it is no single row.</summary>
    public string Row { get; }
}
