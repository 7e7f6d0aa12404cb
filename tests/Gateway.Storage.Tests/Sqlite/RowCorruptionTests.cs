using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Sqlite;

/// <summary>Every column of every table is changed by one bit, past the store, and must not be served.</summary>
public sealed partial class RowCorruptionTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly StoreFile _file = new();

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData("leaves", "kind state leaf_data salt entry circle epoch row_hash")]
    [InlineData("records", "id circle epoch record_key expiry contributor issuance_salt member_signature receipt_size withdrawn_at has_item row_hash")]
    [InlineData("items", "item row_hash")]
    [InlineData("checkpoints", "note row_hash")]
    [InlineData("tiles", "hashes row_hash")]
    [InlineData("invitations", "token_hash change member name role statement expires_at row_hash")]
    [InlineData("proposals", "circle epoch request row_hash")]
    [InlineData("route_keys", "circle epoch route_key row_hash")]
    [InlineData("circle_statements", "circle member departure statement row_hash")]
    [InlineData("quota_usage", "member quota day used row_hash")]
    [InlineData("changes", "kind change author proposed_at expires_at state decided_by decided_at log_index row_hash")]
    [InlineData("sponsors", "member signature row_hash")]
    [InlineData("audit", "at actor action subject outcome count hash row_hash")]
    [InlineData("operators", "admitted_at removed_at row_hash")]
    [InlineData("issued_certificates", "serial name key_hash authority issued_at not_after row_hash")]
    [InlineData("denied_certificates", "key_hash name operator reason denied_at until row_hash")]
    [InlineData("deny_lists", "number body signature row_hash")]
    [InlineData("cosignatures", "member size note row_hash")]
    [InlineData("foreign_checkpoint", "note found_at row_hash")]
    public async Task A_changed_column_of_the_broker_is_never_served(string table, string columns)
    {
        await using (SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.SaveProposalAsync(new(Circle(1), 4, [1, 2]), None);
            await store.SaveCircleStatementAsync(new(Circle(1), Member(1), false, [1, 2]), None);
            await store.AppendAsync(Append(RecordLeaf(0)) with { RouteKeys = [new(Circle(1), 2, Bytes("route", 1, 32))], Usage = [new(Member(1), "strong", new UtcDay(10), 5)] }, None);
            await store.Changes.AddFirstOperatorsAsync(["ann"], Noon, None);
            await store.Audit.AppendAsync([new(Noon, "operator ann", "ProposeChange", "change 1", "done", 1)], None);
            long change = await store.Changes.AddAsync(new(Change.KindOneofCase.Admission, [1, 2], "ann", Noon, Noon.AddDays(7)), None);
            await store.Changes.AddSponsorAsync(change, Member(1), Bytes("signature", 1, 64), None);
            await store.Certificates.AddIssuedAsync(new([1], "spiffe://test/a", Bytes("key", 1, 32), Bytes("authority", 1, 32), Noon, Noon.AddDays(1)), None);
            await store.Certificates.DenyAsync(new(Bytes("key", 1, 32), "spiffe://test/a", "ann", "stolen", Noon, Noon.AddDays(1)), None);
            await store.Certificates.TryAddDenyListAsync(new(1, [1, 2], [3, 4]), None);
            await store.Witness.SaveCosignaturesAsync([new(Member(1), 7, [1, 2])], None);
            await store.Witness.SaveForeignCheckpointAsync([1, 2], Noon, None);
            await store.Changes.DecideAsync(new(change, ChangeState.Executed, "bob", Noon) { Invitation = Invitation(1) }, None);
            await ReadAllAsync(store);
        }

        await RequireDetectedAsync(table, columns, async () =>
        {
            await using SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None);
            await ReadAllAsync(store);
        });
    }

    [Theory]
    [InlineData("evaluators", "address box_key admitted_by admitted_at row_hash")]
    [InlineData("share_offers", "evaluator offer made_at row_hash")]
    public async Task A_changed_column_about_evaluators_is_never_served(string table, string columns)
    {
        await using (SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.SaveEvaluatorAsync(new("second", "https://localhost:1", Bytes("box", 1, 32), "ann", Noon), None);
            long sharing = await store.Changes.AddAsync(new(Change.KindOneofCase.OprfKeys, [1, 2], "ann", Noon, Noon.AddDays(7)), None);
            await store.Changes.DecideAsync(new(sharing, ChangeState.Executed, "bob", Noon.AddHours(1)) { ShareOffer = new("second", [1, 2, 3], Noon) }, None);
        }

        await RequireDetectedAsync(table, columns, async () =>
        {
            await using SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None);
            await store.ListEvaluatorsAsync(None);
            await store.ReadShareOfferAsync(None);
        });
    }

    [Theory]
    [InlineData("leaves", "state leaf_data salt entry row_hash")]
    [InlineData("records", "id idx circle epoch record_key expiry state fault withdrawn_at has_item row_hash")]
    [InlineData("items", "item row_hash")]
    [InlineData("tags", "tags row_hash")]
    [InlineData("checkpoints", "note row_hash")]
    [InlineData("tiles", "hashes row_hash")]
    [InlineData("known", "version hash sealed used_day row_hash")]
    [InlineData("known_tags", "tag hash circle epoch row_hash")]
    [InlineData("hits", "record hash row_hash")]
    [InlineData("outbox", "circle reference content_hash state draft record_salt record_id submission receipt refusal created_at row_hash")]
    [InlineData("outbox_withdrawals", "record_id request created_at row_hash")]
    [InlineData("circle_orders", "circle member change epoch reason ordered_at row_hash")]
    [InlineData("backfills", "grant_idx circle next row_hash")]
    [InlineData("alarms", "raised_at error evidence row_hash")]
    [InlineData("sellers", "reference content sealed registered_day row_hash")]
    [InlineData("seller_identifiers", "hash seller row_hash")]
    [InlineData("past_shipments", "day shipments sealed row_hash")]
    [InlineData("meetings", "hash record row_hash")]
    [InlineData("alerts", "subject_kind subject record weight raised_at about opened acknowledged change row_hash")]
    [InlineData("dismissals", "record identifiers day sealed row_hash")]
    [InlineData("cosignatures", "member size note row_hash")]
    [InlineData("acceptance", "size row_hash")]
    [InlineData("sightings", "size source note row_hash")]
    [InlineData("fork_evidence", "digest source evidence settled_at settled_by row_hash")]
    public async Task A_changed_column_of_the_node_is_never_served(string table, string columns)
    {
        await using (SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)], Backfills = [new(9, Circle(2), 4)] }, None);
            await store.ReplaceCircleOrdersAsync(Circle(1), [Order(1)], None);
            await store.AddKnownAsync([Known(1, 1)], None);
            OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("a")], None));
            await store.UpdateOutboxAsync([row with { RecordSalt = [1], RecordId = Record(7), Submission = [2], Receipt = [3], Refusal = [4] }], None);
            await store.AddWithdrawalAsync(Withdrawal(1), None);
            await store.AddAlarmAsync(Alarm(1), None);
            await store.SaveSellersAsync([new StoredSeller { Reference = [1], Content = [2], Sealed = [3], RegisteredDay = new(4), Hashes = [Hash(1)] }], None);
            await store.AddPastAsync(new StoredPastShipments(0, new(5), 6, [7]), [8], None);
            await store.AddMeetingsAsync([new StoredHit(Hash(1), 1)], None);
            await store.SaveAlertsAsync([new StoredAlert { Kind = AlertSubject.Seller, Subject = [1], Record = 1, Weight = 2, RaisedAt = Noon, About = [3], Opened = [4], Acknowledged = [5] }], [], None);
            await store.AddDismissalAsync(new StoredDismissal(0, [1], [2], new(3), [4]), None);
            await store.AcceptAsync([new(Member(1), 7, [1, 2])], 5, None);
            await store.AddSightingAsync(new(0, 9, "file", [1, 2]), 4, None);
            await store.AddEvidenceAsync(new(0, Bytes("digest", 1, 32), "file", [1, 2]), None);
            await store.SettleEvidenceAsync(1, Noon, "ann", None);
            await ReadAllAsync(store);
        }

        await RequireDetectedAsync(table, columns, async () =>
        {
            await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None);
            await ReadAllAsync(store);
        });
    }

    [Theory]
    [InlineData("life_endings", "row_hash")]
    [InlineData("life_replacements", "replacement row_hash")]
    [InlineData("life_rectifications", "record outbox created_at row_hash")]
    [InlineData("life_retired_epochs", "circle epoch row_hash")]
    public async Task A_changed_column_about_the_end_of_records_is_never_served_by_a_node(string table, string columns)
    {
        await using (SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("a")], None));
            await store.UpdateOutboxAsync([row with { RecordId = Record(1), State = OutboxState.Closed }], None);
            await store.BeginRectificationAsync(Record(1), "old", Draft("a", content: 2), None);
            await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)], Replacements = [(Record(1), Record(2))] }, None);
            await store.ApplyAsync(Apply(1, 1) with { Ended = [(1, NodeRecordState.Withdrawn)] }, None);
            await store.RetireEpochAsync(Circle(1), 3, None);
        }

        await RequireDetectedAsync(table, columns, async () =>
        {
            await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None);
            await store.ReadRectificationsAsync(None);
            await store.FindReplacementAsync(Record(1), None);
            await store.ReadRetiredEpochsAsync(None);
            await store.DeleteEndedAsync(ulong.MaxValue, 10, None);
        });
    }

    [Theory]
    [InlineData("life_acknowledgements", "member size request at row_hash")]
    [InlineData("life_milestones", "day at row_hash")]
    [InlineData("life_findings", "circle size found_at finding row_hash")]
    public async Task A_changed_column_about_the_end_of_records_is_never_served_by_the_broker(string table, string columns)
    {
        await using (SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.SaveAcknowledgementAsync(new(Member(1), 3, Bytes("ack", 1, 40), Noon), None);
            await store.AddMilestoneAsync(new(3, new UtcDay(7), Noon), None);
            await store.SaveFindingAsync(new(Circle(1), 3, Noon, Bytes("finding", 1, 40)), None);
        }

        await RequireDetectedAsync(table, columns, async () =>
        {
            await using SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None);
            await store.ListAcknowledgementsAsync(None);
            await store.ReadMilestonesAsync(None);
            await store.ListFindingsAsync(10, None);
        });
    }

    [Theory]
    [InlineData("records")]
    [InlineData("items")]
    public async Task A_missing_row_of_a_published_record_is_not_taken_for_its_end(string table)
    {
        await using SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None);
        await store.AppendAsync(Append(RecordLeaf(0)), None);
        _file.Execute($"DELETE FROM {table}");
        StoreCorruptException error = await Assert.ThrowsAsync<StoreCorruptException>(async () => await store.ReadLeafAsync(0, None));
        Assert.Equal((table, "0"), (error.Table, error.Row));
    }

    [Theory]
    [InlineData("tags")]
    [InlineData("items")]
    public async Task A_missing_row_of_a_live_record_is_not_taken_for_its_end(string table)
    {
        await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None);
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)] }, None);
        _file.Execute($"DELETE FROM {table}");
        StoreCorruptException error = await Assert.ThrowsAsync<StoreCorruptException>(async () => await store.ReadRecordAsync(1, None));
        Assert.Equal((table, "1"), (error.Table, error.Row));
    }

    private static async Task ReadAllAsync(SqliteBrokerStore store)
    {
        await store.ReadHeadAsync(None);
        store.ReadTile(new TileId(0, 0));
        await store.ReadLeavesAsync(0, 10, None).ToListAsync();
        await store.ListOpenInvitationsAsync(DateTimeOffset.UnixEpoch, None);
        await store.ListProposalsAsync(None);
        await store.ListCircleStatementsAsync(None);
        await store.Changes.ListAsync(undecidedOnly: false, 10, None);
        await store.Changes.ReadOperatorsAsync(None);
        await store.Audit.ReadAsync(1, None).ToListAsync();
        await store.Changes.ReadSponsorsAsync(1, None);
        await store.Certificates.ReadIssuedAsync(None);
        await store.Certificates.ReadDeniedAsync(DateTimeOffset.UnixEpoch, None);
        await store.Certificates.ReadDenyListAsync(None);
        await store.ReadRouteKeysAsync(None);
        await store.ReadUsageAsync(new UtcDay(0), None);
        await store.Witness.ReadCosignaturesAsync(None);
        await store.Witness.ReadForeignCheckpointAsync(None);
    }

    private static async Task ReadAllAsync(SqliteNodeStore store)
    {
        await store.ListSellersAsync(None).ToListAsync();
        await store.FindSellersAsync(Hash(1), None);
        await store.ReadPastBeforeAsync(new UtcDay(uint.MaxValue), 10, None);
        await store.ReadMeetingsAsync(0, 10, None);
        await store.ReadAlertsAsync(-1, None).ToListAsync();
        await store.ListDismissalsAsync(None).ToListAsync();
        await store.ReadHeadAsync(None);
        store.ReadTile(new TileId(0, 0));
        await store.ReadLeavesAsync(0, 10, None).ToListAsync();
        await store.ReadLiveTagsAsync(None).ToListAsync();
        await store.ListRecordsAsync(null, None).ToListAsync();
        await store.ReadRecordAsync(1, None);
        await store.ReadKnownHashesAsync(1, 0, None).Select(known => known.Hash).ToListAsync();
        await store.ReadKnownAsync(1, None).ToListAsync();
        await store.ReadKnownTagsAsync(0, None).Select(known => known.Tag).ToListAsync();
        await store.ReadHitsAsync(None).ToListAsync();
        await store.ListOutboxAsync(None).ToListAsync();
        await store.ReadOpenWithdrawalsAsync(None);
        await store.ReadAlarmsAsync(10, None);
        await store.ReadCircleOrdersAsync(None);
        await store.ReadBackfillsAsync(None);
        await store.ReadCosignaturesAsync(None);
        await store.ReadAcceptedSizeAsync(None);
        await store.ReadSightingsAsync(ulong.MaxValue, None);
        await store.ReadEvidenceAsync(None);
    }

    /// <summary>Changes each column in turn, reads everything, and puts it back.</summary>
    private async Task RequireDetectedAsync(string table, string columns, Func<Task> readAll)
    {
        foreach (string column in columns.Split(' '))
        {
            object? before = Exchange(table, column, null, flip: true);
            Exception? error = await Xunit.Record.ExceptionAsync(readAll);
            Assert.True(error is StoreCorruptException corrupt && corrupt.Table == table, $"{table}.{column}: {error?.Message ?? "served"}");
            Exchange(table, column, before, flip: false);
            await readAll();
        }
    }

    private object? Exchange(string table, string column, object? value, bool flip)
    {
        using SqliteConnection connection = _file.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {column} FROM {table}";
        object before = command.ExecuteScalar()!;
        command.CommandText = $"PRAGMA ignore_check_constraints = ON; UPDATE {table} SET {column} = $value";
        command.Parameters.AddWithValue("$value", flip ? Flip(before, column) : value);
        Assert.Equal(1, command.ExecuteNonQuery());
        return before;
    }

    private static object Flip(object value, string column)
    {
        switch (value)
        {
            case byte[] bytes:
                byte[] changed = [.. bytes];
                changed[changed.Length / 2] ^= 0x10;
                return changed;
            case long number:
                return number ^ 1;
            case string text:
                return text[..^1] + (char)(text[^1] ^ 1);
            default:
                return column == "fault" ? "text" : 5L; // A null that holds something now.
        }
    }
}
