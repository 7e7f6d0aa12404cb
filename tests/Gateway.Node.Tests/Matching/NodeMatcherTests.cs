using System.Security.Cryptography;
using Gateway.Matching.Index;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Tests.Matching;

public sealed class NodeMatcherTests
{
    private const ulong Hash = 42;

    private readonly ManualTime _time = ManualTime.Now();
    private readonly byte[] _evaluation = RandomNumberGenerator.GetBytes(64);
    private readonly TestLog _log;

    public NodeMatcherTests() => _log = new TestLog(UtcDay.Of(_time.GetUtcNow()));

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_record_and_an_identifier_meet_in_either_order_and_after_a_restart(bool identifierFirst, bool restart)
    {
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        await node.FollowAsync();
        if (identifierFirst)
        {
            await node.LearnAsync(Hash, _evaluation);
            Assert.Equal(KnownState.Clear, node.Matcher.Known.Find(Hash));
        }

        if (restart) await node.RestartAsync();
        Publish();
        await node.FollowAsync();
        if (!identifierFirst)
        {
            Assert.Equal(KnownState.Unknown, node.Matcher.Known.Find(Hash));
            await node.LearnAsync(Hash, _evaluation);
        }

        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
        await node.RestartAsync();
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
        Assert.Single(node.Matcher.Known.HitsOf(Hash).ToArray());
    }

    [Fact]
    public async Task A_known_identifier_meets_the_records_of_an_epoch_that_begins_later()
    {
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        await node.FollowAsync();
        await node.LearnAsync(Hash, _evaluation);
        NextEpoch();
        Publish();
        await node.FollowAsync(); // Epoch and record in one batch.
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
    }

    [Fact]
    public async Task An_epoch_whose_identifiers_could_not_be_stored_is_not_applied_and_comes_again()
    {
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        await node.FollowAsync();
        await node.LearnAsync(Hash, _evaluation);
        ulong before = node.Log.View.Size;
        NextEpoch();
        Publish();
        node.Refuses = name => name == nameof(INodeStore.AddKnownTagsAsync);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.FollowAsync());
        Assert.Equal(before, node.Log.View.Size);
        node.Refuses = _ => false;
        await node.FollowAsync();
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
    }

    [Theory]
    [InlineData(nameof(INodeStore.AddKnownTagsAsync))]
    [InlineData(nameof(INodeStore.ApplyAsync))]
    public async Task A_stop_on_either_side_of_an_extension_is_continued_after_the_start(string stoppedAt)
    {
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        await node.FollowAsync();
        await node.LearnAsync(Hash, _evaluation);
        NextEpoch();
        Publish();
        node.Refuses = name => name == stoppedAt;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.FollowAsync());
        node.Refuses = _ => false;
        await node.RestartAsync();
        await node.FollowAsync();
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
        await node.RestartAsync();
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
    }

    [Fact]
    public async Task An_identifier_learned_while_an_epoch_is_on_its_way_gets_its_tag_as_well()
    {
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        await node.FollowAsync();
        NextEpoch();
        Publish();
        node.Refuses = name => name == nameof(INodeStore.ApplyAsync);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.FollowAsync());
        await node.LearnAsync(Hash, _evaluation); // Under the old view, after the new key was extended to.
        node.Refuses = _ => false;
        await node.FollowAsync();
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
    }

    [Fact]
    public async Task A_withdrawn_record_meets_nothing_any_more()
    {
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        SealedRecord record = Publish();
        await node.FollowAsync();
        await node.LearnAsync(Hash, _evaluation);
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
        _log.Withdraw(record);
        await node.FollowAsync();
        Assert.Equal(KnownState.Clear, node.Matcher.Known.Find(Hash));
        await node.RestartAsync();
        Assert.Equal(KnownState.Clear, node.Matcher.Known.Find(Hash));
    }

    [Fact]
    public async Task An_expired_record_meets_nothing_any_more()
    {
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        _log.Publish(_log.Seal(_log.Day, null, new SealIdentifier(1, _evaluation, OpensRecord: true)));
        await node.FollowAsync();
        await node.LearnAsync(Hash, _evaluation);
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(Hash));
        _log.AddDay(_log.Day.AddDays(1));
        await node.FollowAsync();
        Assert.Equal(KnownState.Clear, node.Matcher.Known.Find(Hash));
    }

    [Fact]
    public async Task What_could_not_be_stored_is_not_known()
    {
        await using TestCore node = await TestCore.StartAsync(_log, time: _time);
        await node.FollowAsync();
        node.Refuses = name => name == nameof(INodeStore.AddKnownAsync);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.LearnAsync(Hash, _evaluation));
        Assert.Equal(KnownState.Unknown, node.Matcher.Known.Find(Hash));
    }

    private SealedRecord Publish()
    {
        SealedRecord record = _log.Seal(null, null, new SealIdentifier(1, _evaluation, OpensRecord: true));
        _log.Publish(record);
        return record;
    }

    private void NextEpoch()
    {
        CircleKey before = _log.Circle;
        _log.Circle = _log.AddEpoch(before.Circle, before.Epoch + 1, _log.Steward, _log.Second);
    }
}
