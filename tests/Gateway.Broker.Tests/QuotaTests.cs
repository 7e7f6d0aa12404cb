using Gateway.Broker.Quotas;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Broker.Tests;

public sealed class QuotaTests
{
    private static readonly QuotaOptions Small = new() { StrongFloorPerDay = 10, StrongPerDay = 1_000, StrongPerYear = 100_000, DaysInYear = 20 };
    private static readonly MemberId Member = MemberId.FromBytes([.. Enumerable.Repeat((byte)7, MemberId.Size)]);

    [Fact]
    public async Task The_days_limit_is_three_times_the_median_but_never_below_the_floor_or_above_the_figure()
    {
        await using TestBroker broker = await TestBroker.StartAsync(Small);
        QuotaLedger quotas = broker.Core.Quotas;
        Assert.Equal((10, 0), (Strong(quotas).PerDay, Strong(quotas).Median));
        await UseAsync(broker, [.. Enumerable.Repeat(8, 14)]);
        Assert.Equal((10, 0), (Strong(quotas).PerDay, Strong(quotas).Median)); // As many days without use as with it.
        await UseAsync(broker, [.. Enumerable.Repeat(8, 3)]);
        Assert.Equal((24, 8), (Strong(quotas).PerDay, Strong(quotas).Median));
        await UseAsync(broker, [24, 1, 2]);
        Assert.Equal((24, 8), (Strong(quotas).PerDay, Strong(quotas).Median)); // A day more or less does not move a median.

        Assert.Null(quotas.TryTake(Member, Quota.Strong, 24, out _));
        Assert.Equal("strong per day", quotas.TryTake(Member, Quota.Strong, 1, out _)?.Which);
        Assert.Null(quotas.TryTake(Member, Quota.Compound, 500, out _)); // Classes are counted apart.
        await UseAsync(broker, [.. Enumerable.Repeat(0, 30)]);
        Assert.Equal((10, 0), (Strong(quotas).PerDay, Strong(quotas).Median));
    }

    [Fact]
    public async Task The_years_limit_follows_the_largest_day_and_does_not_shrink_with_the_use()
    {
        await using TestBroker broker = await TestBroker.StartAsync(Small);
        Assert.Equal(200, Strong(broker.Core.Quotas).PerYear);
        await UseAsync(broker, [.. Enumerable.Repeat(9, 20)]);
        Assert.Equal((27, 540, 180), (Strong(broker.Core.Quotas).PerDay, Strong(broker.Core.Quotas).PerYear, Strong(broker.Core.Quotas).InYear));
        await UseAsync(broker, [.. Enumerable.Repeat(0, 60)]);
        Assert.Equal((10, 540), (Strong(broker.Core.Quotas).PerDay, Strong(broker.Core.Quotas).PerYear));
    }

    [Fact]
    public void What_was_used_elsewhere_is_owed_up_to_four_bursts()
    {
        TokenBucket bucket = new(capacity: 10, perSecond: 1, ManualTime.AtNoonToday());
        bucket.Owe(30);
        Assert.False(bucket.TryTake(1, out TimeSpan wait));
        Assert.Equal(TimeSpan.FromSeconds(21), wait);
        bucket.Owe(1_000);
        Assert.False(bucket.TryTake(1, out wait));
        Assert.Equal(TimeSpan.FromSeconds(41), wait);
    }

    [Fact]
    public async Task What_was_used_counts_after_a_restart()
    {
        await using TestBroker broker = await TestBroker.StartAsync(Small);
        await UseAsync(broker, [.. Enumerable.Repeat(6, 20), 4, 5]);
        await broker.RunDailyWorkAsync();
        QuotaStanding before = Strong(broker.Core.Quotas);
        await broker.RestartAsync();
        QuotaStanding after = Strong(broker.Core.Quotas);
        Assert.Equal((before.Today, before.PerDay, before.InYear, before.PerYear, before.Median), (after.Today, after.PerDay, after.InYear, after.PerYear, after.Median));
        Assert.Equal(before.Days, after.Days);
        Assert.Equal([6, 4, 5, 0], after.Days.TakeLast(4));
    }

