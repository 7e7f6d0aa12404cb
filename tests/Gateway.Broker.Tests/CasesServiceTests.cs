using System.Security.Cryptography;
using Gateway.Broker.Cases;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>What the broker does with sealed messages: it does not look into them, so any bytes of a right size will do here.</summary>
public sealed class CasesServiceTests
{
    [Fact]
    public async Task A_question_goes_to_the_contributor_and_the_answer_to_who_asked_and_both_are_gone_once_they_are_safe()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ByteString record = await PublishAsync(network, network.Second), thread = Random(16), question = Random(4_096), answer = Random(16_384);
        Assert.Equal(CaseDeliveryState.Waiting, (await SendAsync(network, network.Steward, thread, question, record)).State);
        WaitingCaseMessage waiting = Assert.Single(await FetchAsync(network, network.Second));
        Assert.Equal((thread, record, question), (waiting.Thread, waiting.RecordId, waiting.Sealed));
        Assert.Empty(await FetchAsync(network, network.Steward));
        Assert.Empty(await FetchAsync(network, network.Second, waiting.Number));

        await SendAsync(network, network.Second, thread, answer);
        WaitingCaseMessage back = Assert.Single(await FetchAsync(network, network.Steward));
        Assert.Equal((thread, ByteString.Empty, answer), (back.Thread, back.RecordId, back.Sealed));
        await AcknowledgeAsync(network, network.Steward, question); // Not its own to acknowledge: nothing happens.
        Assert.Single(await FetchAsync(network, network.Second));
        await AcknowledgeAsync(network, network.Second, question);
        Assert.Empty(await FetchAsync(network, network.Second));
        Assert.Equal([CaseDeliveryState.Delivered, CaseDeliveryState.Expired], (await Client(network, network.Steward).GetCaseDeliveriesAsync(new GetCaseDeliveriesRequest { MessageHashes = { Hash(question), Hash(answer) } })).Deliveries.Select(one => one.State));

