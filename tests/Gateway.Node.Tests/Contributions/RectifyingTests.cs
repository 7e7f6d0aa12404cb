using Gateway.Cryptography;
using Gateway.Node.Contributions;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Tests.Contributions;

public sealed class RectifyingTests
{
    [Fact]
    public async Task The_old_record_is_withdrawn_only_when_its_correction_stands_and_a_stop_anywhere_is_continued()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        RecordId old = await PublishAsync(node, TestOutbox.Case("case-1"));
        (ContributionOutcome outcome, OutboxRow? row) = await node.Outbox.RectifyAsync(old, Corrected(), CancellationToken.None);
        Assert.Equal((ContributionState.Queued, "case-1"), (outcome.State, outcome.Reference));
        Assert.Empty(await node.Outbox.AdvanceRectificationsAsync(CancellationToken.None));
        Assert.Null(await node.Core.Store.FindWithdrawalAsync(old, CancellationToken.None));

        await node.RestartAsync();
        await node.SealAsync();
        await node.Outbox.AdvanceRectificationsAsync(CancellationToken.None);
        Assert.Null(await node.Core.Store.FindWithdrawalAsync(old, CancellationToken.None));
        await node.PublishAsync();

        await node.RestartAsync();
        await node.Outbox.AdvanceRectificationsAsync(CancellationToken.None);
        RecordId replacement = (await node.Core.Store.ReadOutboxRowAsync(row!.Id, CancellationToken.None))!.RecordId!.Value;
        WithdrawRequest request = WithdrawRequest.Parser.ParseFrom((await node.Core.Store.FindWithdrawalAsync(old, CancellationToken.None))!.Request);
        Assert.Equal((WithdrawalReason.Rectified, ByteString.CopyFrom(replacement.ToArray())), (request.Reason, request.ReplacementId));
        Assert.Empty(await node.Core.Store.ReadRectificationsAsync(CancellationToken.None));

        await node.WithdrawAsync();
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.Withdrawn, (await node.Core.Store.FindRecordAsync(old, CancellationToken.None))!.State);
        Assert.Equal(NodeRecordState.Live, (await node.Core.Store.FindRecordAsync(replacement, CancellationToken.None))!.State);
        Assert.Equal(replacement, await node.Core.Store.FindReplacementAsync(old, CancellationToken.None));
        Assert.Empty(await node.Core.AlarmsAsync());
    }

    [Fact]
    public async Task A_correction_that_is_refused_leaves_the_record_and_says_so()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        RecordId old = await PublishAsync(node, TestOutbox.Case("case-1"));
        await node.Outbox.RectifyAsync(old, Corrected(), CancellationToken.None);
        await node.SealAsync();
        node.Wire.Publishing = submission => new PublishOutcome { RecordId = submission.RecordId, Refusal = Refusal.Invalid("EXPIRY_TOO_LATE", "Too late.", "expiry_day", "Earlier.").ToDetail() };
        await node.PublishAsync();
        Assert.Equal("RECTIFICATION_REFUSED", Assert.Single(await node.Outbox.AdvanceRectificationsAsync(CancellationToken.None)).Code);
        Assert.Empty(await node.Outbox.AdvanceRectificationsAsync(CancellationToken.None));
        Assert.Null(await node.Core.Store.FindWithdrawalAsync(old, CancellationToken.None));
        Assert.Equal(NodeRecordState.Live, (await node.Core.Store.FindRecordAsync(old, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task What_cannot_be_rectified_is_refused_by_name()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        RecordId old = await PublishAsync(node, TestOutbox.Case("case-1"));
        Contribution elsewhere = Corrected();
        elsewhere.Circle = "customs";
        Assert.Equal("CIRCLE_DIFFERS", await RefusalAsync(node, old, elsewhere));
        Assert.Equal("NOTHING_RECTIFIED", await RefusalAsync(node, old, TestOutbox.Case("case-1")));
        Assert.Equal("RECORD_NOT_OWN", await RefusalAsync(node, node.Source.Seal().Id, Corrected()));
        await node.Outbox.WithdrawAsync(old, WithdrawalReason.Mistake, CancellationToken.None);
        Assert.Equal("RECORD_ENDED", await RefusalAsync(node, old, Corrected()));
    }

    [Fact]
    public async Task A_case_that_expires_while_it_waits_is_deleted_in_the_outbox()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        Contribution draft = TestOutbox.Case("draft"), waiting = TestOutbox.Case("sealed"), later = TestOutbox.Case("later");
        draft.Summary.ExpiryDay = waiting.Summary.ExpiryDay = node.Source.Day.Number;
        await node.AddAsync(waiting);
        await node.SealAsync();
        await node.AddAsync(draft);
        await node.AddAsync(later);
        OutboxExpiry expiry = new(node.Outbox, node.Core.Store, node.Core.Cache, () => node.Core.Log.View, node.Alarms, RandomSource.System, node.Core.Time);
        await expiry.RunAsync(CancellationToken.None);
        Assert.Equal((OutboxState.Draft, OutboxState.Sealed), ((await node.RowAsync("draft")).State, (await node.RowAsync("sealed")).State));

        node.Core.Time.Advance(TimeSpan.FromDays(1));
        node.Source.AddDay(node.Source.Day.AddDays(1));
        await node.FollowAsync();
        await expiry.RunAsync(CancellationToken.None);
        foreach (string reference in new[] { "draft", "sealed" })
        {
            OutboxRow row = await node.RowAsync(reference);
            Assert.Equal((OutboxState.Refused, null, null), (row.State, row.Draft, row.Submission));
            Assert.Equal("EXPIRY_PAST", ErrorDetail.Parser.ParseFrom(row.Refusal).Code);
        }

        Assert.Equal(OutboxState.Draft, (await node.RowAsync("later")).State);
    }

    private static Contribution Corrected()
    {
        Contribution corrected = TestOutbox.Case("");
        corrected.Summary.EvidenceGrade = EvidenceGrade.CourtDecision;
        return corrected;
    }

    private static async Task<string> RefusalAsync(TestOutbox node, RecordId old, Contribution corrected) =>
        (await Assert.ThrowsAsync<RefusalException>(() => node.Outbox.RectifyAsync(old, corrected, CancellationToken.None))).Refusal.Code;

    private static async Task<RecordId> PublishAsync(TestOutbox node, Contribution contribution)
    {
        await node.AddAsync(contribution);
        await node.SealAsync();
        await node.PublishAsync();
        await node.FollowAsync();
        return (await node.RowAsync(contribution.Reference)).RecordId!.Value;
    }
}
