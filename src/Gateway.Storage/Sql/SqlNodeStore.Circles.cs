using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string Orders = "circle_orders", Backfills = "backfills";

    /// <inheritdoc/>
    public ValueTask ReplaceCircleOrdersAsync(CircleId circle, IReadOnlyCollection<StoredCircleOrder> orders, CancellationToken cancellation, IReadOnlyCollection<StoredCircleOrder>? before = null)
    {
        ArgumentNullException.ThrowIfNull(orders);
        return _database.WriteAsync(
            session =>
            {
                if (before is not null && !ReadOrders(session).Where(order => order.Circle == circle).ToHashSet().SetEquals(before)) throw new StoreMovedException();
                session.Journal?.Tell(session, StoreTopic.Circles);
                session.Start("DELETE FROM circle_orders WHERE circle = ?").Bind(circle).Run();
                foreach (StoredCircleOrder order in orders)
                {
                    if (order.Circle != circle)
                    {
                        throw new ArgumentException($"An order of circle {order.Circle.Prefix} does not belong to circle {circle.Prefix}.", nameof(orders));
                    }

                    session.Start("INSERT INTO circle_orders VALUES (?, ?, ?, ?, ?, ?, ?)", Orders)
                        .Bind(order.Circle).Bind(order.Member).Bind((long)order.Change).Bind(order.Epoch).Bind((long)order.Reason).Bind(order.OrderedAt.UtcTicks).RunWithHash();
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredCircleOrder>> ReadCircleOrdersAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredCircleOrder>>(ReadOrders, cancellation);

    private static List<StoredCircleOrder> ReadOrders(Session session) => ReadAll(
        session.Start("SELECT * FROM circle_orders ORDER BY circle, member"),
        query =>
        {
            query.Row(Orders);
            StoredCircleOrder order = new(query.Circle(), query.Member(), (CircleMemberChange)query.Int64(), (uint)query.Int64(), (MembershipReason)query.Int64(), ReadTime(query));
            query.CheckRow($"{order.Circle.Prefix}/{order.Member.Prefix}");
            return order;
        });

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredBackfill>> ReadBackfillsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredBackfill>>(
        session => ReadAll(
            session.Start("SELECT * FROM backfills ORDER BY grant_idx"),
            query =>
            {
                query.Row(Backfills);
                ulong grant = query.UInt64();
                StoredBackfill backfill = new(grant, query.Circle(), query.UInt64());
                query.CheckRow((long)grant);
                return backfill;
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask ApplyBackfillAsync(BackfillApply apply, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Append(session, ChangeOf(session, apply));

                // A reading that was given up meanwhile, because the member left the circle, brings nothing back.
                if (session.Start("DELETE FROM backfills WHERE grant_idx = ?").Bind(apply.Backfill.Grant).Run() == 0)
                {
                    throw new InvalidOperationException($"The reading for the grant at leaf {apply.Backfill.Grant} is not under way.");
                }

                if (apply.Backfill.Next <= apply.Backfill.Grant)
                {
                    AddBackfill(session, apply.Backfill);
                }

                Statement update = session.Prepare("REPLACE INTO leaves VALUES (?, ?, ?, ?, ?, ?)");
                foreach (LoggedLeaf leaf in apply.Leaves)
                {
                    update.Start(Leaves).Bind(leaf.Index).Bind(IsState(leaf.Entry) ? 1L : 0L).Bind(leaf.LeafData.AsSpan()).Bind(leaf.Salt).Bind(leaf.Entry).RunWithHash();
                }

                WriteRecords(session, apply);
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KnownTag>> ReadKnownTagsOfAsync(CircleId circle, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<KnownTag>>(
        session => ReadAll(session.Start("SELECT tag, hash, circle, epoch, row_hash, id FROM known_tags WHERE circle = ? ORDER BY id").Bind(circle), ReadKnownTag), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RecordTags>> ReadTagsOfAsync(CircleId circle, ulong before, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<RecordTags>>(
        session =>
        {
            var found = new List<RecordTags>();
            Statement query = session.Start("SELECT r.*, t.* FROM records r JOIN tags t ON t.number = r.number WHERE r.circle = ? AND r.idx < ? AND r.state = 1 ORDER BY r.number").Bind(circle).Bind(Key(before));
            while (query.Step())
            {
                (int number, _) = CheckBareRecord(query);
                found.Add(new RecordTags(number, ReadTags(query, RecordColumns, number)));
            }

            return found;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<uint>> ReadLiveEpochsAsync(CircleId circle, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<uint>>(
        session => ReadAll(
            session.Start("SELECT DISTINCT epoch FROM records WHERE circle = ? AND state IN (1, 4, 5) ORDER BY epoch").Bind(circle),
            query =>
            {
                query.Row(Records);
                return (uint)query.Int64();
            }),
        cancellation);

    private static void AddBackfill(Session session, StoredBackfill backfill)
    {
        // Back again before the leaving was accepted: what it left behind comes with the reading, once.
        foreach (int number in ReadAll(session.Start("SELECT number FROM records WHERE circle = ? AND state = 6").Bind(backfill.Circle), ReadNumber))
        {
            DeleteEnded(session, number);
        }

        session.Start("INSERT INTO backfills VALUES (?, ?, ?, ?)", Backfills).Bind(backfill.Grant).Bind(backfill.Circle).Bind(backfill.Next).RunWithHash();
    }

    // Records are hidden and end with the entry; that is what cannot be undone, and it waits for acceptance. The rest is made anew from log and records.
    private static void Leave(Session session, LeftCircle left)
    {
        foreach (NodeRecord record in ReadAll(session.Start("SELECT * FROM records WHERE circle = ? AND idx < ? AND state <> 6 ORDER BY number").Bind(left.Circle).Bind(Key(left.At)), query => ReadBareRecord(query).Record))
        {
            session.Start("DELETE FROM hits WHERE record = ?").Bind(record.Number).Run();
            RetractAlerts(session, record.Number, NodeRecordState.Left);
            WriteRecord(session, record with { State = NodeRecordState.Left }, hasItem: false, ReplaceRecord);
            AddEnding(session, record.Number, left.At);
        }

        session.Start("DELETE FROM disputes WHERE circle = ? AND COALESCE(disputed_at, 0) < ? AND COALESCE(decided_at, 0) < ?").Bind(left.Circle).Bind(Key(left.At)).Bind(Key(left.At)).Run();
        session.Start("DELETE FROM backfills WHERE circle = ? AND grant_idx < ?").Bind(left.Circle).Bind(Key(left.At)).Run();
        foreach (uint epoch in ReadAll(session.Start("SELECT DISTINCT epoch FROM known_tags WHERE circle = ?").Bind(left.Circle), ReadEpoch).Except(left.KeptEpochs))
        {
            session.Start("DELETE FROM known_tags WHERE circle = ? AND epoch = ?").Bind(left.Circle).Bind(epoch).Run();
        }
    }

    private static uint ReadEpoch(Statement query)
    {
        query.Row(KnownTags);
        return (uint)query.Int64();
    }
}
