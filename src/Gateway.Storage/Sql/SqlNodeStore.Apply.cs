using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string InsertRecord = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private const string ReplaceRecord = "REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    /// <inheritdoc/>
    public ValueTask ApplyAsync(FeedApply apply, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.RequireInStep(session);
                LogTables.RequireContinuation(LogTables.ReadSize(session), apply.Leaves.Select(leaf => leaf.Index), apply.Head.Size);
                WriteLeaves(session, apply.Leaves);
                LogTables.WriteTiles(session, apply.Tiles);
                LogTables.WriteCheckpoint(session, apply.Head);
                session.Start("DELETE FROM checkpoints WHERE size < ?").Bind(apply.Head.Size).Run();
                session.Journal?.Append(session, ChangeOf(session, apply) with { IsAnew = apply.Left.Count > 0 });
                WriteRecords(session, apply);
                foreach (LeftCircle left in apply.Left)
                {
                    Leave(session, left);
                }

                foreach (StoredBackfill backfill in apply.Backfills)
                {
                    AddBackfill(session, backfill);
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask QuarantineAsync(int number, string fault, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(fault);
        return _database.WriteAsync(
            session =>
            {
                NodeRecord record = FindBareRecord(session, number)?.Record ?? throw new InvalidOperationException($"Record {number} cannot be quarantined: it is not in the store.");
                if (record.State == NodeRecordState.Live)
                {
                    session.Journal?.Append(session, new NodeChange { Ended = EndedOf(session, [number]) });
                    ChangeState(session, record, NodeRecordState.Quarantined, fault);
                }
            },
            cancellation);
    }

    /// <summary>What other processes have to take out of their memory, read before it is changed here.</summary>
    private static NodeChange ChangeOf(Session session, RecordsApply apply) => apply.Ended.Count > ReplicaJournal.MostListed
        ? new NodeChange { IsLogged = true, IsAnew = true }
        : new NodeChange { IsLogged = true, Ended = EndedOf(session, apply.Ended.Select(ended => ended.Number)) };

    private static List<RecordTags> EndedOf(Session session, IEnumerable<int> numbers) =>
        [.. numbers.Select(number => new RecordTags(number, FindTags(session, number) ?? [])).Where(record => record.Tags.Length > 0)];

    private static void WriteRecords(Session session, RecordsApply apply)
    {
        AddRecords(session, apply.Records);
        foreach (NodeRecord record in apply.Records.Where(record => IsEnded(record.State)))
        {
            // Ended in its own batch: nothing of it is here to be deleted, but at sizes between it was live.
            if (apply.EndedAt.TryGetValue(record.Number, out ulong at))
            {
                AddEnding(session, record.Number, at);
            }
        }

        foreach ((int number, NodeRecordState state) in apply.Ended)
        {
            NodeRecord record = FindBareRecord(session, number)?.Record ?? throw new InvalidOperationException($"Record {number} changes to {state} but is not in the store.");
            ChangeState(session, record, state, fault: state == NodeRecordState.Quarantined ? record.Fault : null);
            if (IsEnded(state))
            {
                AddEnding(session, number, apply.EndedAt.TryGetValue(number, out ulong at) ? at : LogTables.ReadSize(session) - 1);
            }
        }

        AddReplacements(session, apply.Replacements);

        AddHits(session, apply.Hits);
        foreach (DisputeState dispute in apply.Disputes)
        {
            SaveDispute(session, dispute);
        }

        foreach (StoredAlarm alarm in apply.Alarms)
        {
            AddAlarm(session, alarm);
        }

        CloseOutbox(session, apply.LoggedOutbox, OutboxState.Logged);
        CloseOutbox(session, apply.WithdrawnOutbox, OutboxState.Withdrawn);
    }

    private static void WriteLeaves(Session session, IReadOnlyList<LoggedLeaf> leaves)
    {
        Statement insert = session.Prepare("INSERT INTO leaves VALUES (?, ?, ?, ?, ?, ?)");
        foreach (LoggedLeaf leaf in leaves)
        {
            insert.Start(Leaves).Bind(leaf.Index).Bind(IsState(leaf.Entry) ? 1L : 0L).Bind(leaf.LeafData.AsSpan()).Bind(leaf.Salt).Bind(leaf.Entry).QueueWithHash();
        }
    }

    /// <summary>Whether an entry makes up the state of the network. One that cannot be read is left to those who read the state to complain about.</summary>
    private static bool IsState(byte[]? entry)
    {
        if (entry is null)
        {
            return false;
        }

        try
        {
            return !EntryRoute.IsOfRecord(Entry.Parser.ParseFrom(entry).ContentCase);
        }
        catch (InvalidProtocolBufferException)
        {
            return true;
        }
    }

    private static void AddRecords(Session session, IReadOnlyList<NodeRecord> records)
    {
        if (records.Count == 0)
        {
            return;
        }

        int last = ReadLastRecordNumber(session);
        Statement itemInsert = session.Prepare("INSERT INTO items VALUES (?, ?, ?)");
        Statement tagsInsert = session.Prepare("INSERT INTO tags VALUES (?, ?, ?)");
        foreach (NodeRecord record in records)
        {
            if (record.Number <= last)
            {
                throw new ArgumentException($"Record number {record.Number} does not come after {last}: numbers are never given twice.", nameof(records));
            }

            last = record.Number;
            WriteRecord(session, record, record.Item is not null, InsertRecord);
            if (record.Item is not null)
            {
                itemInsert.Start(Items).Bind(record.Number).Bind(record.Item).QueueWithHash();
            }

            if (record.State is NodeRecordState.Live or NodeRecordState.Quarantined)
            {
                tagsInsert.Start(Tags).Bind(record.Number).Bind(record.Tags.AsSpan()).QueueWithHash();
            }
        }
    }

    private static void ChangeState(Session session, NodeRecord record, NodeRecordState state, string? fault)
    {
        bool ends = IsEnded(state);
        bool hasItem = !ends && HasRow(session, "SELECT 1 FROM items WHERE number = ?", record.Number);
        if (state == NodeRecordState.Live && (IsEnded(record.State) || !HasRow(session, "SELECT 1 FROM tags WHERE number = ?", record.Number)))
        {
            throw new InvalidOperationException($"Record {record.Number} cannot become live: it has ended, or its tags are deleted.");
        }

        if (state == NodeRecordState.Expired)
        {
            ForgetReceipt(session, record.Id);
        }

        if (state != NodeRecordState.Live)
        {
            session.Start("DELETE FROM hits WHERE record = ?").Bind(record.Number).Run();
            RetractAlerts(session, record.Number, state);
        }

        WriteRecord(session, record with { State = state, Fault = fault }, hasItem, ReplaceRecord);
    }

    private static bool IsEnded(NodeRecordState state) => state is NodeRecordState.Withdrawn or NodeRecordState.Expired;

    private static bool HasRow(Session session, string query, int number)
    {
        Statement statement = session.Start(query).Bind(number);
        bool found = statement.Step();
        statement.Reset();
        return found;
    }

    private static void WriteRecord(Session session, NodeRecord record, bool hasItem, string statement) => session.Start(statement, Records)
        .Bind(record.Number).Bind(record.Id).Bind(record.Index).Bind(record.Circle).Bind(record.Epoch).Bind(record.RecordKey.AsSpan()).Bind(record.Expiry.Number)
        .Bind((long)record.State).Bind(record.Fault).Bind(record.WithdrawnAt).Bind(hasItem ? 1L : 0L)
        .QueueWithHash();

    private static void AddHits(Session session, IEnumerable<StoredHit> hits)
    {
        Statement live = session.Prepare("SELECT 1 FROM records WHERE number = ? AND state = 1");
        Statement insert = session.Prepare("INSERT OR IGNORE INTO hits VALUES (?, ?, ?)");
        foreach (StoredHit hit in hits)
        {
            // The record may have ended between the match and this write: nothing that is gone is met.
            if (live.Start().Bind(hit.Record).Step())
            {
                // A hit held already was looked at already, and one that concerns neither seller nor past shipment need not be: most do not, words of names above all.
                if (insert.Start("hits").Bind(hit.Record).Bind(hit.Hash).RunWithHash() > 0 && IsWatched(session, hit.Hash))
                {
                    AddMeeting(session, hit);
                }
            }
        }

        live.Reset();
    }
}
