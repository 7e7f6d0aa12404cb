using Gateway.Cryptography;
using Gateway.Node.Tests.Building;
using Gateway.Node.Tests.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Disputes;

/// <summary>What a node makes of disputes in its log: hits, lanes, alerts, and withdrawals that no contributor has signed.</summary>
public sealed class DisputeShownTests
{
    private const string Bad = "sales@bad-shoes.example";

    private readonly ManualTime _time = ManualTime.Now();

    [Fact]
    public async Task A_disputed_record_says_so_at_once_and_asks_for_documents_at_most_until_it_is_decided()
    {
        await using WatchDesk desk = await StartAsync();
        await desk.LearnAsync(Bad);
        SealedRecord record = await desk.PublishAsync(Bad);
        V1.Hit before = Assert.Single((await desk.ScreenAsync("S1", Bad)).Hits);
        Assert.Equal((V1.Lane.Red, true), (before.Lane, before.Dispute is null));
        ulong disputed = Dispute(desk.Log, record);
        await desk.Core.FollowAsync();
        V1.ScreeningResult result = await desk.ScreenAsync("S1", Bad);
        V1.Hit open = Assert.Single(result.Hits);
        Assert.Equal((V1.Lane.Yellow, V1.Lane.Yellow, V1.Lane.Red), (result.Lane, open.Lane, open.UndisputedLane));
        Assert.Equal((V1.DisputeGround.WrongParty, V1.DisputeDecision.Unspecified, disputed), (open.Dispute.Ground, open.Dispute.Decision, open.Dispute.DisputedAt));
        Assert.Contains(open.Reasons, reason => reason.Text.StartsWith("Disputed: it is said to mean somebody else", StringComparison.Ordinal));
        Assert.Equal((before.Bits, before.Score), (open.Bits, open.Score));

        // The store has it too.
        await desk.RestartAsync();
        Assert.Equal(V1.Lane.Yellow, Assert.Single((await desk.ScreenAsync("S1", Bad)).Hits).Lane);
        Decide(desk.Log, record, disputed, V1.DisputeDecision.Rejected, desk.Log.Steward);
        await desk.Core.FollowAsync();
        V1.Hit decided = Assert.Single((await desk.ScreenAsync("S1", Bad)).Hits);
        Assert.Equal((V1.Lane.Red, V1.DisputeDecision.Rejected), (decided.Lane, decided.Dispute.Decision));
        Assert.Empty(await desk.Core.AlarmsAsync());
    }

