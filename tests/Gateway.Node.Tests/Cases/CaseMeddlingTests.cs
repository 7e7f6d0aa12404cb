using Gateway.Node.Tests.Network;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using static Gateway.Node.Tests.Cases.CaseSteps;

namespace Gateway.Node.Tests.Cases;

/// <summary>A broker, or whoever sits on the way, that is not honest about what waits for a node.</summary>
public sealed class CaseMeddlingTests
{
    [Fact]
    public async Task What_was_altered_swapped_or_misaddressed_on_the_way_is_not_taken_and_raises_an_alarm()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        (RunningNode asker, RunningNode contributor, CaseMeddler atAsker, CaseMeddler atContributor) = await StartAsync(network);
        ByteString second = await PublishAsync(contributor, asker, "case-2");
        ByteString thread = ByteString.CopyFrom(new byte[16]);
        (string What, Action<WaitingCaseMessage> Change)[] meddlings =
        [
            ("a byte", message => message.Sealed = Flipped(message.Sealed)), ("the record", message => message.RecordId = second), ("a record of nobody here", message => message.RecordId = ByteString.CopyFrom(new byte[32])), ("the thread", message => message.Thread = thread),
            ("no record", message => message.RecordId = ByteString.Empty), ("no thread", message => message.Thread = ByteString.Empty), ("another size", message => message.Sealed = ByteString.CopyFrom(message.Sealed.Span[..4_000])),
        ];
        int alarms = 0;
        foreach ((string what, Action<WaitingCaseMessage> change) in meddlings)
        {
            bool met = false;
            atContributor.Change = fetched =>
            {
                foreach (WaitingCaseMessage message in fetched.Messages) change(message);
                met |= fetched.Messages.Count > 0;
            };
            ByteString own = await PublishAsync(contributor, asker, $"case-of-{Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(what))}"); // The alarm is one a record in an hour.
            await WriteAsync(asker, draft => draft.RecordId = own, what);
            await CarryUntilAsync([asker, contributor], () => Task.FromResult(met));
            Assert.True((await contributor.UntilAsync(status => status.Alarms.Count(alarm => alarm.Error.Code == "CASE_MESSAGE_UNVERIFIED") > alarms)).Alarms.Count > alarms, what);
            alarms++;
            Assert.Empty(await ListAsync(contributor));
            Assert.Empty(await DisclosuresAsync(contributor));
        }

