using System.Net;
using Gateway.Broker.Disputes;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>Disputes at the broker: who opens and decides, what the log says, what the clock does.</summary>
public sealed class DisputeTests
{
    [Fact]
    public async Task A_dispute_stands_in_the_log_for_the_circle_alone_and_says_neither_who_objects_nor_who_contributed()
    {
        await using TestNetwork network = await StartAsync();
        SealedRecord record = await PublishAsync(network);
        Receipt receipt = (await Disputes(network, network.Steward).OpenDisputeAsync(Open(record))).Receipt;
        RecordDisputed entry = Entry.Parser.ParseFrom(receipt.Entry).RecordDisputed;
        Assert.Equal((record.Submission.RecordId, DisputeGround.WrongParty, network.Broker.Core.View.Current.Day.AddDays(30).Number), (entry.RecordId, entry.Ground, entry.DeadlineDay));
        foreach (TestMember member in new[] { network.Steward, network.Second, network.Outsider })
        {
            Assert.False(receipt.Entry.Span.IndexOf(member.Id.ToArray()) >= 0);
        }

        FeedLeaf seen = (await network.ReadFeedAsync(network.Second)).SelectMany(message => message.Leaves).ElementAt((int)receipt.Index), hidden = (await network.ReadFeedAsync(network.Outsider)).SelectMany(message => message.Leaves).ElementAt((int)receipt.Index);
        Assert.Equal(receipt.Entry, seen.Entry);
        Assert.True(hidden.Entry.IsEmpty && hidden.LeafData == seen.LeafData);
        Assert.True(network.Circle.RouteKey.Matches(receipt.Index, LeafData.RouteOf(seen.LeafData.Span)));
    }

    [Fact]
    public async Task One_dispute_is_open_about_a_record_at_a_time_and_another_objector_joins_it()
    {
        await using TestNetwork network = await StartAsync();
        TestMember third = await ThirdAsync(network);
        SealedRecord record = await PublishAsync(network);
        Receipt first = (await Disputes(network, network.Steward).OpenDisputeAsync(Open(record))).Receipt;
        OpenDisputeRequest second = Open(record, DisputeGround.Untrue);
        second.Objections.Add(new SealedObjection { DeskId = network.Steward.Id.ToByteString(), Sealed = ByteString.CopyFrom(new byte[100]) });
        Assert.Equal(first, (await Disputes(network, third).OpenDisputeAsync(second)).Receipt);
        Assert.Equal(record.Submission.RecordId, Assert.Single((await Disputes(network, network.Steward).ReadObjectionsAsync(new ReadObjectionsRequest())).Objections).RecordId);
    }

    [Fact]
    public async Task Who_does_not_see_a_record_does_not_learn_that_it_exists()
    {
        await using TestNetwork network = await StartAsync();
        SealedRecord record = await PublishAsync(network);
        RpcException outside = await Assert.ThrowsAsync<RpcException>(async () => await Disputes(network, network.Outsider).OpenDisputeAsync(Open(record)));
        RpcException unknown = await Assert.ThrowsAsync<RpcException>(async () => await Disputes(network, network.Steward).OpenDisputeAsync(new OpenDisputeRequest { RecordId = ByteString.CopyFrom(new byte[32]), Ground = DisputeGround.Untrue }));
        Assert.Equal(("RECORD_UNKNOWN", unknown.ToRefusal("broker").What), (outside.ToRefusal("broker").Code, outside.ToRefusal("broker").What));
        await Disputes(network, network.Steward).OpenDisputeAsync(Open(record));
        Assert.Equal("RECORD_UNKNOWN", await CodeAsync(() => DecideAsync(network, network.Outsider, record, DisputeDecision.Rejected)));
    }

    [Fact]
    public async Task The_contributor_does_not_judge_its_own_record_and_nobody_but_a_desk_does()
    {
        await using TestNetwork network = await StartAsync();
        TestMember third = await ThirdAsync(network);
        SealedRecord record = await PublishAsync(network);
        await Disputes(network, third).OpenDisputeAsync(Open(record));
        Assert.Equal("DISPUTE_OWN_RECORD", await CodeAsync(() => DecideAsync(network, network.Second, record, DisputeDecision.Rejected)));
        Assert.Equal("DISPUTE_DESK_ONLY", await CodeAsync(() => DecideAsync(network, third, record, DisputeDecision.Rejected)));
        RecordDisputeResolved forged = await ResolvedAsync(network, record, DisputeDecision.Upheld);
        SignedStatement another = Statements.Sign(forged, network.Broker.GenesisHash, network.Steward.Id, network.Second.Keys.Member);
        Assert.Equal("STATEMENT_UNREADABLE", await CodeAsync(async () => await Disputes(network, network.Steward).ResolveDisputeAsync(new ResolveDisputeRequest { Decision = another })));
        ResolveDisputeResponse decided = await DecideAsync(network, network.Steward, record, DisputeDecision.Rejected);
        Assert.Null(decided.Withdrawal);
    }

