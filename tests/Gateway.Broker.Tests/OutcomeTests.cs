using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Broker.Outcomes;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Outcomes;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Grpc.Core;
using Outcome = Gateway.Protocol.V1.Outcome;

namespace Gateway.Broker.Tests;

/// <summary>What members report about hits, and what is shown of it to whom.</summary>
public sealed class OutcomeTests
{
    [Fact]
    public async Task Figures_are_shown_from_five_outcomes_of_two_members_on_of_which_one_counts_four_times_at_most()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember third = await MoreAsync(network);
        SealedRecord alone = await DisputeTests.PublishAsync(network), shared = await DisputeTests.PublishAsync(network), few = await DisputeTests.PublishAsync(network);
        await ReportAsync(network, network.Steward, [.. Enumerable.Range(0, 9).Select(_ => Seized(alone)), .. Enumerable.Range(0, 9).Select(_ => Seized(shared)), .. Enumerable.Range(0, 3).Select(_ => Seized(few))]);
        await ReportAsync(network, third, [False(shared), Seized(few)]);
        Dictionary<ByteString, OwnOutcomes> own = (await OwnAsync(network, network.Second)).ToDictionary(record => record.RecordId);
        Assert.False(own.ContainsKey(alone.Submission.RecordId));
        Assert.False(own.ContainsKey(few.Submission.RecordId));
        Assert.True(own[shared.Submission.RecordId] is { Seized: 4, FalsePositives: 1, Remind: false, Grade: OutcomeGrade.Good }, own[shared.Submission.RecordId].ToString());
        Assert.Equal([shared.Submission.RecordId], await GradedAsync(network, network.Second));