        // An answer that is put into another thread.
        atContributor.Change = _ => { };
        atAsker.Change = fetched =>
        {
            foreach (WaitingCaseMessage message in fetched.Messages) message.Thread = atContributor.Passed[0].Thread;
        };
        ulong asked = await WriteAsync(asker, draft => draft.RecordId = second, "An honest question.");
        await CarryUntilAsync([asker, contributor], async () => (await ListAsync(contributor)).Count == 1);
        await WriteAsync(contributor, draft => draft.CaseId = 1, "An answer.");
        await CarryUntilAsync([asker, contributor], () => Task.FromResult(atAsker.Passed.Count > 0));
        await asker.UntilAsync(status => status.Alarms.Any(alarm => alarm.Error.Code == "CASE_MESSAGE_UNVERIFIED"));
        Assert.All(await ListAsync(asker), line => Assert.Equal(1u, line.Messages));
        Assert.Single(await ShowAsync(asker, asked));
    }

    [Fact]
    public async Task What_is_shown_again_is_taken_once_and_what_is_left_out_is_missed()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        (RunningNode asker, RunningNode contributor, _, CaseMeddler atContributor) = await StartAsync(network);
        ByteString record = await PublishAsync(contributor, asker);
        ulong asked = await WriteAsync(asker, draft => draft.RecordId = record, "one");
        await CarryUntilAsync([asker, contributor], async () => (await ListAsync(contributor)).Count == 1);
        WaitingCaseMessage replayed = atContributor.Passed[0].Clone();
        replayed.Number = 1_000;
        int shown = 0;
        atContributor.Change = fetched =>
        {
            if (fetched.Messages.Count == 0 && shown++ == 0) fetched.Messages.Add(replayed);
        };
        await CarryUntilAsync([contributor], () => Task.FromResult(shown > 2));
        Assert.Single(await ShowAsync(contributor, 1));
        Assert.Empty((await contributor.Contributions.GetStatusAsync(new GetStatusRequest())).Alarms);

        // The second message is kept back, the third comes: the gap shows, and closes when the second is found after all.
        WaitingCaseMessage? hidden = null;
        atContributor.Change = fetched =>
        {
            if (fetched.Messages.Count == 0) return;
            hidden ??= fetched.Messages[0].Clone();
            if (fetched.Messages[0].Sealed == hidden.Sealed) fetched.Messages.RemoveAt(0); // In every round: the node's own come between.
        };
        await contributor.StopAsync(); // Its cursor is at the message that was shown again.
        await contributor.StartAsync(invoker => invoker.Intercept(atContributor));
        await WriteAsync(asker, draft => draft.CaseId = asked, "two");
        await CarryUntilAsync([asker, contributor], () => Task.FromResult(hidden is not null));
        await WriteAsync(asker, draft => draft.CaseId = asked, "three");
        await contributor.StopAsync();
        bool isShown = false;
        atContributor.Change = fetched =>
        {
            for (int i = fetched.Messages.Count - 1; i >= 0 && !isShown; i--) if (fetched.Messages[i].Sealed == hidden!.Sealed) fetched.Messages.RemoveAt(i);
        };
        await contributor.StartAsync(invoker => invoker.Intercept(atContributor));
        await CarryUntilAsync([asker, contributor], async () => (await ShowAsync(contributor, 1)).Count == 2);
        Assert.Equal([("one", 0u), ("three", 1u)], (await ShowAsync(contributor, 1)).Select(line => (line.Text, line.MissingBefore)));
        isShown = true;
        await contributor.StopAsync();
        await contributor.StartAsync(invoker => invoker.Intercept(atContributor));
        await CarryUntilAsync([asker, contributor], async () => (await ShowAsync(contributor, 1)).Count == 3);
        Assert.Equal([("one", 1u, 0u), ("three", 3u, 0u), ("two", 2u, 0u)], (await ShowAsync(contributor, 1)).Select(line => (line.Text, line.Counter, line.MissingBefore)));
    }

    [Fact]
    public async Task Who_may_send_no_more_for_now_is_told_so_beside_the_message_and_still_receives()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync(options => options with { Cases = new Gateway.Broker.Cases.CaseOptions { MessagesPerHour = 2 } });
        (RunningNode asker, RunningNode contributor, _, _) = await StartAsync(network);
        ByteString record = await PublishAsync(contributor, asker);
        ulong asked = await WriteAsync(asker, draft => draft.RecordId = record, "one");
        await WriteAsync(asker, draft => draft.CaseId = asked, "two");
        await WriteAsync(asker, draft => draft.CaseId = asked, "three");
        await CarryUntilAsync([asker, contributor], async () => (await ShowAsync(asker, asked)) is [_, _, { Error.Code: "RATE_LIMITED" }] && (await ListAsync(contributor)).Count == 1);
        await WriteAsync(contributor, draft => draft.CaseId = 1, "an answer");
        await CarryUntilAsync([asker, contributor], async () => (await ShowAsync(asker, asked)).Count == 4);
        Assert.Equal((CaseMessageState.Queued, "RATE_LIMITED"), ((await ShowAsync(asker, asked))[2].State, (await ShowAsync(asker, asked))[2].Error.Code));
        Assert.Equal(["one", "two"], (await ShowAsync(contributor, 1)).Where(line => !line.Own).Select(line => line.Text));
    }

    [Fact]
    public async Task A_question_that_comes_after_the_records_withdrawal_opens_a_closed_case_or_none_and_raises_no_alarm()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        (RunningNode asker, RunningNode contributor, _, CaseMeddler atContributor) = await StartAsync(network);
        ByteString withdrawn = await PublishAsync(contributor, asker), replaced = await PublishAsync(contributor, asker, "case-2");
        atContributor.Change = fetched => fetched.Messages.Clear(); // As if its connection had been too slow.
        foreach (ByteString record in new[] { withdrawn, replaced })
        {
            await WriteAsync(asker, draft => draft.RecordId = record, "Where?");
            await CarryUntilAsync([asker], async () => (await ListAsync(asker)).All(line => line.Waiting == 1));
        }

        await CarryUntilAsync([asker], async () => (await ShowAsync(asker, 2))[0].State == CaseMessageState.Waiting);
        foreach (ByteString record in new[] { withdrawn, replaced }) await contributor.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = record, Reason = WithdrawalReason.Mistake });
        foreach (RunningNode node in new[] { asker, contributor }) await node.UntilAsync(status => status.LiveRecords == 0);
        await PublishAsync(contributor, asker, "case-2", "Another Trading GmbH");
        atContributor.Change = _ => { };
        await contributor.StopAsync();
        await contributor.StartAsync(invoker => invoker.Intercept(atContributor));
        await CarryUntilAsync([asker, contributor], async () => (await ListAsync(asker)).All(line => line is { Waiting: 0, Closing: CaseClosing.RecordWithdrawn }));
        await CarryUntilAsync([contributor], async () => (await ListAsync(contributor)) is [{ Closing: CaseClosing.RecordWithdrawn, Unread: 1 } only] && only.RecordId == withdrawn);
        Assert.DoesNotContain((await contributor.Contributions.GetStatusAsync(new GetStatusRequest())).Alarms, alarm => alarm.Error.Code == "CASE_MESSAGE_UNVERIFIED");
    }

    private static async Task<(RunningNode Asker, RunningNode Contributor, CaseMeddler AtAsker, CaseMeddler AtContributor)> StartAsync(RunningNetwork network)
    {
        RunningNode asker = await network.AddNodeAsync("asker"), contributor = await network.AddNodeAsync("contributor");
        CaseMeddler atAsker = new(), atContributor = new();
        await asker.StartAsync(invoker => invoker.Intercept(atAsker));
        await contributor.StartAsync(invoker => invoker.Intercept(atContributor));
        await network.CreateCircleAsync("acx", asker, contributor);
        return (asker, contributor, atAsker, atContributor);
    }

    private static ByteString Flipped(ByteString bytes)
    {
        byte[] changed = bytes.ToByteArray();
        changed[changed.Length / 2] ^= 1;
        return ByteString.CopyFrom(changed);
    }
}
