using System.Security.Cryptography;
using Gateway.Node.Tests.Network;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core.Interceptors;
using Xunit.Abstractions;
using static Gateway.Node.Tests.Cases.CaseSteps;

namespace Gateway.Node.Tests.Cases;

/// <summary>A node ends between any two steps of carrying a message, at either end: the message comes once, whole, and each end has logged it once.</summary>
public sealed class CaseInterruptionTests(ITestOutputHelper output)
{
    private const int Places = 5;

    [Fact]
    public async Task A_node_that_ends_between_any_two_steps_loses_and_doubles_nothing()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode asker = await network.AddNodeAsync("asker"), contributor = await network.AddNodeAsync("contributor");
        CaseBreaker atAsker = new(), atContributor = new();
        await asker.StartAsync(invoker => invoker.Intercept(atAsker));
        await contributor.StartAsync(invoker => invoker.Intercept(atContributor));
        await network.CreateCircleAsync("acx", asker, contributor);
        ByteString record = await PublishAsync(contributor, asker);
        byte[] file = RandomNumberGenerator.GetBytes(300_000); // Two chunks.
        ulong? opened = null;
        List<string> said = [], broken = [];
        foreach (bool atSender in new[] { true, false })
        {
            for (int place = 0; place < Places; place++)
            {
                foreach (bool after in new[] { false, true })
                {
                    RunningNode victim = atSender ? asker : contributor;
                    CaseBreaker breaker = atSender ? atAsker : atContributor;
                    breaker.Arm(place, after);
                    said.Add($"message {said.Count + 1}");
                    opened = await WriteAsync(asker, draft => { if (opened is { } known) draft.CaseId = known; else draft.RecordId = record; }, said[^1], file);
                    await CarryUntilAsync([asker, contributor], () => Task.FromResult(breaker.Broken is not null));
                    broken.Add($"{(atSender ? "sender" : "receiver")} {(after ? "after" : "before")} {breaker.Broken}");
                    await victim.StopAsync();
                    await victim.StartAsync(invoker => invoker.Intercept(breaker));
                    await CarryUntilAsync([asker, contributor], async () => await IsThereAsync(asker, contributor, opened.Value, said.Count));
                }
            }
        }

        output.WriteLine(string.Join("; ", broken));
        Assert.True(broken.Distinct().Count() >= 10, string.Join("; ", broken));
        ulong theirs = (await ListAsync(contributor)).Single().CaseId;
        List<CaseMessageLine> came = await ShowAsync(contributor, theirs);
        Assert.Equal(said, came.Select(line => line.Text));
        Assert.All(came, line => Assert.Equal((0u, false), (line.MissingBefore, line.CounterRepeated)));
        foreach (CaseMessageLine line in came) Assert.Equal(file, await ReadAsync(contributor, line.MessageId));
        foreach (RunningNode node in new[] { asker, contributor })
        {
            List<CaseDisclosure> logged = await DisclosuresAsync(node);
            Assert.Equal(came.Select(line => Convert.ToHexStringLower(line.MessageHash.Span)), logged.Where(one => one.Kind == "MESSAGE").Select(one => one.Hash));
        }
    }

    private static async Task<bool> IsThereAsync(RunningNode asker, RunningNode contributor, ulong opened, int count)
    {
        List<CaseMessageLine> sent = await ShowAsync(asker, opened);
        if (sent.Count != count || sent[^1].State != CaseMessageState.Delivered) return false;
        List<CaseMessageLine> came = await ShowAsync(contributor, (await ListAsync(contributor)).Single().CaseId);
        return came.Count == count && came[^1].Attachments[0] is var attachment && attachment.ChunksDone == attachment.Chunks;
    }
}