        // Nobody is told of another's records.
        Assert.Empty(await OwnAsync(network, network.Steward));
    }

    [Fact]
    public async Task A_member_s_own_reports_are_left_out_of_the_grades_that_it_is_given()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember third = await MoreAsync(network);
        SealedRecord record = await DisputeTests.PublishAsync(network);
        await ReportAsync(network, network.Steward, [.. Enumerable.Range(0, 4).Select(_ => Seized(record))]);
        await ReportAsync(network, third, [Seized(record), Seized(record), Seized(record)]);
        Assert.Equal([record.Submission.RecordId], await GradedAsync(network, network.Second));
        foreach (TestMember reporter in (TestMember[])[network.Steward, third]) Assert.Empty(await GradedAsync(network, reporter));
    }

    [Fact]
    public async Task A_member_has_one_outcome_for_a_record_and_shipment_and_the_later_one_counts()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember third = await MoreAsync(network);
        SealedRecord record = await DisputeTests.PublishAsync(network);
        OutcomeReport[] reports = [.. Enumerable.Range(0, 3).Select(_ => Seized(record))];
        for (int i = 0; i < 3; i++) await ReportAsync(network, network.Steward, reports);
        await ReportAsync(network, third, Seized(record));
        Assert.Empty(await OwnAsync(network, network.Second)); // Not even that there are reports.
        OutcomeReport[] corrected = [.. reports.Select(report => { OutcomeReport other = report.Clone(); (other.Outcome, other.Reason) = (Outcome.FalsePositive, OutcomeReason.OtherParty); return other; })];
        await ReportAsync(network, network.Steward, corrected);
        await ReportAsync(network, third, Seized(record));
        Assert.True(Assert.Single(await OwnAsync(network, network.Second)) is { Seized: 2, FalsePositives: 3, Remind: true, Grade: OutcomeGrade.Poor });
    }

    [Fact]
    public async Task Of_one_member_and_record_so_many_are_kept_and_none_longer_than_the_record()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = await DisputeTests.PublishAsync(network, 5);
        OutcomeReport[] reports = [.. Enumerable.Range(0, OutcomeRegister.MostOfMember).Select(_ => Seized(record))];
        await ReportAsync(network, network.Steward, reports);
        OutcomeReport corrected = False(record);
        corrected.Shipment = reports[0].Shipment;
        ReportOutcomesResponse answer = await Outcomes(network, network.Steward).ReportOutcomesAsync(new ReportOutcomesRequest { Reports = { Seized(record), corrected } });
        Assert.Equal(["OUTCOMES_OF_RECORD", null], answer.Answers.Select(one => one.Refusal?.Code));
        Assert.Equal(OutcomeRegister.MostOfMember, (await network.Broker.Core.Store.Outcomes.ReadMemberAsync(record.Id, network.Steward.Id, CancellationToken.None)).Count);
        network.Broker.Time.Advance(TimeSpan.FromDays(6));
        await network.Broker.RunDailyWorkAsync();
        Assert.Empty(await network.Broker.Core.Store.Outcomes.ReadMemberAsync(record.Id, network.Steward.Id, CancellationToken.None));
        Assert.Equal("RECORD_ENDED", Assert.Single((await network.Broker.Core.Outcomes.ReportAsync(network.Steward.Id, new ReportOutcomesRequest { Reports = { Seized(record) } }, CancellationToken.None)).Answers).Refusal.Code);
    }

    [Fact]
    public async Task Each_report_is_judged_by_itself()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = await DisputeTests.PublishAsync(network);
        OutcomeReport unfit = Seized(record), unknown = Seized(record), shortened = Seized(record);
        unfit.Reason = OutcomeReason.Gone;
        unknown.RecordId = ByteString.CopyFrom(new byte[32]);
        shortened.Shipment = ByteString.CopyFrom(new byte[31]);
        ReportOutcomesResponse answer = await Outcomes(network, network.Steward).ReportOutcomesAsync(new ReportOutcomesRequest { Reports = { unfit, Seized(record), unknown, shortened } });
        Assert.Equal(["OUTCOME_REASON", null, "RECORD_UNKNOWN", "FIELD_LENGTH"], answer.Answers.Select(one => one.Refusal?.Code));
        Assert.Equal("OUTCOME_OWN_RECORD", Assert.Single((await Outcomes(network, network.Second).ReportOutcomesAsync(new ReportOutcomesRequest { Reports = { Seized(record) } })).Answers).Refusal.Code);
        Assert.Equal("RECORD_UNKNOWN", Assert.Single((await Outcomes(network, network.Outsider).ReportOutcomesAsync(new ReportOutcomesRequest { Reports = { Seized(record) } })).Answers).Refusal.Code);
        RpcException outside = await Assert.ThrowsAsync<RpcException>(async () => await Outcomes(network, network.Outsider).ListOutcomeGradesAsync(new ListOutcomeGradesRequest { CircleId = network.Circle.Circle.ToByteString() }));
        Assert.Equal("NOT_IN_CIRCLE", outside.ToRefusal("broker").Code);
    }

    [Fact]
    public void A_figure_moves_by_five_reports_of_two_members_at_least() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Member, byte Outcome)[]>(),
        reports =>
        {
            List<StoredOutcome> outcomes = [];
            int shown = 0, told = 0;
            foreach ((byte member, byte outcome) in reports.Concat(reports))
            {
                outcomes.Add(Stored(1 + (member % 6), (Outcome)(1 + (outcome % 4))));
                OutcomeFigures? now = OutcomeFigures.Of(outcomes, OutcomeTerms.Usual, s_asker);
                int count = CountOf(now);
                if (count == shown) continue;

                // Each member counts four times in all at most.
                Dictionary<MemberId, int> seen = [];
                StoredOutcome[] counted = [.. outcomes.Where(one => (seen[one.Member] = seen.GetValueOrDefault(one.Member) + 1) <= 4)];
                StoredOutcome[] news = counted[shown..count];
                StoredOutcome[] telling = [.. news.Where(one => one.Outcome != Outcome.NotFound)]; // Not examined: says nothing, and makes nothing show.
                if (count != counted.Length || telling.Length < 5 || telling.DistinctBy(one => one.Member).Count() < 2) return false;
                (shown, told) = (count, told + 1);
            }

            return told == 0 == (OutcomeFigures.Of(outcomes, OutcomeTerms.Usual, s_asker) is null);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void One_member_alone_never_makes_a_grade_show_nor_moves_it_by_more_than_four_reports() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Member, byte Outcome, byte Place)[]>(),
        ArbMap.Default.ArbFor<byte[]>(),
        (others, own) =>
        {
            const int Alone = 7;
            StoredOutcome[] alone = [.. own.Concat(own).Select(outcome => Stored(Alone, (Outcome)(1 + (outcome % 4))))];
            if (OutcomeFigures.Of(alone, OutcomeTerms.Usual, s_asker) is not null) return false;

            // Wherever its reports come among those of others, four of them are in the figures at most; and what the others would show without it is not hidden.
            List<StoredOutcome> mixed = [.. others.Select(one => Stored(1 + (one.Member % 4), (Outcome)(1 + (one.Outcome % 4))))];
            OutcomeFigures? without = OutcomeFigures.Of(mixed, OutcomeTerms.Usual, s_asker);
            for (int i = 0; i < alone.Length; i++) mixed.Insert(others.Length == 0 ? mixed.Count : others[i % others.Length].Place % (mixed.Count + 1), alone[i]);
            OutcomeFigures? with = OutcomeFigures.Of(mixed, OutcomeTerms.Usual, s_asker);
            int most = mixed.Where(one => one.Member != alone.FirstOrDefault()?.Member).CountBy(one => one.Member).Sum(count => Math.Min(count.Value, 4));
            return CountOf(with) <= most + 4 && (without is null || with is not null) && OutcomeFigures.Of(mixed, OutcomeTerms.Usual, Stored(Alone, Outcome.Seized).Member) == without;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(5, 0, 0, 0, OutcomeGrade.Good)]
    [InlineData(4, 0, 1, 0, OutcomeGrade.Good)]
    [InlineData(2, 3, 0, 0, OutcomeGrade.Mixed)]
    [InlineData(3, 0, 2, 0, OutcomeGrade.Mixed)]
    [InlineData(2, 0, 3, 0, OutcomeGrade.Poor)]
    [InlineData(0, 0, 0, 5, OutcomeGrade.None)]
    public void A_grade_weighs_seizures_against_false_positives(int seized, int released, int falsePositives, int notFound, OutcomeGrade grade) =>
        Assert.Equal(grade, new OutcomeFigures(seized, released, falsePositives, notFound).Grade);

    private static readonly MemberId s_asker = MemberId.FromBytes(new byte[16]);

    private static int CountOf(OutcomeFigures? figures) => figures is null ? 0 : figures.Decided + figures.NotFound;

    private static async Task<TestMember> MoreAsync(TestNetwork network)
    {
        TestMember third = await TestMember.EnrolAsync(network.Broker, "Third Retail", MemberRole.Retailer);
        await network.NextEpochAsync(third);
        return third;
    }

    private static async Task<IEnumerable<ByteString>> GradedAsync(TestNetwork network, TestMember reader) =>
        (await Outcomes(network, reader).ListOutcomeGradesAsync(new ListOutcomeGradesRequest { CircleId = network.Circle.Circle.ToByteString() })).Records.Select(record => record.RecordId);

    private static StoredOutcome Stored(int member, Outcome outcome)
    {
        byte[] id = new byte[16];
        id[0] = (byte)member;
        return new StoredOutcome(default, default, default, MemberId.FromBytes(id), [], outcome, OutcomeReason.Counterfeit);
    }

    private static OutcomeReport Seized(SealedRecord record) => Report(record, Outcome.Seized, OutcomeReason.Counterfeit);

    private static OutcomeReport False(SealedRecord record) => Report(record, Outcome.FalsePositive, OutcomeReason.OtherParty);

    private static OutcomeReport Report(SealedRecord record, Outcome outcome, OutcomeReason reason) =>
        new() { RecordId = record.Submission.RecordId, Shipment = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32)), Outcome = outcome, Reason = reason };

    private static OutcomesService.OutcomesServiceClient Outcomes(TestNetwork network, TestMember member) => new(member.Connect(network.Broker));

    private static async Task ReportAsync(TestNetwork network, TestMember member, params OutcomeReport[] reports) =>
        Assert.All((await Outcomes(network, member).ReportOutcomesAsync(new ReportOutcomesRequest { Reports = { reports } })).Answers, answer => Assert.Null(answer.Refusal));

    private static async Task<IReadOnlyList<OwnOutcomes>> OwnAsync(TestNetwork network, TestMember member) => (await Outcomes(network, member).ListOwnOutcomesAsync(new ListOwnOutcomesRequest())).Records;
}
