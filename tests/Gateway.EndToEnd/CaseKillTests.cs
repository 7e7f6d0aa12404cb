using System.Security.Cryptography;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit.Abstractions;

namespace Gateway.EndToEnd;

/// <summary>Broker and both nodes are killed with SIGKILL while messages with attachments flow both ways. GATEWAY_CASE_KILLS sets how often; 12 unless set.</summary>
public sealed class CaseKillTests(ITestOutputHelper output)
{
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_CASE_KILLS") ?? "12", System.Globalization.CultureInfo.InvariantCulture);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [Fact]
    public async Task No_message_and_no_attachment_is_lost_or_doubled_when_broker_and_nodes_are_killed_again_and_again()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}, {Kills} kills");
        Random random = new(seed);
        await using ProcessNetwork network = await ProcessNetwork.StartAsync("acx", ("asker", "CUSTOMS"), ("contributor", "RETAILER"));
        LocalNode asker = network.NodeOf("asker"), contributor = network.NodeOf("contributor");
        ContributionOutcome record = Assert.Single(await contributor.ContributeAsync(LocalNode.Case("acx", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        await asker.UntilAsync(status => status.LiveRecords == 1, "the record");
        string[] victims = ["broker", "asker", "contributor"];
        byte[] file = RandomNumberGenerator.GetBytes(300_000);
        List<string> asked = [], answered = [];
        using CancellationTokenSource stop = new();
        try
        {
            await WriteAsync(asker, draft => draft.RecordId = record.RecordId, asked, "question 1", file);
            await UntilAsync(contributor, lines => lines.Count == 1);
            Task questions = WriteForeverAsync(asker, asked, "question", file, stop.Token), answers = WriteForeverAsync(contributor, answered, "answer", file, stop.Token);
            for (int kill = 0; kill < Kills; kill++)
            {
                await Task.Delay(random.Next(50, 2_500));
                await network.KillAndStartAsync(victims[random.Next(3)]);
            }

            await stop.CancelAsync();
            await Task.WhenAll(questions, answers);
            output.WriteLine($"{asked.Count} questions, {answered.Count} answers");
            foreach ((LocalNode node, List<string> own, List<string> theirs) in new[] { (asker, asked, answered), (contributor, answered, asked) })
            {
                List<CaseMessageLine> all = await UntilAsync(node, lines => lines.Count == asked.Count + answered.Count
                    && lines.All(line => line.Own ? line.State == CaseMessageState.Delivered : line.Attachments[0].ChunksDone == line.Attachments[0].Chunks));
                Assert.Equal(own, all.Where(line => line.Own).Select(line => line.Text));
                Assert.Equal(theirs, all.Where(line => !line.Own).Select(line => line.Text));
                Assert.Equal(Enumerable.Range(1, theirs.Count), all.Where(line => !line.Own).Select(line => (int)line.Counter));
                foreach (CaseMessageLine line in all) Assert.Equal(file, await AskAsync(node, client => client.ReadAttachmentAsync(line.MessageId)));
                Assert.Equal(all.Select(line => Convert.ToHexStringLower(line.MessageHash.Span)).Order(), (await AskAsync(node, client => client.DisclosuresAsync())).Where(one => one.Kind == "MESSAGE").Select(one => one.Hash).Order());
            }
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    private static async Task WriteForeverAsync(LocalNode node, List<string> said, string what, byte[] file, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && said.Count < 40) // Within the hour's limit of messages.
        {
            await WriteAsync(node, draft => draft.CaseId = 1, said, $"{what} {said.Count + 1}", file);
            await Task.Delay(200, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The node may have taken a message and been killed before it said so: who writes looks before he writes again.
    private static async Task WriteAsync(LocalNode node, Action<CaseDraft> target, List<string> said, string text, byte[] file)
    {
        CaseDraft draft = new() { Text = text, By = "ann", Files = { new CaseFile { Name = "photo.jpg", Size = (ulong)file.Length } } };
        target(draft);
        await AskAsync(node, async client =>
        {
            if ((await ShowAsync(client)).Any(line => line.Own && line.Text == text)) return true;
            await client.WriteAsync(draft, file);
            return true;
        });
        said.Add(text);
    }

    private static async Task<List<CaseMessageLine>> UntilAsync(LocalNode node, Func<List<CaseMessageLine>, bool> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        List<CaseMessageLine> last = [];
        while (!patience.IsCancellationRequested)
        {
            last = await AskAsync(node, ShowAsync);
            if (holds(last)) return last;
            await Task.Delay(200);
        }

        throw new TimeoutException($"{Path.GetFileName(node.Directory.Path)} has {string.Join("; ", last.Select(line => $"{line.Text} {line.State}"))}");
    }

    private static async Task<List<CaseMessageLine>> ShowAsync(CaseworkService.CaseworkServiceClient client) => (await client.ListAsync()).Count == 0 ? [] : await client.ShowAsync(1);

    // A node that was killed is asked again when it is back.
    private static async Task<T> AskAsync<T>(LocalNode node, Func<CaseworkService.CaseworkServiceClient, Task<T>> ask)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            try
            {
                using GrpcChannel channel = LocalNode.Connect(node.Directory.SocketFile);
                return await ask(new CaseworkService.CaseworkServiceClient(channel));
            }
            catch (Exception away) when (away is RpcException { StatusCode: not StatusCode.FailedPrecondition } or InvalidOperationException or IOException && !patience.IsCancellationRequested)
            {
                await Task.Delay(100);
            }
        }
    }
}
