using System.Globalization;
using Gateway.Ledger;

namespace Gateway.Storage.Sql;

/// <summary>The tables that broker and node have in common: tiles, checkpoints, and the count of leaves.</summary>
internal static class LogTables
{
    /// <summary>The table of checkpoints.</summary>
    public const string Checkpoints = "checkpoints";

    private const string Tiles = "tiles";

    /// <summary>How many leaves are stored, by the last one's index.</summary>
    public static ulong ReadSize(Session session)
    {
        Statement query = session.Start("SELECT MAX(idx) FROM leaves");
        query.Step();
        query.Row("leaves");
        return query.UInt64OrNull() is { } last ? last + 1 : 0;
    }

    /// <summary>Checks that leaves and head of an append continue a log.</summary>
    /// <param name="size">Leaves of the log.</param>
    /// <param name="indexes">The leaves' indexes.</param>
    /// <param name="headSize">Size of the head.</param>
    /// <exception cref="ArgumentException">They leave a gap, or the head does not cover them.</exception>
    public static void RequireContinuation(ulong size, IEnumerable<ulong> indexes, ulong headSize)
    {
        foreach (ulong index in indexes)
        {
            if (index != size)
            {
                throw new ArgumentException($"Leaf {index} does not continue the log, which has {size} leaves.");
            }

            size++;
        }

        if (headSize != size)
        {
            throw new ArgumentException($"A checkpoint of size {headSize} does not cover the {size} leaves of the log.");
        }
    }

    public static void WriteTiles(Session session, IReadOnlyList<(TileId Id, byte[] Hashes)> tiles)
    {
        Statement write = session.Prepare("INSERT OR REPLACE INTO tiles (position, hashes, row_hash) VALUES (?, ?, ?)");
        foreach ((TileId id, byte[] hashes) in tiles)
        {
            write.Start(Tiles).Bind(Position(id)).Bind(hashes).QueueWithHash();
        }
    }

    public static byte[]? ReadTile(Session session, TileId id)
    {
        Statement query = session.Start("SELECT position, hashes, row_hash FROM tiles WHERE position = ?").Bind(Position(id));
        if (!query.Step())
        {
            return null;
        }

        query.Row(Tiles);
        query.Int64();
        byte[] hashes = query.Bytes();
        query.CheckRow(id.ToPath());
        return hashes;
    }

    public static void WriteCheckpoint(Session session, LogHead head) =>
        session.Start("INSERT OR REPLACE INTO checkpoints (size, note, row_hash) VALUES (?, ?, ?)", Checkpoints).Bind(head.Size).Bind(head.Note).RunWithHash();

    public static LogHead? ReadHead(Session session) => ReadCheckpoint(session.Start("SELECT size, note, row_hash FROM checkpoints ORDER BY size DESC LIMIT 1"));

    /// <summary>The checkpoint that a query of size, note and row_hash finds first, or null.</summary>
    public static LogHead? ReadCheckpoint(Statement query)
    {
        if (!query.Step())
        {
            return null;
        }

        query.Row(Checkpoints);
        ulong size = query.UInt64();
        byte[] note = query.Bytes();
        query.CheckRow((long)size);
        return new LogHead(size, note);
    }

    /// <summary>Checks that the leaves are those the newest checkpoint covers, without a gap. Returns how many there are.</summary>
    /// <exception cref="StoreCorruptException">They are not.</exception>
    public static ulong RequireWhole(Session session)
    {
        ulong? head = ReadHead(session)?.Size;
        Statement query = session.Start("SELECT COUNT(*) FROM leaves");
        query.Step();
        query.Row("leaves");
        ulong count = query.UInt64();
        ulong size = ReadSize(session);
        if (count != size || (head ?? 0) != size)
        {
            string covers = head is null ? "there is no checkpoint" : string.Create(CultureInfo.InvariantCulture, $"the newest checkpoint covers {head}");
            throw new StoreCorruptException($"The store has {count} leaves, the last at index {(size == 0 ? "none" : size - 1)}, and {covers}: leaves or checkpoints are missing.", inner: null);
        }

        return size;
    }

    /// <summary>Level 0 has fewer than 2^56 tiles, so that eight levels fit a positive 64-bit number.</summary>
    private static long Position(TileId id) => ((long)id.Level << 60) | checked((long)id.Index);
}
