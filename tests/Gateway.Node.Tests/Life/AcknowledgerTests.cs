using Gateway.Ledger;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Tests.Life;

/// <summary>What a node makes of the broker's answers to its acknowledgements.</summary>
public sealed class AcknowledgerTests
{
    [Fact]
    public async Task A_larger_acknowledgement_under_the_nodes_own_signature_closes_the_node_until_it_is_there()
    {
        await using LivingNode node = await StartAsync(out TestLog log);
        ulong further = log.Size + 1;
        node.Wire.Answer = _ => new AcknowledgeResponse { Kept = Sign(log, further, log.Steward) };
        Assert.True(await node.Acknowledger.RunAsync(CancellationToken.None));
        Assert.Equal((further, true), (node.Age.Required, node.Age.IsBehind));
        Assert.Contains(await node.Core.AlarmsAsync(), alarm => alarm.Code == "STORE_BEHIND");

        log.Publish(log.Seal());
        await node.Core.FollowAsync();
        Assert.False(node.Age.IsBehind);
    }

    [Fact]
    public async Task The_broker_cannot_close_a_node_with_what_the_node_has_not_signed()
    {
        await using LivingNode node = await StartAsync(out TestLog log);
        AcknowledgeRequest own = Sign(log, log.Size, log.Steward);
        AcknowledgeRequest raised = own.Clone();
        raised.Size = ulong.MaxValue;
        AcknowledgeRequest malformed = Sign(log, log.Size + 5, log.Steward);
        malformed.Root = ByteString.CopyFrom(new byte[31]);
        foreach (AcknowledgeRequest forged in (AcknowledgeRequest[])[raised, new AcknowledgeRequest { Size = 1_000_000 }, Sign(log, log.Size + 5, log.Second), malformed])
        {
            node.Wire.Answer = _ => new AcknowledgeResponse { Kept = forged };
            await node.RestartAsync();
            Assert.True(await node.Acknowledger.RunAsync(CancellationToken.None));
            Assert.False(node.Age.IsBehind);
            Assert.Contains(await node.Core.AlarmsAsync(), alarm => alarm.Code == "ACKNOWLEDGEMENT_FORGED");

            // Nor make it acknowledge over and over.
            Assert.False(await node.Acknowledger.RunAsync(CancellationToken.None));
        }
    }

