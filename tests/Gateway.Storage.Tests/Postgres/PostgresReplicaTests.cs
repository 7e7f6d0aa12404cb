using Gateway.Protocol;
using Gateway.Storage.Node;
using Gateway.Storage.Postgres;

namespace Gateway.Storage.Tests.Postgres;

/// <summary>Several processes of a node on one schema: who leads, what each takes of the others' changes, who has an identifier evaluated.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresReplicaTests(PostgresCluster cluster)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30), Short = TimeSpan.FromMilliseconds(200);

    [PostgresFact]
    public async Task One_leads_until_it_leaves_or_falls_silent_and_whoever_lost_the_lease_writes_nothing()
    {
        string schema = cluster.NewSchema();
        await using PostgresNodeStore one = await OpenAsync(schema), other = await OpenAsync(schema);
        long term = (await BeatAsync(one, Short))!.Value;
        Assert.Null(await BeatAsync(other, Life));
        Assert.Equal(term, await BeatAsync(one, Short));
        using (one.Replicas.ActUnder(term)) await one.AddAlarmAsync(new StoredAlarm(DateTimeOffset.UnixEpoch, [1], []), None);

        await Task.Delay(2 * Short);
        long next = (await BeatAsync(other, Life))!.Value;
        Assert.True(next > term);
        using (one.Replicas.ActUnder(term))
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => one.AddAlarmAsync(new StoredAlarm(DateTimeOffset.UnixEpoch, [2], []), None).AsTask());
        }

        await one.AddAlarmAsync(new StoredAlarm(DateTimeOffset.UnixEpoch, [3], []), None); // Not as leader: whoever shares the store may.
        Assert.Equal([3, 1], (await one.ReadAlarmsAsync(9, None)).Select(alarm => (int)alarm.Error[0]));
        Assert.Null(await BeatAsync(one, Life));
        await other.Replicas.LeaveAsync(None);
        Assert.True(await BeatAsync(one, Life) > next);
    }

    [PostgresFact]
    public async Task A_change_is_written_only_by_who_has_taken_all_before_it()
    {
        string schema = cluster.NewSchema();
        await using PostgresNodeStore one = await OpenAsync(schema), other = await OpenAsync(schema), unseen = await OpenAsync(schema);
        foreach (PostgresNodeStore store in (PostgresNodeStore[])[one, other]) await BeatAsync(store, Life);
        await one.AddKnownAsync([Known(1)], None);
        await Assert.ThrowsAsync<StoreMovedException>(() => other.AddKnownAsync([Known(2)], None).AsTask());
        Assert.Null(await other.FindKnownAsync(1, 2, None));

        StoreNews news = await other.Replicas.ReadNewsAsync(None);
        Assert.True(news.IsWhole);
        Assert.Equal(1, Assert.Single(news.Changes, change => !change.IsLogged && !change.IsAnew) is null ? 0 : news.UpTo);
        other.Replicas.Take(news);
        await other.AddKnownAsync([Known(2)], None);
        await Assert.ThrowsAsync<StoreMovedException>(() => one.ForgetKnownAsync([Known(1)], None).AsTask());

        // What has been taken by all is kept no longer; who has not been seen reads everything anew.
        Assert.True((await one.Replicas.ReadNewsAsync(None)).IsWhole);
        one.Replicas.Take(await one.Replicas.ReadNewsAsync(None));
        foreach (PostgresNodeStore store in (PostgresNodeStore[])[one, other]) await BeatAsync(store, Life);
        one.Replicas.Take(news); // Read before the last change, taken after it.
        Assert.Equal(2, one.Replicas.Taken);
        Assert.False((await unseen.Replicas.ReadNewsAsync(None)).IsWhole);
    }

    [PostgresFact]
    public async Task What_is_taken_away_is_told_with_all_that_has_to_be_forgotten()
    {
        string schema = cluster.NewSchema();
        await using PostgresNodeStore one = await OpenAsync(schema), other = await OpenAsync(schema);
        KnownIdentifier known = Known(7) with { Tags = [new KnownTag(Tag.FromUInt128(70), 7, CircleId.FromBytes(new byte[16]), 3)] };
        await one.AddKnownAsync([known], None);
        await one.ForgetKnownAsync([known], None);
        await one.RetireEpochAsync(CircleId.FromBytes(new byte[16]), 3, None);
        IReadOnlyList<NodeChange> changes = (await other.Replicas.ReadNewsAsync(None)).Changes;
        ForgottenIdentifier forgotten = Assert.Single(changes[1].Forgotten);
        Assert.Equal((1u, (UInt128)7, (UInt128)70), (forgotten.Version, forgotten.Hash, Assert.Single(forgotten.Tags).ToUInt128()));
        Assert.True(changes[2].IsRetired);
    }

    [PostgresFact]
    public async Task An_identifier_is_claimed_by_one_until_it_is_known_or_the_claim_ends()
    {
        string schema = cluster.NewSchema();
        await using PostgresNodeStore one = await OpenAsync(schema), other = await OpenAsync(schema);
        Assert.Equal([(UInt128)1, (UInt128)2], (await one.Replicas.ClaimAsync(1, [1, 2], Life, None)).Mine.Order().ToArray());
        Assert.Equal((UInt128)3, Assert.Single((await other.Replicas.ClaimAsync(1, [1, 2, 3], Life, None)).Mine));
        Assert.Equal([(UInt128)1, (UInt128)2], (await one.Replicas.ClaimAsync(1, [1, 2, 3], Life, None)).Mine.Order().ToArray());
        await one.AddKnownAsync([Known(1)], None);
        IdentifierClaims claims = await other.Replicas.ClaimAsync(1, [1, 2], Life, None);
        Assert.Equal((1, 0), ((int)Assert.Single(claims.Known), claims.Mine.Count));
        await one.Replicas.ClaimAsync(1, [2], TimeSpan.Zero, None);
        await Task.Delay(Short);
        Assert.Equal((UInt128)2, Assert.Single((await other.Replicas.ClaimAsync(1, [2], Life, None)).Mine));
    }

    [PostgresFact]
    public async Task What_one_writes_the_other_hears_and_nobody_hears_itself()
    {
        string schema = cluster.NewSchema();
        await using PostgresNodeStore one = await OpenAsync(schema), other = await OpenAsync(schema);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        await using IAsyncEnumerator<StoreTopic> heard = other.Replicas.FollowOthersAsync(patience.Token).GetAsyncEnumerator(patience.Token);
        Assert.True(await heard.MoveNextAsync());
        Assert.Equal(StoreTopic.Everything, heard.Current);
        await other.RemoveDismissalAsync(1, None);
        await one.AddKnownAsync([Known(1)], None);
        Assert.True(await heard.MoveNextAsync());
        Assert.Equal(StoreTopic.News, heard.Current);
    }

    [PostgresFact]
    public async Task The_store_of_another_member_is_refused()
    {
        string schema = cluster.NewSchema();
        await using PostgresNodeStore one = await OpenAsync(schema), other = await OpenAsync(schema);
        await one.Replicas.RequireOwnerAsync(new byte[32], None);
        await one.Replicas.RequireOwnerAsync(new byte[32], None);
        await Assert.ThrowsAsync<StoreRefusedException>(() => other.Replicas.RequireOwnerAsync(new byte[] { 1 }, None).AsTask());
    }

    [PostgresFact]
    public async Task Two_that_append_to_the_audit_at_once_make_one_chain()
    {
        string schema = cluster.NewSchema();
        await using PostgresNodeStore one = await OpenAsync(schema), other = await OpenAsync(schema);
        await Task.WhenAll(((PostgresNodeStore[])[one, other]).SelectMany(store => Enumerable.Range(0, 50).Select(number => Task.Run(async () =>
            await store.Audit.AppendAsync([new Audit.AuditEvent(DateTimeOffset.UnixEpoch, "officer", "Test", $"{number}", "done")], None)))));
        Audit.AuditFinding finding = await Audit.AuditChain.VerifyAsync(one.Audit.ReadAsync(1, None), null, None);
        Assert.Equal((100UL, null), (finding.Head!.Number, finding.Fault));
    }

    private static async Task<PostgresNodeStore> OpenAsync(string schema) => await PostgresNodeStore.OpenAsync(PostgresAddress.Parse(schema), TimeProvider.System, None);

    private static async Task<long?> BeatAsync(PostgresNodeStore store, TimeSpan life) => (await store.Replicas.BeatAsync(new ReplicaBeat("test", 0, WantsLease: true, store.Replicas.Taken), life, None)).Term;

    private static KnownIdentifier Known(int hash) => new(1, (UInt128)hash, [1, 2, 3], new UtcDay(20_000));
}
