using Gateway.Protocol.V1;
using Gateway.Storage.Audit;
using Google.Protobuf;

namespace Gateway.Storage.Sql;

/// <summary>The audit chain in a broker's or a node's database.</summary>
internal sealed class SqlAuditStore(SqlDatabase database) : IAuditStore
{
    private const string Table = "audit";
    private const int PageRows = 512;

    public ValueTask<AuditEntry> AppendAsync(IReadOnlyList<AuditEvent> events, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfZero(events.Count);
        return database.WriteAsync(session => Append(session, events)!, cancellation);
    }

    /// <summary>Appends within a transaction that does more. Returns the chain's last entry; null where there are no events.</summary>
    internal static AuditEntry? Append(Session session, IReadOnlyList<AuditEvent> events)
    {
        if (events.Count == 0) return null;
        AuditEntry? head = ReadHead(session);
        foreach (AuditEvent one in events) Write(session, head = AuditChain.Next(head, one));
        return head;
    }

    public ValueTask<AuditEntry?> ReadHeadAsync(CancellationToken cancellation) => database.ReadAsync(ReadHead, cancellation);

    public IAsyncEnumerable<AuditEntry> ReadAsync(ulong from, CancellationToken cancellation) => database.ReadPagesAsync<AuditEntry, long>(
        (long)Math.Min(from, long.MaxValue) - 1,
        (session, last, page) =>
        {
            Statement query = session.Start("SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?").Bind(last).Bind(PageRows);
            while (query.Step())
            {
                page.Add(Read(query));
                last = (long)page[^1].Number;
            }

            return last;
        },
        cancellation);

    private static AuditEntry? ReadHead(Session session)
    {
        Statement query = session.Start("SELECT * FROM audit ORDER BY number DESC LIMIT 1");
        return query.Step() ? Read(query) : null;
    }

    private static void Write(Session session, AuditEntry entry) => session.Start("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", Table)
        .Bind(entry.Number).Bind(entry.At).Bind(entry.Actor).Bind(entry.Action).Bind(entry.Subject).Bind(entry.Outcome).Bind(entry.Count).Bind(entry.Hash.Span).RunWithHash();

    private static AuditEntry Read(Statement query)
    {
        query.Row(Table);
        AuditEntry entry = new()
        {
            Number = query.UInt64(),
            At = query.Int64(),
            Actor = query.Text(),
            Action = query.Text(),
            Subject = query.Text(),
            Outcome = query.Text(),
            Count = query.UInt64(),
            Hash = UnsafeByteOperations.UnsafeWrap(query.Bytes()),
        };
        query.CheckRow((long)entry.Number);
        return entry;
    }
}
