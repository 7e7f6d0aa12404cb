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
    public async Task Figures_are_shown_from_five_outcomes_of_two_members_on()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember third = await DisputeTests.ThirdAsync(network);
        SealedRecord alone = await DisputeTests.PublishAsync(network), shared = await DisputeTests.PublishAsync(network), few = await DisputeTests.PublishAsync(network);
        await ReportAsync(network, network.Steward, [.. Enumerable.Range(0, 5).Select(_ => Seized(alone)), .. Enumerable.Range(0, 3).Select(_ => Seized(shared)), .. Enumerable.Range(0, 2).Select(_ => Seized(few))]);
        await ReportAsync(network, third, [Seized(shared), False(shared), Seized(few), Seized(few)]);
        Dictionary<ByteString, OwnOutcomes> own = (await OwnAsync(network, network.Second)).ToDictionary(record => record.RecordId);
        Assert.True(own[alone.Submission.RecordId] is { TooFew: true, Seized: 0, Grade: OutcomeGrade.None });
        Assert.True(own[few.Submission.RecordId] is { TooFew: true, Seized: 0, Grade: OutcomeGrade.None });
        Assert.True(own[shared.Submission.RecordId] is { TooFew: false, Seized: 4, FalsePositives: 1, Remind: false, Grade: OutcomeGrade.Good }, own[shared.Submission.RecordId].ToString());
        Assert.Equal([shared.Submission.RecordId], (await Outcomes(network, third).ListOutcomeGradesAsync(new ListOutcomeGradesRequest { CircleId = network.Circle.Circle.ToByteString() })).Records.Select(record => record.RecordId));

        // Nobody is told of another's records.
        Assert.Empty(await OwnAsync(network, network.Steward));
    }

    [Fact]
    public async Task A_member_has_one_outcome_for_a_record_and_shipment_and_the_later_one_counts()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember third = await DisputeTests.ThirdAsync(network);
        SealedRecord record = await DisputeTests.PublishAsync(network);
        OutcomeReport[] reports = [.. Enumerable.Range(0, 3).Select(_ => Seized(record))];
        for (int i = 0; i < 3; i++) await ReportAsync(network, network.Steward, reports);
        await ReportAsync(network, third, Seized(record));
        Assert.True(Assert.Single(await OwnAsync(network, network.Second)).TooFew);
        OutcomeReport[] corrected = [.. reports.Select(report => { OutcomeReport other = report.Clone(); (other.Outcome, other.Reason) = (Outcome.FalsePositive, OutcomeReason.OtherParty); return other; })];
        await ReportAsync(network, network.Steward, corrected);
        await ReportAsync(network, third, Seized(record));
        Assert.True(Assert.Single(await OwnAsync(network, network.Second)) is { TooFew: false, Seized: 2, FalsePositives: 3, Remind: true, Grade: OutcomeGrade.Poor });
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
    public void What_is_shown_is_always_a_whole_number_of_steps_of_enough_members_and_moves_in_steps_alone() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Member, byte Outcome)[]>(),
        reports =>
        {
            List<StoredOutcome> outcomes = [];
            OutcomeFigures? before = null;
            foreach ((byte member, byte outcome) in reports)
            {
                outcomes.Add(Stored(member % 3, (Outcome)(1 + (outcome % 4))));
                OutcomeFigures? now = OutcomeFigures.Of(outcomes, OutcomeTerms.Usual);
                if (now is not null && (now.Decided + now.NotFound) % 5 != 0) return false;
                if (now is not null && outcomes.Take(now.Decided + now.NotFound).Select(one => one.Member).Distinct().Count() < 2) return false;
                if (outcomes.Count % 5 != 0 && now != before) return false;
                before = now;
            }

            return true;
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