        // Sent again, as after a crash: not delivered again.
        Assert.Equal(CaseDeliveryState.Delivered, (await SendAsync(network, network.Steward, thread, question, record)).State);
        Assert.Empty(await FetchAsync(network, network.Second));
    }

    [Fact]
    public async Task Who_may_not_read_the_record_may_not_ask_and_only_its_contributor_answers()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ByteString record = await PublishAsync(network, network.Second), thread = Random(16);
        Assert.Equal("RECORD_UNKNOWN", await CodeAsync(() => SendAsync(network, network.Outsider, thread, Random(4_096), record)));
        Assert.Equal("RECORD_UNKNOWN", await CodeAsync(() => SendAsync(network, network.Steward, thread, Random(4_096), Random(32))));
        Assert.Equal("CASE_OWN_RECORD", await CodeAsync(() => SendAsync(network, network.Second, thread, Random(4_096), record)));
        Assert.Equal("CASE_THREAD_UNKNOWN", await CodeAsync(() => SendAsync(network, network.Second, thread, Random(4_096))));
        await SendAsync(network, network.Steward, thread, Random(4_096), record);
        Assert.Equal("CASE_THREAD_UNKNOWN", await CodeAsync(() => SendAsync(network, network.Outsider, thread, Random(4_096))));
        Assert.Equal("FIELD_LENGTH", await CodeAsync(() => SendAsync(network, network.Steward, thread, Random(4_096)))); // A question names its record, each time.
        ByteString other = await PublishAsync(network, network.Second);
        Assert.Equal("CASE_THREAD_TAKEN", await CodeAsync(() => SendAsync(network, network.Steward, thread, Random(4_096), other)));
        Assert.Equal("CASE_MESSAGE_SIZE", await CodeAsync(() => SendAsync(network, network.Steward, thread, Random(5_000), record)));
        Assert.Equal("CASE_NOT_POLICE", await CodeAsync(() => SendAsync(network, network.Steward, Random(16), Random(4_096), member: network.Outsider)));
    }

    [Fact]
    public async Task A_referral_goes_to_a_police_member_by_its_id_and_its_answer_comes_back()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember police = await TestMember.EnrolAsync(network.Broker, "Police", MemberRole.Police);
        ByteString thread = Random(16), referral = Random(65_536), reply = Random(4_096);
        await SendAsync(network, network.Steward, thread, referral, member: police);
        Assert.Equal(referral, Assert.Single(await FetchAsync(network, police)).Sealed);
        await SendAsync(network, police, thread, reply);
        Assert.Equal(reply, Assert.Single(await FetchAsync(network, network.Steward)).Sealed);
        await police.LeaveAsync(network.Broker);
        Assert.Equal("CASE_MEMBER_GONE", await CodeAsync(() => SendAsync(network, network.Steward, thread, Random(4_096))));
    }

    [Fact]
    public async Task A_withdrawn_record_can_be_asked_about_no_more_and_a_contributor_that_has_left_is_not_told_apart()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord published = network.Seal(network.Second);
        await network.PublishOneAsync(network.Second, published);
        ByteString kept = await PublishAsync(network, network.Second), thread = Random(16), question = Random(4_096), record = published.Submission.RecordId;
        await SendAsync(network, network.Steward, thread, question, record);
        using (Gateway.Protocol.Keys.RecordKeys keys = network.Second.Keys.ForRecord(published.Salt))
        {
            byte[] signature = keys.Signing.Sign(RecordFormat.WithdrawMessage(published.Id, WithdrawalReason.Mistake, null));
            await network.Exchange(network.Second).WithdrawAsync(new WithdrawRequest { RecordId = record, Reason = WithdrawalReason.Mistake, Signature = ByteString.CopyFrom(signature) });
        }

        Assert.Equal("CASE_RECORD_ENDED", await CodeAsync(() => SendAsync(network, network.Steward, thread, Random(4_096), record)));
        Assert.Equal("CASE_RECORD_ENDED", await CodeAsync(() => SendAsync(network, network.Second, thread, Random(4_096))));
        Assert.Equal(CaseDeliveryState.Waiting, (await SendAsync(network, network.Steward, thread, question, record)).State); // What was taken before stays taken.
        await network.Second.LeaveAsync(network.Broker);
        Assert.Equal(CaseDeliveryState.Waiting, (await SendAsync(network, network.Steward, Random(16), Random(4_096), kept)).State);
    }

    [Fact]
    public async Task Chunks_go_to_the_other_end_of_a_thread_and_to_nobody_else()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ByteString record = await PublishAsync(network, network.Second), thread = Random(16), chunk = Random(262_144);
        PutCaseChunkRequest put = new() { Thread = thread, Chunk = chunk };
        Assert.Equal("CASE_THREAD_UNKNOWN", await CodeAsync(async () => await Client(network, network.Steward).PutCaseChunkAsync(put)));
        await SendAsync(network, network.Steward, thread, Random(4_096), record);
        Assert.Equal("CASE_THREAD_UNKNOWN", await CodeAsync(async () => await Client(network, network.Outsider).PutCaseChunkAsync(put)));
        await Client(network, network.Steward).PutCaseChunkAsync(put);
        await Client(network, network.Steward).PutCaseChunkAsync(put);
        GetCaseChunkRequest get = new() { ChunkHash = Hash(chunk) };
        Assert.Equal("CASE_CHUNK_UNKNOWN", await CodeAsync(async () => await Client(network, network.Outsider).GetCaseChunkAsync(get)));
        Assert.Equal("CASE_CHUNK_UNKNOWN", await CodeAsync(async () => await Client(network, network.Steward).GetCaseChunkAsync(get)));
        Assert.Equal(chunk, (await Client(network, network.Second).GetCaseChunkAsync(get)).Chunk);
        await Client(network, network.Second).AcknowledgeCaseMessagesAsync(new AcknowledgeCaseMessagesRequest { ChunkHashes = { Hash(chunk) } });
        Assert.Equal("CASE_CHUNK_UNKNOWN", await CodeAsync(async () => await Client(network, network.Second).GetCaseChunkAsync(get)));
    }

    [Fact]
    public async Task Messages_are_limited_by_the_hour_and_by_what_waits_and_expire()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(options: options => options with { Cases = new CaseOptions { MessagesPerHour = 6, WaitingBytesPerMember = 1_048_576 } });
        ByteString record = await PublishAsync(network, network.Second), thread = Random(16), first = Random(262_144);
        await SendAsync(network, network.Steward, thread, first, record);
        for (int i = 0; i < 3; i++) await SendAsync(network, network.Steward, thread, Random(262_144), record);
        ByteString fifth = Random(4_096);
        Assert.Equal("CASE_QUOTA", await CodeAsync(() => SendAsync(network, network.Steward, thread, fifth, record)));
        await AcknowledgeAsync(network, network.Second, first);
        Assert.Equal(CaseDeliveryState.Waiting, (await SendAsync(network, network.Steward, thread, fifth, record)).State);
        Assert.Equal("RATE_LIMITED", await CodeAsync(() => SendAsync(network, network.Steward, thread, Random(4_096), record)));
        Assert.Equal(CaseDeliveryState.Waiting, (await SendAsync(network, network.Steward, thread, fifth, record)).State); // The same again costs nothing.
        network.Broker.Time.Advance(TimeSpan.FromMinutes(10));
        await SendAsync(network, network.Steward, thread, Random(4_096), record);

        CaseDesk desk = new(network.Broker.Core.View, network.Broker.Core.Store, network.Broker.Options.Cases, network.Broker.Time);
        network.Broker.Time.Advance(TimeSpan.FromDays(29));
        Assert.Equal(0, await desk.ExpireAsync(CancellationToken.None));
        network.Broker.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(5, await desk.ExpireAsync(CancellationToken.None));
        Assert.Equal(CaseDeliveryState.Expired, (await desk.ReadDeliveriesAsync(network.Steward.Id, new GetCaseDeliveriesRequest { MessageHashes = { Hash(fifth) } }, CancellationToken.None)).Deliveries[0].State);
        Assert.Empty((await desk.FetchAsync(network.Second.Id, 0, CancellationToken.None)).Messages);

        // What was fetched stays delivered for a sender that comes back after months.
        network.Broker.Time.Advance(TimeSpan.FromDays(364));
        await desk.ExpireAsync(CancellationToken.None);
        Assert.Equal(CaseDeliveryState.Delivered, (await desk.ReadDeliveriesAsync(network.Steward.Id, new GetCaseDeliveriesRequest { MessageHashes = { Hash(first) } }, CancellationToken.None)).Deliveries[0].State);
    }

    private static async Task<ByteString> PublishAsync(TestNetwork network, TestMember contributor)
    {
        SealedRecord record = network.Seal(contributor);
        await network.PublishOneAsync(contributor, record);
        return record.Submission.RecordId;
    }

    private static CasesService.CasesServiceClient Client(TestNetwork network, TestMember member) => new(member.Connect(network.Broker));

    private static async Task<CaseDelivery> SendAsync(TestNetwork network, TestMember from, ByteString thread, ByteString bytes, ByteString? record = null, TestMember? member = null) => (await Client(network, from).SendCaseMessageAsync(new SendCaseMessageRequest
    {
        Thread = thread,
        Sealed = bytes,
        RecordId = record ?? ByteString.Empty,
        MemberId = member is null ? ByteString.Empty : ByteString.CopyFrom(member.Id.ToArray()),
    })).Delivery;

    private static async Task<IReadOnlyList<WaitingCaseMessage>> FetchAsync(TestNetwork network, TestMember member, ulong after = 0) => (await Client(network, member).FetchCaseMessagesAsync(new FetchCaseMessagesRequest { After = after })).Messages;

    private static async Task AcknowledgeAsync(TestNetwork network, TestMember member, ByteString message) => await Client(network, member).AcknowledgeCaseMessagesAsync(new AcknowledgeCaseMessagesRequest { MessageHashes = { Hash(message) } });

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("broker").Code;

    private static ByteString Random(int length) => ByteString.CopyFrom(RandomNumberGenerator.GetBytes(length));

    private static ByteString Hash(ByteString bytes) => ByteString.CopyFrom(SHA256.HashData(bytes.Span));
}
