using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>A broker whose store is older than what it has signed: followers show it, and it holds.</summary>
public sealed class HistoryGuardTests
{
    [Fact]
    public async Task A_follower_that_shows_a_foreign_checkpoint_ends_all_appending_also_after_a_restart()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await FollowAsync(network, network.Steward, Foreign(network));
        Assert.Equal("LOG_HALTED", (await network.RefusedAsync(network.Steward, network.Seal(network.Steward).Submission)).Code);
        ulong size = network.Broker.Core.Signal.Size;
        await network.Broker.RestartAsync();
        Assert.Equal("LOG_HALTED", network.Broker.Core.Sequencer.Halted?.Code);
        Assert.Equal("LOG_HALTED", (await network.RefusedAsync(network.Steward, network.Seal(network.Steward).Submission)).Code);
        Assert.Equal(size, network.Broker.Core.Signal.Size);
        Assert.NotEmpty(await network.ReadFeedAsync(network.Steward)); // What is in the log is served on.
    }

    [Fact]
    public async Task A_halt_is_over_when_the_store_has_what_was_shown()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        byte[] own = (await network.Broker.Core.Store.ReadHeadAsync(CancellationToken.None))!.Note;
        await network.Broker.Core.Store.Witness.SaveForeignCheckpointAsync(own, network.Broker.Time.GetUtcNow(), CancellationToken.None);
        await network.Broker.RestartAsync();
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        Assert.Null(await network.Broker.Core.Store.Witness.ReadForeignCheckpointAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_the_logs_key_has_not_signed_and_what_it_has_signed_of_this_history_halts_nothing()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        byte[] before = (await network.Broker.Core.Store.ReadHeadAsync(CancellationToken.None))!.Note;
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        using SigningKey other = SigningKey.FromSeed(new byte[32]);
        byte[] forged = SignedNote.Sign(new Checkpoint(TestBroker.Network, 1_000_000, MerkleHash.EmptyRoot).ToText(), new LogSigner(TestBroker.Network, other)).ToBytes();
        foreach (byte[] note in new[] { before, (await network.Broker.Core.Store.ReadHeadAsync(CancellationToken.None))!.Note, forged, [1, 2, 3] }) await FollowAsync(network, network.Steward, note);
        Assert.Null(network.Broker.Core.Sequencer.Halted);
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
    }

    [Fact]
    public async Task A_restored_store_is_held_until_most_members_have_shown_that_they_hold_nothing_newer()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        byte[] own = (await network.Broker.Core.Store.ReadHeadAsync(CancellationToken.None))!.Note;
        ulong size = network.Broker.Core.Signal.Size;
        await File.WriteAllTextAsync(network.Broker.Options.Files.Restored, "");
        network.Broker.Time.Advance(TimeSpan.FromHours(13)); // The first thing a broker would append by itself is the day.
        await network.Broker.RestartAsync();
        await network.Broker.RunDailyWorkAsync();
        await FollowAsync(network, network.Steward, own);
        await FollowAsync(network, network.Steward, own);
        Assert.Equal(("LOG_HELD", StatusCode.Unavailable), (network.Broker.Core.Sequencer.Halted?.Code, network.Broker.Core.Sequencer.Halted!.Status));
        Assert.Equal(size, network.Broker.Core.Signal.Size);

        foreach (TestMember member in network.Broker.Members) await FollowAsync(network, member, own);
        Assert.Null(network.Broker.Core.Sequencer.Halted);
        Assert.False(File.Exists(network.Broker.Options.Files.Restored));
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
    }

    [Fact]
    public async Task A_restored_store_is_halted_for_good_by_the_first_member_that_holds_something_newer()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await File.WriteAllTextAsync(network.Broker.Options.Files.Restored, "");
        byte[] own = (await network.Broker.Core.Store.ReadHeadAsync(CancellationToken.None))!.Note;
        await network.Broker.RestartAsync();
        await FollowAsync(network, network.Second, Foreign(network));
        foreach (TestMember member in network.Broker.Members) await FollowAsync(network, member, own);
        Assert.Equal("LOG_HALTED", network.Broker.Core.Sequencer.Halted?.Code);
    }

    private static byte[] Foreign(TestNetwork network)
    {
        using SigningKey logKey = SigningKey.FromSeed(File.ReadAllBytes(network.Broker.Options.Files.LogSeed));
        return SignedNote.Sign(new Checkpoint(TestBroker.Network, network.Broker.Core.Signal.Size + 1, MerkleHash.EmptyRoot).ToText(), new LogSigner(TestBroker.Network, logKey)).ToBytes();
    }

    private static async Task FollowAsync(TestNetwork network, TestMember member, byte[] checkpoint)
    {
        using AsyncServerStreamingCall<FollowResponse> call = new ExchangeService.ExchangeServiceClient(member.Connect(network.Broker)).Follow(new FollowRequest { Checkpoint = ByteString.CopyFrom(checkpoint) });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
    }
}
