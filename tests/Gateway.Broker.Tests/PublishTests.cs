using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class PublishTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_published_record_gets_a_receipt_that_proves_its_place()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Steward);
        Receipt receipt = await network.PublishOneAsync(network.Steward, record);

        Proofs.AssertProves(network, receipt);
        RecordPublished published = Entry.Parser.ParseFrom(receipt.Entry).RecordPublished;
        Assert.Equal(record.Submission.RecordId, published.RecordId);
        Assert.Equal(RecordFormat.IssuanceOf(record.Submission.IssuanceSalt.Span, network.Steward.Id, record.Submission.RecordPk.Span, record.Submission.MemberSignature.Span), published.Issuance.ToByteArray());
        Assert.Equal(MemberRole.Unspecified, published.Role);
    }

    [Fact]
    public async Task The_same_record_gets_the_same_receipt_again_and_after_a_restart()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Steward);
        Receipt first = await network.PublishOneAsync(network.Steward, record);
        await network.PublishOneAsync(network.Second, network.Seal(network.Second));
        Receipt again = await network.PublishOneAsync(network.Steward, record);
        await network.Broker.RestartAsync();
        Receipt afterRestart = await network.PublishOneAsync(network.Steward, record);

        Assert.Equal(first, again);
        Assert.Equal(first, afterRestart);
    }

    [Fact]
    public async Task The_same_record_twice_in_one_message_is_one_entry()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong before = network.Broker.Core.Signal.Size;
        SealedRecord record = network.Seal(network.Steward);
        IReadOnlyList<PublishOutcome> outcomes = await network.PublishAsync(network.Steward, record.Submission, record.Submission, record.Submission);

        Assert.Equal(3, outcomes.Count);
        Assert.All(outcomes, outcome => Assert.Equal(outcomes[0].Receipt, outcome.Receipt));
        Assert.Equal(before + 1, network.Broker.Core.Signal.Size);
    }

    [Fact]
    public async Task Two_records_under_one_key_are_one_too_many_in_one_message_and_later()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord first = network.Seal(network.Steward);
        SealedRecord second = network.Steward.Seal(network.Circle, network.NextMonth, new SaltFirst(first.Salt));
        SealedRecord third = network.Steward.Seal(network.Circle, network.NextMonth, new SaltFirst(first.Salt));
        Assert.Equal(first.Submission.RecordPk, second.Submission.RecordPk);
        Assert.NotEqual(first.Id, second.Id);

        IReadOnlyList<PublishOutcome> outcomes = await network.PublishAsync(network.Steward, first.Submission, second.Submission);
        Assert.Single(outcomes, outcome => outcome.Receipt is not null);
        Assert.Single(outcomes, outcome => outcome.Refusal?.Code == "RECORD_KEY_REUSED");
        Assert.Equal("RECORD_KEY_REUSED", (await network.RefusedAsync(network.Steward, third.Submission)).Code);
    }

    [Fact]
    public async Task The_store_is_asked_once_a_message_and_what_was_reserved_is_free_again_when_it_is_away()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        FailingDisk disk = network.Broker.Disk!;
        Submission[] records = [.. Enumerable.Range(0, 40).Select(_ => network.Seal(network.Steward).Submission)];
        disk.IsAway = true;
        RpcException away = await Assert.ThrowsAsync<RpcException>(() => network.PublishAsync(network.Steward, records));
        Assert.Equal(StatusCode.Unavailable, away.StatusCode);

        disk.IsAway = false;
        Assert.All(await network.PublishAsync(network.Steward, records).WaitAsync(Patience), outcome => Assert.NotNull(outcome.Receipt));
        Assert.Equal([40], disk.Questions);
    }

    [Fact]
    public async Task A_record_that_waited_for_its_like_is_free_again_when_the_store_is_away_by_then()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        FailingDisk disk = network.Broker.Disk!;
        Submission record = network.Seal(network.Steward).Submission;
        Task held = disk.Hold();
        Task<IReadOnlyList<PublishOutcome>> first = network.PublishAsync(network.Steward, record);
        await held;
        Task<IReadOnlyList<PublishOutcome>> second = network.PublishAsync(network.Steward, record);
        await Task.Delay(200); // Where it has not come yet, it finds the store away at once.
        disk.IsAway = true;
        disk.Release();
        Receipt receipt = (await first).Single().Receipt;
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => second)).StatusCode);

        disk.IsAway = false;
        Assert.Equal(receipt, (await network.PublishAsync(network.Steward, record).WaitAsync(Patience)).Single().Receipt);
    }

    [Fact]
    public async Task Who_waits_for_a_key_holds_up_nobodys_record()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord known = network.Seal(network.Second);
        await network.PublishOneAsync(network.Second, known);

        // A record whose key is taken until it is in the log, and another's record_id under that key behind it.
        SealedRecord own = network.Seal(network.Steward);
        Submission behind = own.Submission.Clone();
        behind.RecordId = known.Submission.RecordId;
        Task held = network.Broker.Disk!.Hold();
        Task<IReadOnlyList<PublishOutcome>> first = network.PublishAsync(network.Steward, own.Submission);
        await held;
        Task<IReadOnlyList<PublishOutcome>> second = network.PublishAsync(network.Steward, behind);
        await Task.Delay(200);
        try
        {
            (await network.Broker.Core.Admission.ReserveAsync(known.Id, CancellationToken.None).AsTask().WaitAsync(Patience)).Dispose();
        }
        finally
        {
            network.Broker.Disk.Release();
        }

        Assert.NotNull((await first).Single().Receipt);
        Assert.Equal("RECORD_OF_ANOTHER", (await second).Single().Refusal.Code);
    }

    [Fact]
    public async Task What_goes_under_anothers_id_or_key_in_a_message_keeps_neither_from_its_place()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Submission one = network.Seal(network.Steward).Submission, other = network.Seal(network.Steward).Submission;
        Submission mixed = one.Clone();
        mixed.RecordPk = other.RecordPk;
        IReadOnlyList<PublishOutcome> outcomes = await network.PublishAsync(network.Steward, mixed, one, other).WaitAsync(Patience);
        Assert.Equal([one.RecordId, other.RecordId], outcomes.Where(outcome => outcome.Receipt is not null).Select(outcome => outcome.RecordId).OrderBy(id => id == other.RecordId));
        Assert.Equal(one.RecordId, Assert.Single(outcomes, outcome => outcome.Refusal is not null).RecordId);
    }

    [Fact]
    public async Task Two_publishers_at_once_get_a_place_each_for_every_record()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Submission[] OfMember(TestMember member) => [.. Enumerable.Range(0, 100).Select(_ => network.Seal(member).Submission)];
        IReadOnlyList<PublishOutcome>[] outcomes = await Task.WhenAll(
            network.PublishAsync(network.Steward, OfMember(network.Steward)),
            network.PublishAsync(network.Second, OfMember(network.Second)));

        Receipt[] receipts = [.. outcomes.SelectMany(of => of).Select(outcome => outcome.Receipt)];
        Assert.Equal(200, receipts.Select(receipt => receipt.Index).Distinct().Count());
        Assert.All(receipts, receipt => Proofs.AssertProves(network, receipt));
    }

    [Fact]
    public async Task A_refusal_does_not_hold_up_the_rest_of_the_message()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Submission good = network.Seal(network.Steward).Submission;
        Submission bad = network.Seal(network.Steward).Submission;
        bad.ExpiryDay = 1;
        IReadOnlyList<PublishOutcome> outcomes = await network.PublishAsync(network.Steward, bad, good);

        Assert.Equal("EXPIRY_PAST", outcomes.Single(outcome => outcome.RecordId == bad.RecordId).Refusal.Code);
        Assert.NotNull(outcomes.Single(outcome => outcome.RecordId == good.RecordId).Receipt);
    }

    [Fact]
    public async Task The_role_is_disclosed_only_where_four_publishers_of_every_role_could_be_meant()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(policy: policy => policy.DisclosesRole = true);
        Receipt few = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        Assert.Equal(MemberRole.Unspecified, Entry.Parser.ParseFrom(few.Entry).RecordPublished.Role);

        TestMember third = await TestMember.EnrolAsync(network.Broker, "Third Retail", MemberRole.Retailer);
        TestMember fourth = await TestMember.EnrolAsync(network.Broker, "Fourth Retail", MemberRole.Retailer);
        await network.NextEpochAsync([third, fourth]);
        Receipt many = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        Assert.Equal(MemberRole.Retailer, Entry.Parser.ParseFrom(many.Entry).RecordPublished.Role);
    }
}
