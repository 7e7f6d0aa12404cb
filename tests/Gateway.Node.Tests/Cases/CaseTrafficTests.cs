using System.Security.Cryptography;
using Gateway.Node.Cases;
using Gateway.Node.Tests.Network;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using static Gateway.Node.Tests.Cases.CaseSteps;

namespace Gateway.Node.Tests.Cases;

/// <summary>What one case, one message or one part of a file that goes wrong does to the others: nothing.</summary>
public sealed class CaseTrafficTests
{
    [Fact]
    public async Task A_case_that_does_not_open_any_more_stops_no_other()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        (RunningNode asker, RunningNode contributor) = await StartAsync(network, new CaseRefuser(""), new CaseRefuser(""));
        ByteString record = await PublishAsync(contributor, asker);
        StoredCase damaged = new()
        {
            Thread = ThreadId.FromBytes(new byte[ThreadId.Size]), Role = (int)CaseRole.Asker, Record = RecordId.FromBytes(record.Span), Sealed = new byte[100], OpenedAt = DateTimeOffset.UtcNow, ChangedAt = DateTimeOffset.UtcNow,
        };
        StoredCaseMessage queued = new() { Own = true, Counter = 1, State = CaseMessageStatus.Queued, Hash = new byte[32], Sealed = [], Outgoing = new byte[4_096], At = DateTimeOffset.UtcNow };
        await asker.Services.GetRequiredService<INodeStore>().Cases.AddOwnAsync(damaged, queued, [], [], CancellationToken.None);
        await WriteAsync(asker, draft => draft.RecordId = record, "Where?");
        await CarryUntilAsync([asker, contributor], async () => (await ListAsync(contributor)).Count == 1);
        Assert.Contains("STORE_CORRUPT", (await asker.Contributions.GetStatusAsync(new GetStatusRequest())).Alarms.Select(alarm => alarm.Error.Code));
    }

    [Fact]
    public async Task A_message_with_a_part_that_was_refused_for_good_is_never_shown_as_delivered()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        CaseRefuser puts = new("PutCaseChunk");
        (RunningNode asker, RunningNode contributor) = await StartAsync(network, puts, new CaseRefuser(""));
        ByteString record = await PublishAsync(contributor, asker);
        puts.Answer = () => puts.Calls == 1 ? StatusCode.InvalidArgument : null;
        ulong asked = await WriteAsync(asker, draft => draft.RecordId = record, "Yours?", RandomNumberGenerator.GetBytes(300_000)); // Two parts.
        await CarryUntilAsync([asker, contributor], async () => (await ShowAsync(asker, asked))[0].State == CaseMessageState.Refused);
        ulong next = await WriteAsync(asker, draft => draft.CaseId = asked, "Another, without a file.");
        Assert.Equal(asked, next);
        await CarryUntilAsync([asker, contributor], async () => (await ShowAsync(asker, asked))[1].State == CaseMessageState.Delivered);
        CaseMessageLine line = (await ShowAsync(asker, asked))[0];
        Assert.Equal(CaseMessageState.Refused, line.State);
        Assert.NotNull(line.Error);
        Assert.Equal(1u, (await ListAsync(asker)).Single().Failed);
    }

    [Fact]
    public async Task While_too_many_parts_of_a_case_are_on_their_way_its_next_message_with_files_waits_and_others_come()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        (RunningNode asker, RunningNode contributor) = await StartAsync(network, new CaseRefuser(""), new CaseRefuser("GetCaseChunk") { Answer = () => StatusCode.NotFound });
        ByteString record = await PublishAsync(contributor, asker);
        ulong asked = await WriteAsync(asker, draft => draft.RecordId = record, "one");
        await CarryUntilAsync([asker, contributor], async () => (await ListAsync(contributor)).Count == 1);
        ICaseStore store = contributor.Services.GetRequiredService<INodeStore>().Cases;
        StoredCase row = (await store.FindCaseAsync(1, CancellationToken.None))!;
        StoredCaseMessage many = new() { Own = false, Counter = 9, State = CaseMessageStatus.Read, Hash = new byte[32], Sealed = [], At = DateTimeOffset.UtcNow };
        await store.AddReceivedAsync(row, many, [.. Enumerable.Range(0, CaseReceiver.MostOpenChunks).Select(i => new StoredCaseChunk { Attachment = 0, Position = i, Own = false, Hash = RandomNumberGenerator.GetBytes(32) })], [], CancellationToken.None);
        await WriteAsync(asker, draft => draft.CaseId = asked, "two", [1, 2, 3]);
        await WriteAsync(asker, draft => draft.CaseId = asked, "three");
        await CarryUntilAsync([asker, contributor], async () => (await ShowAsync(asker, asked)).Count(line => line.State == CaseMessageState.Delivered) == 2);
        Assert.Equal([CaseMessageState.Delivered, CaseMessageState.Waiting, CaseMessageState.Delivered], (await ShowAsync(asker, asked)).Select(line => line.State));
    }

    [Fact]
    public async Task A_referral_of_more_files_than_a_message_holds_is_refused_before_any_is_read()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        CaseRefuser puts = new("PutCaseChunk") { Answer = () => StatusCode.ResourceExhausted };
        (RunningNode asker, RunningNode contributor) = await StartAsync(network, puts, new CaseRefuser(""));
        RunningNode police = await network.AddNodeAsync("police", role: MemberRole.Police);
        await police.StartAsync();
        ByteString record = await PublishAsync(contributor, asker);
        ulong asked = 0;
        for (int i = 0; i < 9; i++) asked = await WriteAsync(asker, draft => { if (i == 0) draft.RecordId = record; else draft.CaseId = asked; }, $"photo {i}", [1, 2, 3]);
        await CarryUntilAsync([asker, contributor], async () => (await ListAsync(contributor)) is [{ Messages: 9 }]);
        ulong theirs = (await ListAsync(contributor)).Single().CaseId;

        // None of the files has come: had one been looked for, that would be what is said.
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => WriteAsync(contributor, draft => draft.Referral = new CaseReferralDraft { CaseId = theirs, To = "police" }, "All of it."));
        Assert.Equal("CASE_ATTACHMENT_INVALID", refused.ToRefusal("node").Code);
    }

    internal static async Task<(RunningNode Asker, RunningNode Contributor)> StartAsync(RunningNetwork network, CaseRefuser atAsker, CaseRefuser atContributor)
    {
        RunningNode asker = await network.AddNodeAsync("asker"), contributor = await network.AddNodeAsync("contributor");
        await asker.StartAsync(invoker => invoker.Intercept(atAsker));
        await contributor.StartAsync(invoker => invoker.Intercept(atContributor));
        await network.CreateCircleAsync("acx", asker, contributor);
        return (asker, contributor);
    }
}