    [Fact]
    public async Task An_objection_that_is_upheld_ends_the_record_with_the_decision()
    {
        await using TestNetwork network = await StartAsync();
        SealedRecord record = await PublishAsync(network);
        await Disputes(network, network.Steward).OpenDisputeAsync(Open(record));
        SignedStatement decision = Statements.Sign(await ResolvedAsync(network, record, DisputeDecision.Upheld), network.Broker.GenesisHash, network.Steward.Id, network.Steward.Keys.Member);
        ResolveDisputeResponse answer = await Disputes(network, network.Steward).ResolveDisputeAsync(new ResolveDisputeRequest { Decision = decision });
        Assert.Equal(answer.Receipt.Index + 1, answer.Withdrawal.Index);
        Assert.Equal(answer.Receipt.Checkpoint, answer.Withdrawal.Checkpoint);
        RecordWithdrawn withdrawn = Entry.Parser.ParseFrom(answer.Withdrawal.Entry).RecordWithdrawn;
        Assert.Equal((WithdrawalReason.DisputeUpheld, true), (withdrawn.Reason, withdrawn.Signature.IsEmpty));
        FeedLeaf leaf = (await network.ReadFeedAsync(network.Second)).SelectMany(message => message.Leaves).Single(leaf => !leaf.Entry.IsEmpty && Entry.Parser.ParseFrom(leaf.Entry).RecordPublished is not null);
        Assert.Equal((true, answer.Withdrawal.Index), (leaf.Item.IsEmpty, leaf.WithdrawnAt));

        // An answer may be lost, and the broker may have been started anew since.
        await network.Broker.RestartAsync();
        Assert.Equal(answer, await Disputes(network, network.Steward).ResolveDisputeAsync(new ResolveDisputeRequest { Decision = decision }));
        Assert.Equal("DISPUTE_NOT_OPEN", await CodeAsync(() => DecideAsync(network, network.Steward, record, DisputeDecision.Rejected)));
        Assert.Equal("RECORD_ENDED", await CodeAsync(async () => await Disputes(network, network.Steward).OpenDisputeAsync(Open(record))));
    }

