using Gateway.Cryptography;
using Gateway.Node.Disputes;
using Gateway.Node.Life;
using Gateway.Node.Tests.Building;
using Gateway.Node.Tests.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Disputes;

/// <summary>What a node tells its people of disputes that concern them, by the log's days.</summary>
public sealed class DisputeReminderTests
{
    private readonly ManualTime _time = ManualTime.Now();

    [Fact]
    public async Task The_desk_is_told_of_a_dispute_a_week_and_a_day_before_its_end_and_after_it_each_once()
    {
        await using WatchDesk desk = await StartAsync();
        await DisputeAsync(desk);
        Assert.Equal(["DISPUTE_OPENED"], await ToldAsync(desk));
        await ToDayAsync(desk, 22);
        Assert.Equal(["DISPUTE_OPENED"], await ToldAsync(desk));
        await ToDayAsync(desk, 23);
        Assert.Equal(["DISPUTE_OPENED", "DISPUTE_DUE"], await ToldAsync(desk));
        await desk.RestartAsync();
        await ToDayAsync(desk, 29);
        Assert.Equal(["DISPUTE_OPENED", "DISPUTE_DUE", "DISPUTE_DUE"], await ToldAsync(desk));
        Assert.Contains("1 day is left", (await desk.Core.AlarmsAsync())[0].What, StringComparison.Ordinal);
        await ToDayAsync(desk, 31);
        Assert.Equal(["DISPUTE_OPENED", "DISPUTE_DUE", "DISPUTE_DUE", "DISPUTE_OVERDUE"], await ToldAsync(desk));
    }

    [Fact]
    public async Task The_contributor_is_told_that_its_record_is_disputed_and_that_nobody_decided()
    {
        await using WatchDesk desk = await StartAsync();
        desk.Core.Own.Add((await DisputeAsync(desk)).Id);
        Assert.Equal(["DISPUTE_OPENED"], await ToldAsync(desk));
        await ToDayAsync(desk, 31);
        Assert.Equal(["DISPUTE_OPENED", "DISPUTE_OVERDUE"], await ToldAsync(desk));
        Assert.StartsWith("A record of this member's own", (await desk.Core.AlarmsAsync())[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_contributor_that_has_withdrawn_its_record_is_not_told_that_nobody_decided()
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord record = await DisputeAsync(desk);
        desk.Core.Own.Add(record.Id);
        Assert.Equal(["DISPUTE_OPENED"], await ToldAsync(desk));
        desk.Log.Withdraw(record);
        await ToDayAsync(desk, 29);
        await ToDayAsync(desk, 31);
        Assert.Equal(["DISPUTE_OPENED"], await ToldAsync(desk));
    }

    [Fact]
    public async Task A_contributor_whose_record_the_broker_withdraws_with_the_day_itself_is_told_that_nobody_decided()
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord record = await DisputeAsync(desk);
        desk.Core.Own.Add(record.Id);
        Assert.Equal(["DISPUTE_OPENED"], await ToldAsync(desk));
        _time.Advance(TimeSpan.FromDays(31));
        desk.Log.AddDay(desk.Log.Day.AddDays(31));
        await WithdrawOverdueAsync(desk, record);
        Assert.Equal(["DISPUTE_OPENED", "DISPUTE_OVERDUE"], await ToldAsync(desk));
    }

    [Fact]
    public async Task A_contributor_that_was_told_before_the_broker_withdrew_its_record_is_not_told_again()
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord record = await DisputeAsync(desk);
        desk.Core.Own.Add(record.Id);
        await ToDayAsync(desk, 31);
        Assert.Equal(["DISPUTE_OVERDUE"], await ToldAsync(desk));
        await WithdrawOverdueAsync(desk, record);
        Assert.NotEqual(Gateway.Storage.Node.NodeRecordState.Live, await desk.Core.StateOfAsync(record));
        Assert.Equal(["DISPUTE_OVERDUE"], await ToldAsync(desk));
    }

    [Fact]
    public async Task Whom_a_dispute_does_not_concern_is_told_nothing()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await DisputeAsync(desk);
        await ToDayAsync(desk, 29);
        Assert.Empty(await ToldAsync(desk));
    }

    private Task<WatchDesk> StartAsync() => WatchDesk.StartAsync(_time, policy: policy => policy.Disputes = new DisputeRules { DeskIds = { policy.StewardId } });

    private static async Task<SealedRecord> DisputeAsync(WatchDesk desk)
    {
        SealedRecord record = await desk.PublishAsync("sales@bad-shoes.example");
        desk.Log.Add(
            new Entry
            {
                RecordDisputed = new RecordDisputed
                {
                    RecordId = record.Submission.RecordId, CircleId = record.Submission.CircleId, Epoch = record.Submission.Epoch, Ground = DisputeGround.Untrue, DeadlineDay = desk.Log.Day.AddDays(30).Number,
                },
            },
            desk.Log.Circle.RouteKey);
        await desk.Core.FollowAsync();
        return record;
    }

    private static async Task WithdrawOverdueAsync(WatchDesk desk, SealedRecord record)
    {
        desk.Log.Add(
            new Entry { RecordWithdrawn = new RecordWithdrawn { RecordId = record.Submission.RecordId, CircleId = record.Submission.CircleId, Epoch = record.Submission.Epoch, Reason = WithdrawalReason.DisputeOverdue } },
            desk.Log.Circle.RouteKey);
        await desk.Core.FollowAsync();
    }

    private async Task ToDayAsync(WatchDesk desk, uint day)
    {
        UtcDay to = desk.Log.Day.AddDays(day);
        _time.Advance(TimeSpan.FromDays(to.Number - desk.Log.State.Day.Number));
        desk.Log.AddDay(to);
        await desk.Core.FollowAsync();
    }

    // Oldest first. Asked twice: what was said is not said again.
    private static async Task<string[]> ToldAsync(WatchDesk desk)
    {
        AlarmBell alarms = new(desk.Core.Store, desk.Core.Time, NullLogger<AlarmBell>.Instance);
        string mark = Path.Combine(desk.Core.Folder, "high-water");
        HighWater.Load(mark, desk.Core.Party.Keys).Raise(desk.Core.Log.View.Size);
        StoreAge age = new(HighWater.Load(mark, desk.Core.Party.Keys), () => desk.Core.Log.View);
        using DisputeReminders reminders = new(desk.Core.Store, desk.Core.Disputes, desk.Core.Own, desk.Core.Party.Id, new TestWire(desk.Log, desk.Core.Party), age, () => desk.Core.Log.View, alarms, RandomSource.System, desk.Core.Time);
        await reminders.RunAsync(CancellationToken.None);
        desk.Core.Time.Advance(TimeSpan.FromHours(2));
        await reminders.RunAsync(CancellationToken.None);
        return [.. (await desk.Core.AlarmsAsync()).Reverse().Select(alarm => alarm.Code)];
    }
}
