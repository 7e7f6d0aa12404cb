using Gateway.Node.Tests.Building;
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
