using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore
{
    private const string InsertRecord = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private const string ReplaceRecord = "REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    /// <inheritdoc/>
    public ValueTask AppendAsync(LogAppend append, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(append);
        RequireRecordsMatchLeaves(append);
        ulong size = append.Head.Size - (ulong)append.Leaves.Count;
        LogTables.RequireContinuation(size, append.Leaves.Select(leaf => leaf.Index), append.Head.Size);
        return _database.WriteAsync(
            session =>
            {
                if (!session.TryMoveHead(size, append.Head.Size)) throw new LogMovedException(size);
                WriteLeaves(session, append.Leaves);
                LogTables.WriteTiles(session, append.Tiles);
                LogTables.WriteCheckpoint(session, append.Head);
                foreach (PublishedRecord record in append.Records)
                {
                    WriteRecord(session, new StoredRecord(record, HasItem: true), InsertRecord);
                }

                foreach ((RecordId id, ulong withdrawnAt) in append.Withdrawals)
                {
                    Withdraw(session, id, withdrawnAt);
                }

                foreach (StoredDispute dispute in append.Disputes)
                {
                    WriteDispute(session, dispute);
                }

                foreach ((byte[] tokenHash, ulong usedAt) in append.UsedInvitations)
                {
                    UseInvitation(session, tokenHash, usedAt);
                }

                foreach (ChangeDecision decision in append.Decisions)
                {
                    Decide(session, decision);
                }

                foreach (StoredRouteKey key in append.RouteKeys)
                {
                    BeginEpoch(session, key);
                }

                AddUsage(session, append.Usage);
            },
            cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<int> DeleteExpiredItemsAsync(UtcDay day, int most, CancellationToken cancellation)
    {
        int deleted = await _database.WriteAsync(
            session =>
            {
                var expired = new List<StoredRecord>();
                Statement query = session.Start("SELECT * FROM records WHERE has_item = 1 AND expiry < ? ORDER BY expiry LIMIT ?").Bind(day.Number).Bind(most);
                while (query.Step())
                {
                    expired.Add(ReadRecord(query, 0));
                }

                foreach (StoredRecord record in expired)
                {
                    DeleteItem(session, record);
                }

                return expired.Count;
            },
            cancellation).ConfigureAwait(false);

        if (deleted > 0)
        {
            await _database.ReclaimAsync(cancellation).ConfigureAwait(false);
        }

        return deleted;
    }

    private static void RequireRecordsMatchLeaves(LogAppend append)
    {
        var published = append.Leaves.Where(leaf => leaf.Kind == Entry.ContentOneofCase.RecordPublished).ToDictionary(leaf => leaf.Index);
        foreach (BrokerLeaf leaf in append.Leaves)
        {
            if (leaf.Item is null == (leaf.Kind == Entry.ContentOneofCase.RecordPublished))
            {
                throw new ArgumentException($"Leaf {leaf.Index} is {leaf.Kind} and {(leaf.Item is null ? "lacks its item" : "cannot have an item")}.", nameof(append));
            }
        }

        foreach (PublishedRecord record in append.Records)
        {
            if (!published.Remove(record.Index))
            {
                throw new ArgumentException($"Record {record.Id.Prefix} stands at index {record.Index}, where the append has no other RecordPublished leaf.", nameof(append));
            }
        }

        if (published.Count > 0)
        {
            throw new ArgumentException($"Leaf {published.Keys.First()} publishes a record that the append does not describe.", nameof(append));
        }
    }

    private static void WriteLeaves(Session session, IReadOnlyList<BrokerLeaf> leaves)
    {
        Statement leafInsert = session.Prepare("INSERT INTO leaves VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        Statement itemInsert = session.Prepare("INSERT INTO items VALUES (?, ?, ?)");
        foreach (BrokerLeaf leaf in leaves)
        {
            bool isState = !EntryRoute.IsOfRecord(leaf.Kind);
            leafInsert.Start(Leaves).Bind(leaf.Index).Bind((long)leaf.Kind).Bind(isState ? 1L : 0L).Bind(leaf.LeafData.AsSpan()).Bind(leaf.Salt.AsSpan()).Bind(leaf.Entry.AsSpan());
            (leaf.Circle is { } circle ? leafInsert.Bind(circle) : leafInsert.BindNull()).Bind(leaf.Epoch).QueueWithHash();
            if (leaf.Item is not null)
            {
                itemInsert.Start(Items).Bind(leaf.Index).Bind(leaf.Item).QueueWithHash();
            }
        }
    }

    private static void WriteRecord(Session session, StoredRecord stored, string statement)
    {
        PublishedRecord record = stored.Record;
        Bind(session.Start(statement, Records).Bind(record.Index).Bind(record.Id).Bind(record.Circle).Bind(record.Epoch), record.RecordKey)
            .Bind(record.Expiry.Number).Bind(record.Contributor)
            .Bind(record.IssuanceSalt.AsSpan()).Bind(record.MemberSignature.AsSpan()).Bind(record.ReceiptSize).Bind(record.WithdrawnAt).Bind(stored.HasItem ? 1L : 0L)
            .QueueWithHash();
    }

    private static void Withdraw(Session session, RecordId id, ulong withdrawnAt)
    {
        StoredRecord stored = FindRecord(session, id) ?? throw new InvalidOperationException($"Record {id.Prefix} is withdrawn at {withdrawnAt} but was never published.");
        if (stored.Record.WithdrawnAt is not null)
        {
            return; // The first withdrawal stands.
        }

        DeleteItem(session, stored with { Record = stored.Record with { WithdrawnAt = withdrawnAt } });
    }

    private static void DeleteItem(Session session, StoredRecord stored)
    {
        session.Start("DELETE FROM items WHERE idx = ?").Bind(stored.Record.Index).Run();
        session.Start("DELETE FROM outcomes WHERE record = ?").Bind(stored.Record.Id).Run();
        WriteRecord(session, stored with { HasItem = false }, ReplaceRecord);
    }
}