    [Fact]
    public async Task An_alert_raised_before_is_told_again_with_the_dispute_and_with_its_end()
    {
        await using WatchDesk desk = await StartAsync();
        await desk.LearnAsync(Bad);
        await desk.Sellers.RegisterAsync(WatchDesk.Seller("shop-1", Bad), CancellationToken.None);
        SealedRecord record = await desk.PublishAsync(Bad);
        V1.Alert raised = Assert.Single(await desk.AlertsAsync());
        Assert.Equal(V1.Lane.Red, raised.Hit.Lane);
        ulong disputed = Dispute(desk.Log, record);
        await desk.Core.FollowAsync();
        V1.Alert changed = Assert.Single(await desk.AlertsAsync());
        Assert.Equal((raised.Id, V1.Lane.Yellow, true), (changed.Id, changed.Hit.Lane, changed.Change > raised.Change));
        Assert.Single(changed.Hit.Reasons, reason => reason.Text.StartsWith("Dispute", StringComparison.Ordinal));
        Decide(desk.Log, record, disputed, V1.DisputeDecision.Rejected, desk.Log.Steward);
        await desk.Core.FollowAsync();
        V1.Alert ended = Assert.Single(await desk.AlertsAsync());
        Assert.Equal((V1.Lane.Red, V1.DisputeDecision.Rejected, true), (ended.Hit.Lane, ended.Hit.Dispute.Decision, ended.Change > changed.Change));
        Assert.Single(ended.Hit.Reasons, reason => reason.Text.StartsWith("Dispute", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_broker_ends_a_record_by_a_desk_s_decision_and_not_without_one()
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord record = await desk.PublishAsync(Bad);
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeUpheld);
        ulong disputed = Dispute(desk.Log, record);
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeUpheld);
        await desk.Core.FollowAsync();
        Decide(desk.Log, record, disputed, V1.DisputeDecision.Upheld, desk.Log.Second);
        Decide(desk.Log, record, disputed, V1.DisputeDecision.Rejected, desk.Log.Steward);
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeUpheld);
        await desk.Core.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await desk.Core.StateOfAsync(record));
        Assert.Equal(["DISPUTE_INVALID", "WITHDRAWAL_FORGED", "WITHDRAWAL_FORGED", "WITHDRAWAL_FORGED"], (await desk.Core.AlarmsAsync()).Select(alarm => alarm.Code).Order());
        ulong again = Dispute(desk.Log, record);
        Decide(desk.Log, record, again, V1.DisputeDecision.Upheld, desk.Log.Steward);
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeUpheld);
        await desk.Core.FollowAsync();
        Assert.Equal(NodeRecordState.Withdrawn, await desk.Core.StateOfAsync(record));
        Assert.Equal(4, (await desk.Core.AlarmsAsync()).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_broker_ends_a_record_when_the_deadline_has_passed_and_the_policy_lets_it(bool stays)
    {
        await using WatchDesk desk = await StartAsync(rules => (rules.DeadlineDays, rules.OverdueRecordsStay) = (3, stays));
        SealedRecord record = await desk.PublishAsync(Bad);
        Dispute(desk.Log, record, days: 3);
        _time.Advance(TimeSpan.FromDays(3));
        for (uint day = 1; day <= 3; day++) desk.Log.AddDay(desk.Log.Day.AddDays(day));
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeOverdue);
        await desk.Core.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await desk.Core.StateOfAsync(record));
        _time.Advance(TimeSpan.FromDays(1));
        desk.Log.AddDay(desk.Log.Day.AddDays(4));
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeOverdue);
        await desk.Core.FollowAsync();
        Assert.Equal(stays ? NodeRecordState.Live : NodeRecordState.Withdrawn, await desk.Core.StateOfAsync(record));
        Assert.Equal(stays ? 2 : 1, (await desk.Core.AlarmsAsync()).Count(alarm => alarm.Code == "WITHDRAWAL_FORGED"));
    }

    [Fact]
    public async Task A_broker_that_says_it_is_next_month_ends_no_record_by_a_dispute()
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord record = await desk.PublishAsync(Bad);
        Dispute(desk.Log, record);
        desk.Log.AddDay(desk.Log.Day.AddDays(31));
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeOverdue);
        await desk.Core.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await desk.Core.StateOfAsync(record));
        Assert.Equal(["CLOCK_APART", "WITHDRAWAL_FORGED"], (await desk.Core.AlarmsAsync()).Select(alarm => alarm.Code).Order());
    }

    [Fact]
    public async Task What_another_circle_says_of_a_record_is_not_believed_and_ends_nothing()
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord record = await desk.PublishAsync(Bad);
        CircleKey own = desk.Log.Circle, other = desk.Log.AddCircle("other", policy => policy.Disputes = new V1.DisputeRules { DeskIds = { policy.FoundingMemberIds } }, desk.Log.Steward, desk.Log.Second);
        ulong foreign = Dispute(desk.Log, record, circle: other);
        Decide(desk.Log, record, foreign, V1.DisputeDecision.Upheld, desk.Log.Second, other);
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeUpheld, other);
        await desk.Core.FollowAsync();
        Assert.Null(desk.Core.Disputes.Find(record.Id));
        Assert.Equal(NodeRecordState.Live, await desk.Core.StateOfAsync(record));
        Assert.Equal(["DISPUTE_INVALID", "DISPUTE_INVALID", "WITHDRAWAL_FORGED"], (await desk.Core.AlarmsAsync()).Select(alarm => alarm.Code).Order());

        // A withdrawal under another circle's route is none of a dispute of the record's own.
        ulong disputed = Dispute(desk.Log, record, circle: own);
        Decide(desk.Log, record, disputed, V1.DisputeDecision.Upheld, desk.Log.Steward, own);
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeUpheld, other);
        await desk.Core.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await desk.Core.StateOfAsync(record));
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeUpheld, own);
        await desk.Core.FollowAsync();
        Assert.Equal(NodeRecordState.Withdrawn, await desk.Core.StateOfAsync(record));
    }

    [Fact]
    public async Task A_decision_of_a_dispute_that_is_not_in_the_log_ends_nothing()
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord record = await desk.PublishAsync(Bad);
        Decide(desk.Log, record, 1, V1.DisputeDecision.Upheld, desk.Log.Steward);
        Withdraw(desk.Log, record, V1.WithdrawalReason.DisputeUpheld);
        await desk.Core.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await desk.Core.StateOfAsync(record));
        Assert.Equal("WITHDRAWAL_FORGED", Assert.Single(await desk.Core.AlarmsAsync()).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Wherever_the_broker_ends_its_batches_a_withdrawal_is_judged_by_what_stands_before_it(ulong batch)
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord early = await desk.PublishAsync(Bad), undecided = await desk.PublishAsync("a@shop.example"), ended = await desk.PublishAsync("b@shop.example");
        Dispute(desk.Log, early);
        ulong disputed = Dispute(desk.Log, undecided), decided = Dispute(desk.Log, ended);
        _time.Advance(TimeSpan.FromDays(31));
        desk.Log.AddDay(desk.Log.Day.AddDays(30));
        Withdraw(desk.Log, early, V1.WithdrawalReason.DisputeOverdue);
        Withdraw(desk.Log, undecided, V1.WithdrawalReason.DisputeUpheld);
        Decide(desk.Log, undecided, disputed, V1.DisputeDecision.Upheld, desk.Log.Steward);
        Decide(desk.Log, ended, decided, V1.DisputeDecision.Upheld, desk.Log.Steward);
        Withdraw(desk.Log, ended, V1.WithdrawalReason.DisputeUpheld);
        Dispute(desk.Log, ended);
        desk.Log.AddDay(desk.Log.Day.AddDays(31));
        while (desk.Core.Log.View.Size < desk.Log.Size) await desk.Core.FollowAsync(Math.Min(desk.Log.Size, desk.Core.Log.View.Size + batch));
        Assert.Equal(
            [NodeRecordState.Live, NodeRecordState.Live, NodeRecordState.Withdrawn], [await desk.Core.StateOfAsync(early), await desk.Core.StateOfAsync(undecided), await desk.Core.StateOfAsync(ended)]);
        Assert.Equal(["WITHDRAWAL_FORGED", "WITHDRAWAL_FORGED"], (await desk.Core.AlarmsAsync()).Select(alarm => alarm.Code));
    }

    [Fact]
    public async Task A_dispute_with_a_deadline_of_the_broker_s_own_is_not_believed()
    {
        await using WatchDesk desk = await StartAsync();
        await desk.LearnAsync(Bad);
        SealedRecord record = await desk.PublishAsync(Bad);
        Dispute(desk.Log, record, days: 1);
        await desk.Core.FollowAsync();
        Assert.Equal(V1.Lane.Red, Assert.Single((await desk.ScreenAsync("S1", Bad)).Hits).Lane);
        Assert.Equal("DISPUTE_INVALID", Assert.Single(await desk.Core.AlarmsAsync()).Code);
    }

    [Fact]
    public async Task Who_leaves_the_circle_keeps_nothing_of_its_disputes()
    {
        await using WatchDesk desk = await StartAsync();
        SealedRecord record = await desk.PublishAsync(Bad);
        Dispute(desk.Log, record);
        await desk.Core.FollowAsync();
        Assert.NotNull(desk.Core.Disputes.Find(record.Id));
        desk.Log.Add(new V1.Entry { MemberExpelled = new V1.MemberExpelled { MemberId = ByteString.CopyFrom(desk.Core.Party.Id.ToArray()), Reason = V1.MembershipReason.RulesBroken } });
        await desk.Core.FollowAsync();
        Assert.Null(desk.Core.Disputes.Find(record.Id));
        Assert.Empty(await desk.Core.Store.ReadDisputesAsync(CancellationToken.None));
    }

    private Task<WatchDesk> StartAsync(Action<V1.DisputeRules>? change = null) => WatchDesk.StartAsync(_time, policy: policy =>
    {
        policy.Disputes = new V1.DisputeRules { DeskIds = { policy.StewardId } };
        change?.Invoke(policy.Disputes);
    });

    private static ulong Dispute(TestLog log, SealedRecord record, uint days = 30, CircleKey? circle = null)
    {
        log.Add(
            new V1.Entry
            {
                RecordDisputed = new V1.RecordDisputed
                {
                    RecordId = record.Submission.RecordId, CircleId = circle?.Circle.ToByteString() ?? record.Submission.CircleId, Epoch = record.Submission.Epoch, Ground = V1.DisputeGround.WrongParty, DeadlineDay = log.State.Day.AddDays(days).Number,
                },
            },
            (circle ?? log.Circle).RouteKey);
        return log.Size - 1;
    }

    private static void Decide(TestLog log, SealedRecord record, ulong disputed, V1.DisputeDecision decision, TestParty decider, CircleKey? circle = null)
    {
        V1.RecordDisputeResolved resolved = new()
        {
            RecordId = record.Submission.RecordId, CircleId = circle?.Circle.ToByteString() ?? record.Submission.CircleId, Epoch = record.Submission.Epoch, DisputedAt = disputed, Decision = decision, Reason = V1.DisputeReason.EvidenceSufficient,
        };
        log.Add(new V1.Entry { RecordDisputeResolved = Statements.Sign(resolved, log.GenesisHash.Span, decider.Id, decider.Keys.Member) }, (circle ?? log.Circle).RouteKey);
    }

    private static void Withdraw(TestLog log, SealedRecord record, V1.WithdrawalReason reason, CircleKey? circle = null) => log.Add(
        new V1.Entry { RecordWithdrawn = new V1.RecordWithdrawn { RecordId = record.Submission.RecordId, CircleId = circle?.Circle.ToByteString() ?? record.Submission.CircleId, Epoch = record.Submission.Epoch, Reason = reason } }, (circle ?? log.Circle).RouteKey);
}