    [Fact]
    public async Task A_limit_agreed_with_a_member_takes_the_place_of_the_median()
    {
        await using TestBroker broker = await TestBroker.StartAsync(Small with { Agreed = [new AgreedQuota(Member.ToString(), Quota.Strong, 5_000)] });
        Assert.Equal(5_000, Strong(broker.Core.Quotas).PerDay);
        Assert.Equal(10, broker.Core.Quotas.UseOf(MemberId.FromBytes(new byte[MemberId.Size])).Single(use => use.Quota == Quota.Strong).PerDay);
        Assert.Null(broker.Core.Quotas.TryTake(Member, Quota.Strong, 5_000, out _));
        Assert.Equal("QUOTA_EXHAUSTED", broker.Core.Quotas.TryTake(Member, Quota.Strong, 1, out _)?.Code);
    }

    [Fact]
    public async Task Unusual_growth_raises_one_alarm_a_day()
    {
        await using TestBroker broker = await TestBroker.StartAsync(Small);
        QuotaLedger quotas = broker.Core.Quotas;
        await UseAsync(broker, [.. Enumerable.Repeat(8, 20)]);
        quotas.TakeAlarms();
        Assert.Null(quotas.TryTake(Member, Quota.Strong, 16, out _));
        Assert.Empty(quotas.TakeAlarms());
        Assert.Null(quotas.TryTake(Member, Quota.Strong, 1, out _));
        QuotaStanding alarm = Assert.Single(quotas.TakeAlarms());
        Assert.Equal((Member, Quota.Strong, 17, 8, true), (alarm.Member, alarm.Quota, alarm.Today, alarm.Median, alarm.IsUnusual));
        Assert.Null(quotas.TryTake(Member, Quota.Strong, 1, out _));
        Assert.Empty(quotas.TakeAlarms());
    }

    [Fact]
    public async Task A_member_sees_its_own_use_and_an_operator_everybodys()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        PseudonymsService.PseudonymsServiceClient asSteward = new(network.Steward.Connect(network.Broker)), asOperator = new(network.Broker.ConnectAsOperator());
        GetUsageResponse own = await asSteward.GetUsageAsync(new GetUsageRequest());
        Assert.Equal(Quota.All, own.Quotas.Select(use => use.Quota));
        Assert.Equal((1ul, 200_000ul), (own.Quotas[0].UsedToday, own.Quotas[0].DayLimit));
        Assert.Equal(28, own.Quotas[0].Days.Count);
        ByteString steward = ByteString.CopyFrom(network.Steward.Id.ToArray());
        Assert.Equal(own, await asSteward.GetUsageAsync(new GetUsageRequest { MemberId = steward }));
        Assert.Equal(own, await asOperator.GetUsageAsync(new GetUsageRequest { MemberId = steward }));
        Assert.Equal("OPERATORS_ONLY", await Evaluators.SharingTests.RefusedAsync(() => asSteward.GetUsageAsync(new GetUsageRequest { MemberId = ByteString.CopyFrom(network.Second.Id.ToArray()) }).ResponseAsync));
        Assert.Equal("MEMBERS_ONLY", await Evaluators.SharingTests.RefusedAsync(() => asOperator.GetUsageAsync(new GetUsageRequest()).ResponseAsync));
        Assert.Equal("MEMBER_NOT_FOUND", await Evaluators.SharingTests.RefusedAsync(() => asOperator.GetUsageAsync(new GetUsageRequest { MemberId = ByteString.CopyFrom(new byte[16]) }).ResponseAsync));
        Assert.Equal("MEMBER_INVALID", await Evaluators.SharingTests.RefusedAsync(() => asOperator.GetUsageAsync(new GetUsageRequest { MemberId = ByteString.CopyFrom(1) }).ResponseAsync));
    }

    private static QuotaStanding Strong(QuotaLedger quotas) => quotas.UseOf(Member).Single(use => use.Quota == Quota.Strong);

    /// <summary>Uses so much on each of the coming days, today first; ends on the day after them.</summary>
    private static Task UseAsync(TestBroker broker, params int[] days)
    {
        foreach (int count in days)
        {
            if (count > 0) Assert.Null(broker.Core.Quotas.TryTake(Member, Quota.Strong, count, out _));
            broker.Time.Advance(TimeSpan.FromDays(1));
        }

        return Task.CompletedTask;
    }
}
