using Gateway.Ledger;
using Gateway.Node.Neutrality;
using Gateway.Protocol.Log;

namespace Gateway.Node.Tests.Neutrality;

public sealed class WitnessTests
{
    [Fact]
    public async Task Only_what_is_verified_is_cosigned_and_only_the_newest()
    {
        await using TestWitness node = await TestWitness.StartAsync();
        await node.RoundAsync();
        Assert.True(node.HandedIn.IsEmpty);
        await node.Core.FollowAsync();
        await node.RoundAsync();
        LogVerifier log = new OwnLog(node.Core.Store, () => node.Core.Log.View).Verifier!;
        CosignedCheckpoint cosigned = CosignedCheckpoint.Open(node.HandedIn.Span, log, Building.TestLog.Network, id => id == node.Core.Party.Id ? node.Core.Party.Keys.Node.PublicKey : null, out string? fault) ?? throw new InvalidOperationException(fault);
        Assert.Equal((node.Source.Size, node.Source.RootAt(node.Source.Size)), (cosigned.Checkpoint.Size, cosigned.Checkpoint.Root));
        Assert.Equal(node.Core.Time.GetUtcNow().ToUnixTimeSeconds(), cosigned.At.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task A_cosignature_of_a_larger_tree_accepts_what_is_below_once_this_tree_has_grown_to_it()
    {
        await using TestWitness node = await TestWitness.StartAsync(quorum: 1);
        await node.Core.FollowAsync();
        ulong size = node.Source.Size;
        node.Source.Publish(node.Source.Seal());
        node.Relayed.Add(node.Cosigned(node.Source.Second, size + 1));
        await node.RoundAsync();
        Assert.Equal(0UL, node.Acceptance.Size);
        await node.Core.FollowAsync();
        await node.RoundAsync();
        Assert.Equal(size + 1, node.Acceptance.Size);
        await node.RestartAsync(quorum: 1);
        Assert.Equal(size + 1, node.Acceptance.Size);
        await node.RoundAsync();
        Assert.Equal(size + 1, node.Tally.Holding[node.Source.Second.Id].Checkpoint.Size);
    }

    [Fact]
    public async Task One_member_counts_once_and_this_member_not_at_all()
    {
        await using TestWitness node = await TestWitness.StartAsync(quorum: 2);
        await node.Core.FollowAsync();
        ulong size = node.Source.Size;
        for (int i = 0; i < 3; i++)
        {
            node.Relayed.Add(node.Cosigned(node.Source.Second, size));
            node.Relayed.Add(node.Cosigned(node.Source.Steward, size));
            await node.RoundAsync();
        }

        Assert.Equal(0UL, node.Acceptance.Size);
    }

    [Fact]
    public async Task What_the_broker_makes_up_counts_nothing()
    {
        await using TestWitness node = await TestWitness.StartAsync(quorum: 1);
        await node.Core.FollowAsync();
        byte[] good = node.Cosigned(node.Source.Second, node.Source.Size);
        Assert.True(SignedNote.TryParse(node.Source.CheckpointAt(node.Source.Size), out SignedNote? bare, out _));
        node.Relayed.Add(bare.ToBytes());
        node.Relayed.Add(bare.SignedAlsoBy(new CosignatureSigner(Building.TestLog.Network, node.Source.Second.Id, node.Source.Steward.Keys.Node, node.Core.Time)).ToBytes());
        node.Relayed.Add([.. good.AsSpan(0, good.Length - 10)]);
        node.Relayed.Add([]);
        await node.RoundAsync();
        Assert.Equal(0UL, node.Acceptance.Size);
        node.Relayed.Add(good);
        await node.RoundAsync();
        Assert.Equal(node.Source.Size, node.Acceptance.Size);
    }

    [Fact]
    public async Task A_cosignature_of_another_history_is_a_fork_and_holds_cosigning_and_acceptance_until_it_is_settled()
    {
        await using TestWitness node = await TestWitness.StartAsync(quorum: 1);
        await node.Core.FollowAsync();
        ulong size = node.Source.Size;
        node.Relayed.Add(node.Cosigned(node.Source.Second, size - 1, MerkleHash.Leaf([7])));
        await node.RoundAsync();
        Assert.True(node.Has(LogConditions.Forked));
        node.Source.Publish(node.Source.Seal());
        await node.Core.FollowAsync();
        node.Relayed.Add(node.Cosigned(node.Source.Steward, size + 1));
        await node.RoundAsync();
        Assert.Equal(0UL, node.Acceptance.Size);

        // Over a restart it is still open. It is over when that member has read the log anew, and the evidence stays.
        await node.RestartAsync(quorum: 1);
        await node.RoundAsync();
        Assert.True(node.Has(LogConditions.Forked));
        node.Relayed.Add(node.Cosigned(node.Source.Second, size + 1));
        await node.RoundAsync();
        Assert.False(node.Has(LogConditions.Forked));
        Assert.Equal(size + 1, node.Acceptance.Size);
        Assert.NotNull(Assert.Single(await node.Core.Store.Neutrality.ReadEvidenceAsync(CancellationToken.None)).SettledAt);
    }

    [Fact]
    public async Task Missing_cosignatures_are_an_alarm_after_a_while_and_over_when_they_come()
    {
        await using TestWitness node = await TestWitness.StartAsync(quorum: 1);
        await node.Core.FollowAsync();
        await node.RoundAsync();
        node.IsAway = true;
        node.Core.Time.Advance(LogWitness.QuorumPatience - TimeSpan.FromSeconds(1));
        await node.RoundAsync();
        Assert.False(node.Has(LogConditions.QuorumMissing));
        node.Core.Time.Advance(TimeSpan.FromSeconds(1));
        await node.RoundAsync();
        Assert.True(node.Has(LogConditions.QuorumMissing));
        node.IsAway = false;
        node.Relayed.Add(node.Cosigned(node.Source.Second, node.Source.Size));
        await node.RoundAsync();
        Assert.False(node.Has(LogConditions.QuorumMissing));
        Assert.Contains(await node.Core.AlarmsAsync(), alarm => alarm.Code == LogConditions.QuorumMissing);
    }

    [Fact]
    public async Task A_log_whose_day_stands_still_is_an_alarm_and_over_when_it_goes_on()
    {
        await using TestWitness node = await TestWitness.StartAsync(quorum: 0);
        await node.Core.FollowAsync();
        node.Core.Time.Advance(TimeSpan.FromDays(1));
        await node.RoundAsync();
        Assert.False(node.Has(LogConditions.Stale));
        node.Core.Time.Advance(TimeSpan.FromDays(1));
        await node.RoundAsync();
        Assert.True(node.Has(LogConditions.Stale));
        node.Source.AddDay(Gateway.Protocol.UtcDay.Of(node.Core.Time.GetUtcNow()));
        await node.Core.FollowAsync();
        await node.RoundAsync();
        Assert.False(node.Has(LogConditions.Stale));
    }
}
