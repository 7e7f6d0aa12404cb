using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;

namespace Gateway.Node.Tests.Contributions;

/// <summary>A store put back from a backup does not know what the node has published and withdrawn since; nothing leaves it before it does.</summary>
public sealed class StoreBehindTests
{
    [Fact]
    public async Task Nothing_is_sealed_while_the_store_is_older_than_the_node_has_been()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        FallBehind(node);
        Assert.False(await node.SealAsync());
        Assert.Equal(OutboxState.Draft, (await node.RowAsync("case-1")).State);
        Assert.Empty(node.Wire.Evaluations);

        await node.FollowAsync();
        Assert.True(await node.SealAsync());
        Assert.Equal(OutboxState.Sealed, (await node.RowAsync("case-1")).State);
    }

    [Fact]
    public async Task Nothing_is_published_while_the_store_is_older_than_the_node_has_been()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        FallBehind(node);
        Assert.False(await node.PublishAsync());
        Assert.Empty(node.Wire.Submissions);

        await node.FollowAsync();
        Assert.True(await node.PublishAsync());
        Assert.Single(node.Wire.Submissions);
    }

    [Fact]
    public async Task Nothing_is_withdrawn_while_the_store_is_older_than_the_node_has_been()
    {
        await using TestOutbox node = await PublishedAsync();
        OutboxRow row = await node.RowAsync("case-1");
        await node.Outbox.WithdrawAsync(row.RecordId!.Value, WithdrawalReason.Mistake, CancellationToken.None);
        FallBehind(node);
        ulong size = node.Source.Size;
        Assert.False(await node.WithdrawAsync());
        Assert.Equal(size, node.Source.Size);

        await node.FollowAsync();
        Assert.True(await node.WithdrawAsync());
        Assert.Equal(size + 1, node.Source.Size);
    }

    [Fact]
    public async Task Nothing_is_rectified_while_the_store_is_older_than_the_node_has_been()
    {
        await using TestOutbox node = await PublishedAsync();
        OutboxRow row = await node.RowAsync("case-1");
        await node.Outbox.RectifyAsync(row.RecordId!.Value, TestOutbox.Case("case-1", email: "else@bad-shoes.example"), CancellationToken.None);
        await node.SealAsync();
        await node.PublishAsync();
        await node.FollowAsync();
        FallBehind(node);
        await node.Rectifier.RunAsync(CancellationToken.None);
        Assert.Null(await node.Core.Store.FindWithdrawalAsync(row.RecordId.Value, CancellationToken.None));

        await node.FollowAsync();
        await node.Rectifier.RunAsync(CancellationToken.None);
        Assert.NotNull(await node.Core.Store.FindWithdrawalAsync(row.RecordId.Value, CancellationToken.None));
    }

    [Fact]
    public async Task What_a_backup_has_as_a_draft_and_the_log_as_a_record_is_not_published_again()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        string database = Path.Combine(node.Core.Folder, "node.db"), backup = Path.Combine(node.Core.Folder, "backup.db");
        await node.RestartAsync(() => File.Copy(database, backup));
        await node.SealAsync();
        await node.PublishAsync();
        await node.FollowAsync();
        RecordId published = (await node.RowAsync("case-1")).RecordId!.Value;

        await node.RestartAsync(() => PutBack(backup, database, node.Core.Folder));
        Assert.Equal(OutboxState.Draft, (await node.RowAsync("case-1")).State);
        await node.FollowAsync();
        ulong size = node.Source.Size;
        await node.AddAsync(TestOutbox.Case("case-2", email: "else@bad-shoes.example"));
        Assert.True(await node.SealAsync());
        OutboxRow found = await node.RowAsync("case-1");
        Assert.Equal((OutboxState.Logged, published), (found.State, found.RecordId));
        Assert.True(node.Core.Own.Contains(published));
        await node.PublishAsync();
        Assert.Equal(size + 1, node.Source.Size); // The other case's.

        // It is this member's again in everything: it can be withdrawn.
        await node.FollowAsync();
        await node.Outbox.WithdrawAsync(published, WithdrawalReason.Mistake, CancellationToken.None);
        Assert.True(await node.WithdrawAsync());
        await node.FollowAsync();
        Assert.Equal(OutboxState.Withdrawn, (await node.RowAsync("case-1")).State);
    }

    [Fact]
    public async Task A_case_that_a_backup_does_not_have_at_all_is_recognised_when_it_is_contributed_again()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        string database = Path.Combine(node.Core.Folder, "node.db"), backup = Path.Combine(node.Core.Folder, "backup.db");
        await node.RestartAsync(() => File.Copy(database, backup));
        foreach (string reference in (string[])["case-1", "case-2"]) await node.AddAsync(TestOutbox.Case(reference));
        await node.SealAsync();
        await node.PublishAsync();
        await node.FollowAsync();
        HashSet<RecordId?> published = [(await node.RowAsync("case-1")).RecordId, (await node.RowAsync("case-2")).RecordId];
        await node.RestartAsync(() => PutBack(backup, database, node.Core.Folder));
        await node.FollowAsync();
        ulong size = node.Source.Size;
        foreach (string reference in (string[])["case-1", "case-2", "case-3"]) await node.AddAsync(TestOutbox.Case(reference));
        Contribution other = TestOutbox.Case("case-4");
        other.Summary.Severity = Severity.Low;
        await node.AddAsync(other);
        await node.SealAsync();
        await node.PublishAsync();
        Assert.Superset(published, new HashSet<RecordId?> { (await node.RowAsync("case-1")).RecordId, (await node.RowAsync("case-2")).RecordId, (await node.RowAsync("case-3")).RecordId });
        Assert.Equal(size + 2, node.Source.Size); // One more of the same, and one that says something else.
    }

    private static void PutBack(string backup, string database, string folder)
    {
        foreach (string file in Directory.GetFiles(folder, "node.db*")) File.Delete(file);
        File.Delete(Path.Combine(folder, "node.index"));
        File.Copy(backup, database);
    }

    private static async Task<TestOutbox> PublishedAsync()
    {
        TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        await node.PublishAsync();
        await node.FollowAsync();
        return node;
    }

    // The node has been one leaf further than its store.
    private static void FallBehind(TestOutbox node)
    {
        node.Source.Publish(node.Source.Seal());
        node.Age.Require(node.Source.Size);
        Assert.True(node.Age.IsBehind);
    }
}
