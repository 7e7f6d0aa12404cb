using Gateway.Node.Outcomes;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Tests.Disputes;

/// <summary>What a grade does to a hit: it is said, and weighs nothing.</summary>
public sealed class OutcomeGradeTests
{
    private static readonly ByteString s_record = ByteString.CopyFrom(new byte[32]);

    [Theory]
    [InlineData(OutcomeGrade.Good, "most were seized")]
    [InlineData(OutcomeGrade.Mixed, "some were seized")]
    [InlineData(OutcomeGrade.Poor, "nothing to do with it")]
    public void A_grade_is_a_reason_without_bits(OutcomeGrade grade, string says)
    {
        OutcomeGrades grades = new();
        grades.Set([new GradedRecord { RecordId = s_record, Grade = grade }], [], DateTimeOffset.UnixEpoch);
        Hit hit = new() { RecordId = s_record, Lane = Lane.Red, Score = 90, Bits = 20 };
        grades.Heed(hit);
        Reason reason = Assert.Single(hit.Reasons);
        Assert.Contains(says, reason.Text, StringComparison.Ordinal);
        Assert.Equal((0.0, Lane.Red, 90u, 20.0, grade), (reason.Bits, hit.Lane, hit.Score, hit.Bits, hit.OutcomeGrade));
    }

    [Fact]
    public void Of_a_record_without_a_grade_nothing_is_said()
    {
        Hit hit = new() { RecordId = s_record };
        new OutcomeGrades().Heed(hit);
        Assert.Empty(hit.Reasons);
        Assert.Equal(OutcomeGrade.None, hit.OutcomeGrade);
    }
}