    [Fact]
    public async Task What_was_decided_is_opened_again_by_a_desk_alone()
    {
        await using TestNetwork network = await StartAsync();
        TestMember third = await ThirdAsync(network);
        SealedRecord record = await PublishAsync(network);
        ulong first = (await Disputes(network, third).OpenDisputeAsync(Open(record))).Receipt.Index;
        await DecideAsync(network, network.Steward, record, DisputeDecision.Rejected);
        Assert.Equal("DISPUTE_DECIDED", await CodeAsync(async () => await Disputes(network, third).OpenDisputeAsync(Open(record))));
        ulong second = (await Disputes(network, network.Steward).OpenDisputeAsync(Open(record))).Receipt.Index;
        Assert.True(second > first);

        // The decision of the first is none of the second.
        RecordDisputeResolved old = await ResolvedAsync(network, record, DisputeDecision.Upheld);
        old.DisputedAt = first;
        SignedStatement replayed = Statements.Sign(old, network.Broker.GenesisHash, network.Steward.Id, network.Steward.Keys.Member);
        Assert.Equal("DISPUTE_NOT_OPEN", await CodeAsync(async () => await Disputes(network, network.Steward).ResolveDisputeAsync(new ResolveDisputeRequest { Decision = replayed })));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_record_whose_dispute_nobody_decides_ends_after_the_deadline_unless_the_policy_keeps_it(bool stays)
    {
        await using TestNetwork network = await StartAsync(rules => rules.OverdueRecordsStay = stays);
        SealedRecord record = await PublishAsync(network, 90), decided = await PublishAsync(network, 90);
        await Disputes(network, network.Steward).OpenDisputeAsync(Open(record));
        await Disputes(network, network.Steward).OpenDisputeAsync(Open(decided));
        await DecideAsync(network, network.Steward, decided, DisputeDecision.Rejected);
        for (int day = 1; day <= 30; day++)
        {
            network.Broker.Time.Advance(TimeSpan.FromDays(1));
            await network.Broker.RunDailyWorkAsync();
        }

        // The deadline is the last day for a decision.
        Assert.Null(await WithdrawnAtAsync(network, record));
        Assert.Equal((1u, 0u, 1u), await StatusAsync(network));
        network.Broker.Time.Advance(TimeSpan.FromDays(1));
        await network.Broker.RunDailyWorkAsync();
        Assert.Equal(stays, await WithdrawnAtAsync(network, record) is null);
        Assert.Null(await WithdrawnAtAsync(network, decided));
        Assert.Equal(stays ? (1u, 1u, 0u) : (0u, 0u, 0u), await StatusAsync(network));
        if (stays) return;
        RecordWithdrawn end = Entry.Parser.ParseFrom((await network.Broker.Core.Store.ReadLeafAsync((await WithdrawnAtAsync(network, record))!.Value, CancellationToken.None))!.Entry).RecordWithdrawn;
        Assert.Equal((WithdrawalReason.DisputeOverdue, true), (end.Reason, end.Signature.IsEmpty));
    }

    [Fact]
    public async Task A_member_opens_so_many_disputes_a_day()
    {
        await using TestNetwork network = await StartAsync();
        for (int i = 0; i < DisputeRegister.MostOpenedOnADay; i++) await Disputes(network, network.Steward).OpenDisputeAsync(Open(await PublishAsync(network)));
        Assert.Equal("DISPUTES_TOO_MANY", await CodeAsync(async () => await Disputes(network, network.Steward).OpenDisputeAsync(Open(await PublishAsync(network)))));
    }

    [Fact]
    public async Task A_policy_names_desks_that_are_members_and_bounds_its_deadline()
    {
        foreach (Action<DisputeRules> wrong in new Action<DisputeRules>[]
        {
            rules => rules.DeskIds.Add(rules.DeskIds[0]), rules => rules.DeskIds.Add(ByteString.CopyFrom(new byte[16])), rules => rules.DeadlineDays = 366,
        })
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => StartAsync(wrong));
            Assert.Equal("POLICY_INVALID", refused.ToRefusal("broker").Code);
        }
    }

    /// <summary>The steward and the second member are the circle's desks.</summary>
    internal static Task<TestNetwork> StartAsync(Action<DisputeRules>? change = null) => TestNetwork.StartAsync(policy: policy =>
    {
        policy.Disputes = new DisputeRules { DeskIds = { policy.FoundingMemberIds } };
        change?.Invoke(policy.Disputes);
    });

    internal static async Task<TestMember> ThirdAsync(TestNetwork network)
    {
        TestMember third = await TestMember.EnrolAsync(network.Broker, "Third Retail", MemberRole.Retailer);
        await network.NextEpochAsync(third);
        return third;
    }

    internal static DisputesService.DisputesServiceClient Disputes(TestNetwork network, TestMember member) => new(member.Connect(network.Broker));

    internal static async Task<SealedRecord> PublishAsync(TestNetwork network, uint days = 30)
    {
        SealedRecord record = network.Second.Seal(network.Circle, network.Broker.Core.View.Current.Day.AddDays(days));
        await network.PublishOneAsync(network.Second, record);
        return record;
    }

    internal static OpenDisputeRequest Open(SealedRecord record, DisputeGround ground = DisputeGround.WrongParty) => new() { RecordId = record.Submission.RecordId, Ground = ground };

    private static async Task<RecordDisputeResolved> ResolvedAsync(TestNetwork network, SealedRecord record, DisputeDecision decision) => new()
    {
        RecordId = record.Submission.RecordId,
        CircleId = record.Submission.CircleId,
        Epoch = record.Submission.Epoch,
        DisputedAt = (await network.Broker.Core.Store.Disputes.FindAsync(record.Id, CancellationToken.None))!.State.DisputedAt!.Value,
        Decision = decision,
        Reason = DisputeReason.EvidenceInsufficient,
    };

    private static async Task<ResolveDisputeResponse> DecideAsync(TestNetwork network, TestMember desk, SealedRecord record, DisputeDecision decision) => await Disputes(network, desk).ResolveDisputeAsync(
        new ResolveDisputeRequest { Decision = Statements.Sign(await ResolvedAsync(network, record, decision), network.Broker.GenesisHash, desk.Id, desk.Keys.Member) });

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("broker").Code;

    private static async Task<ulong?> WithdrawnAtAsync(TestNetwork network, SealedRecord record) => (await network.Broker.Core.Store.FindRecordAsync(record.Id, CancellationToken.None))!.WithdrawnAt;

    private static async Task<(uint Open, uint Overdue, uint Soon)> StatusAsync(TestNetwork network)
    {
        DisputeStatus status = await network.Broker.Core.Disputes.StatusAsync(CancellationToken.None);
        return (status.Open, status.Overdue, status.DueSoon);
    }
}
