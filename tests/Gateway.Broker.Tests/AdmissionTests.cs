using Gateway.Broker.Quotas;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class AdmissionTests
{
    [Fact]
    public async Task Each_rule_refuses_by_name_and_in_the_protocols_order()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();

        // From the last rule to the first, each breach added to those before: the earliest rule must be the one that is named.
        SealedRecord record = network.Seal(network.Steward);
        Submission broken = record.Submission.Clone();
        broken.MemberSignature = Flip(broken.MemberSignature);
        broken.Signature = SignAnew(network.Steward, record, broken);
        await AssertRefusedAsync(network, network.Steward, broken, "MEMBER_SIGNATURE", StatusCode.PermissionDenied);
        broken.IssuanceSalt = Flip(broken.IssuanceSalt);
        await AssertRefusedAsync(network, network.Steward, broken, "RECORD_SIGNATURE", StatusCode.InvalidArgument);
        broken.RecordId = Flip(broken.RecordId);
        await AssertRefusedAsync(network, network.Steward, broken, "RECORD_ID_MISMATCH", StatusCode.InvalidArgument);
        broken.ExpiryDay = network.Broker.Core.View.Current.Day.Number + 366;
        await AssertRefusedAsync(network, network.Steward, broken, "EXPIRY_TOO_LATE", StatusCode.InvalidArgument);
        broken.ExpiryDay = network.Broker.Core.View.Current.Day.Number - 1;
        await AssertRefusedAsync(network, network.Steward, broken, "EXPIRY_PAST", StatusCode.InvalidArgument);
        broken.Item = ByteString.CopyFrom(new byte[RecordFormat.MaximumItem + 1]);
        await AssertRefusedAsync(network, network.Steward, broken, "ITEM_TOO_LARGE", StatusCode.InvalidArgument);
        broken.Epoch = 7;
        ErrorDetail stale = await AssertRefusedAsync(network, network.Steward, broken, "EPOCH_STALE", StatusCode.FailedPrecondition);
        Assert.Contains("seal again", stale.Remedy, StringComparison.Ordinal);
        await AssertRefusedAsync(network, network.Outsider, broken, "NOT_IN_CIRCLE", StatusCode.PermissionDenied);
        broken.CircleId = ByteString.CopyFrom(new byte[16]);
        await AssertRefusedAsync(network, network.Outsider, broken, "CIRCLE_UNKNOWN", StatusCode.NotFound);
        ByteString key = broken.RecordPk;
        broken.RecordPk = ByteString.CopyFrom(new byte[31]);
        await AssertRefusedAsync(network, network.Outsider, broken, "CIRCLE_UNKNOWN", StatusCode.NotFound);
        broken.RecordId = ByteString.CopyFrom(new byte[31]);
        await AssertRefusedAsync(network, network.Outsider, broken, "FIELD_LENGTH", StatusCode.InvalidArgument);

        // And a known id comes before everything: the receipt is given whatever else has changed.
        Receipt receipt = await network.PublishOneAsync(network.Steward, record);
        Submission known = broken.Clone();
        known.RecordId = record.Submission.RecordId;
        Assert.Equal(receipt, (await network.PublishAsync(network.Steward, known)).Single().Receipt);
        known.RecordPk = key;
        Assert.Equal(receipt, (await network.PublishAsync(network.Steward, known)).Single().Receipt);
    }

    [Fact]
    public async Task The_quota_stands_between_epoch_and_sizes_and_refills_with_the_day()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(new QuotaOptions { RecordsPerDay = 2 });
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));

        // What is refused costs nothing.
        Submission refused = network.Seal(network.Steward).Submission;
        refused.ExpiryDay = 1;
        await AssertRefusedAsync(network, network.Steward, refused, "EXPIRY_PAST", StatusCode.InvalidArgument);
        SealedRecord last = network.Seal(network.Steward);
        Receipt receipt = await network.PublishOneAsync(network.Steward, last);

        Submission more = network.Seal(network.Steward).Submission;
        more.Item = ByteString.CopyFrom(new byte[RecordFormat.MaximumItem + 1]);
        ErrorDetail exhausted = await AssertRefusedAsync(network, network.Steward, more, "QUOTA_EXHAUSTED", StatusCode.ResourceExhausted);
        Assert.Equal("records per day", exhausted.Which);
        more.Epoch = 9;
        await AssertRefusedAsync(network, network.Steward, more, "EPOCH_STALE", StatusCode.FailedPrecondition);
        Assert.Equal(receipt, await network.PublishOneAsync(network.Steward, last));
        await network.PublishOneAsync(network.Second, network.Seal(network.Second));

        await network.Broker.RestartAsync();
        Assert.Equal("QUOTA_EXHAUSTED", (await network.RefusedAsync(network.Steward, network.Seal(network.Steward).Submission)).Code);
        network.Broker.Time.Advance(TimeSpan.FromHours(13));
        await network.Broker.RunDailyWorkAsync();
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
    }

    [Fact]
    public async Task A_role_that_the_policy_does_not_name_does_not_publish()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(policy: policy =>
        {
            policy.PublishingRoles.Clear();
            policy.PublishingRoles.Add(MemberRole.Customs);
        });
        await AssertRefusedAsync(network, network.Steward, network.Seal(network.Steward).Submission, "PUBLISHING_NOT_ALLOWED", StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task A_record_sealed_under_the_last_epoch_is_stale()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord old = network.Seal(network.Steward);
        await network.NextEpochAsync();
        await AssertRefusedAsync(network, network.Steward, old.Submission, "EPOCH_STALE", StatusCode.FailedPrecondition);
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
    }

    [Fact]
    public async Task Nobody_takes_over_a_record_of_another_member()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Steward);
        await network.PublishOneAsync(network.Steward, record);
        await AssertRefusedAsync(network, network.Second, record.Submission, "RECORD_OF_ANOTHER", StatusCode.AlreadyExists);
        await AssertRefusedAsync(network, network.Outsider, record.Submission, "NOT_IN_CIRCLE", StatusCode.PermissionDenied);

        SealedRecord unpublished = network.Seal(network.Steward);
        await AssertRefusedAsync(network, network.Second, unpublished.Submission, "RECORD_SIGNATURE", StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task A_message_above_one_mebibyte_is_refused()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();

        // Asked with a unary call: on a stream, whose sender learns of the end while it still writes, clients may see CANCELLED instead.
        WithdrawRequest large = new() { Signature = ByteString.CopyFrom(new byte[1_024 * 1_024]) };
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await network.Exchange(network.Steward).WithdrawAsync(large));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    private static async Task<ErrorDetail> AssertRefusedAsync(TestNetwork network, TestMember member, Submission submission, string code, StatusCode status)
    {
        ErrorDetail refusal = await network.RefusedAsync(member, submission);
        Assert.Equal((code, (uint)status), (refusal.Code, refusal.Status));
        Assert.NotEmpty(refusal.What);
        Assert.NotEmpty(refusal.Which);
        Assert.NotEmpty(refusal.Remedy);
        return refusal;
    }

    private static ByteString Flip(ByteString bytes)
    {
        byte[] flipped = bytes.ToByteArray();
        flipped[0] ^= 1;
        return ByteString.CopyFrom(flipped);
    }

    private static ByteString SignAnew(TestMember member, SealedRecord record, Submission submission)
    {
        using RecordKeys keys = member.Keys.ForRecord(record.Salt);
        byte[] issuance = RecordFormat.IssuanceOf(submission.IssuanceSalt.Span, member.Id, submission.RecordPk.Span, submission.MemberSignature.Span);
        return ByteString.CopyFrom(keys.Signing.Sign(RecordFormat.PublishMessage(record.Id, new UtcDay(submission.ExpiryDay), issuance)));
    }
}