    [Fact]
    public async Task How_far_the_node_has_come_is_noted_although_the_erasure_fails()
    {
        await using LivingNode node = await StartAsync(out TestLog log);
        log.Publish(log.Seal());
        await node.Core.FollowAsync();
        node.Core.Refuses = operation => operation == nameof(INodeStore.TryEraseAsync);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.Acknowledger.RunAsync(CancellationToken.None));
        Assert.Equal(log.Size, node.HighWater.Size);
    }

    [Fact]
    public async Task What_has_ended_is_noted_at_once_though_the_node_dies_before_it_acknowledges()
    {
        await using LivingNode node = await StartAsync(out TestLog log);
        SealedRecord record = log.Seal();
        log.Publish(record);
        await node.Core.FollowAsync();
        await node.Acknowledger.RunAsync(CancellationToken.None);
        log.Withdraw(record);
        List<(ulong Size, NodeRecordState? Stored, int Visible)> seen = [];
        node.Core.Log.Ending += size => seen.Add((size, node.Core.StateOfAsync(record).GetAwaiter().GetResult(), node.Core.Matcher.LiveRecords));
        await node.Core.FollowAsync();
        Assert.Equal((log.Size, NodeRecordState.Withdrawn, 1), Assert.Single(seen)); // Stored, and to be seen by nobody yet.
        await node.RestartAsync();
        Assert.Equal(log.Size, node.Age.Required);
    }

    [Fact]
    public async Task While_acceptance_lags_the_stores_files_are_cleared_once_for_what_has_ended()
    {
        await using LivingNode node = await StartAsync(out TestLog log);
        await node.Acknowledger.RunAsync(CancellationToken.None);
        node.Accepted = log.Size;
        int erasures = 0;
        node.Core.Refuses = operation =>
        {
            if (operation == nameof(INodeStore.TryEraseAsync)) erasures++;
            return false;
        };
        for (uint day = 1; day <= 2; day++)
        {
            log.AddDay(node.Core.Log.View.State.Day.AddDays(1));
            await node.Core.FollowAsync();
            for (int look = 0; look < 3; look++) await node.Acknowledger.RunAsync(CancellationToken.None);
            Assert.Equal((int)day, erasures);
        }
    }

    [Theory]
    [InlineData(true, false, "who is wrong cannot be said")]
    [InlineData(false, true, "this node holds other live records than 3 members")]
    [InlineData(false, false, "2 members of the circle state other live records than this node")]
    public async Task Who_hears_of_digests_that_differ_keeps_the_store_and_asks_the_operator(bool isTie, bool isOwn, string what)
    {
        await using LivingNode node = await StartAsync(out TestLog log);
        ByteString expected = isTie ? ByteString.Empty : ByteString.CopyFrom(MerkleHash.EmptyRoot.ToArray());
        DigestDifference difference = new() { CircleId = log.Circle.Circle.ToByteString(), Size = log.Size, Expected = expected, ExpectedCount = 3, OtherCount = 2, IsOwn = isOwn };
        node.Wire.Answer = _ => new AcknowledgeResponse { Differences = { difference } };
        await node.Acknowledger.RunAsync(CancellationToken.None);
        Refusal alarm = Assert.Single(await node.Core.AlarmsAsync(), alarm => alarm.Code == "LIVE_DIGEST_DIFFERS");
        Assert.Contains(what, alarm.What, StringComparison.Ordinal);
        Assert.Contains("keep the store", alarm.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("delete", alarm.Remedy, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Who_leaves_while_it_reads_what_is_live_states_nothing_of_it()
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()));
        log.Publish(log.Seal());
        await using LivingNode node = await LivingNode.StartAsync(log, log.Second, time);
        await node.Core.FollowAsync();
        node.HighWater.Raise(log.Size);
        log.RemoveMember(log.Circle.Circle, 1, log.Second, log.Steward, log.Second);
        node.Core.Refuses = operation =>
        {
            if (operation == nameof(INodeStore.ReadLiveDigestAsync) && node.Core.Log.View.Size < log.Size) node.Core.FollowAsync().GetAwaiter().GetResult();
            return false;
        };
        for (int look = 0; look < 5 && node.Wire.Taken.IsEmpty; look++) await node.Acknowledger.RunAsync(CancellationToken.None);
        AcknowledgeRequest given = Assert.Single(node.Wire.Taken);
        Assert.Equal(log.Size, given.Size);
        Assert.Empty(given.Circles);
    }

    [Fact]
    public async Task After_a_start_nothing_is_stated_of_sizes_from_before_it()
    {
        await using LivingNode node = await StartAsync(out TestLog log);
        node.Accepted = log.Size - 1;
        Assert.False(await node.Acknowledger.RunAsync(CancellationToken.None));
        Assert.Empty(node.Wire.Taken);
        node.Accepted = log.Size;
        Assert.True(await node.Acknowledger.RunAsync(CancellationToken.None));
        Assert.Equal(log.Size, Assert.Single(node.Wire.Taken).Size);
    }

    private static Task<LivingNode> StartAsync(out TestLog log)
    {
        ManualTime time = ManualTime.Now();
        TestLog source = new(UtcDay.Of(time.GetUtcNow()));
        log = source;
        return FollowedAsync();

        async Task<LivingNode> FollowedAsync()
        {
            LivingNode node = await LivingNode.StartAsync(source, source.Steward, time);
            await node.Core.FollowAsync();
            node.HighWater.Raise(source.Size);
            await node.RestartAsync();
            return node;
        }
    }

    private static AcknowledgeRequest Sign(TestLog log, ulong size, TestParty party)
    {
        DeletionStatement statement = new(size, MerkleHash.EmptyRoot, [(log.Circle.Circle, MerkleHash.EmptyRoot)]);
        return new AcknowledgeRequest
        {
            Size = size,
            Root = ByteString.CopyFrom(statement.Root.ToArray()),
            Circles = { new CircleDigest { CircleId = log.Circle.Circle.ToByteString(), Digest = ByteString.CopyFrom(MerkleHash.EmptyRoot.ToArray()) } },
            Signature = ByteString.CopyFrom(statement.Sign(party.Keys.Node)),
        };
    }
}
