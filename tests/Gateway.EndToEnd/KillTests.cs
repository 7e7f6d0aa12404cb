using System.Collections.Concurrent;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit.Abstractions;

namespace Gateway.EndToEnd;

/// <summary>R1: processes are killed with SIGKILL while records flow. GATEWAY_KILLS sets how often; 50 unless set.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_KILLS") ?? "50", System.Globalization.CultureInfo.InvariantCulture);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_publisher_broker_and_follower_are_killed_again_and_again()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}, {Kills} kills");
        Random random = new(seed);
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, retailer);
        await retailer.StopAsync();
        await customs.StopAsync();
        await network.StopBrokerAsync();

        using KilledProcesses processes = new(network, ("broker", network.BrokerFolder), ("node", retailer.Directory.Path), ("node", customs.Directory.Path));
        ConcurrentDictionary<string, ByteString> published = [];
        using CancellationTokenSource stop = new();
        try
        {
            Task<int> contributing = ContributeForeverAsync(retailer.Directory.SocketFile, published, stop.Token);
            await processes.KillAsync(Kills, random, 1_600);
            output.WriteLine($"killed: broker {processes.Killed[0]}, publisher {processes.Killed[1]}, follower {processes.Killed[2]}");
            await stop.CancelAsync();
            int contributed = await contributing;
            await CheckAsync(retailer.Directory.SocketFile, customs.Directory.SocketFile, contributed, published);
            output.WriteLine($"{contributed} cases contributed, {published.Count} heard as published");
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    /// <summary>Contributes case after case; one that the node did not answer for is contributed again under the same reference.</summary>
    internal static async Task<int> ContributeForeverAsync(string socket, ConcurrentDictionary<string, ByteString> published, CancellationToken stop, TimeSpan pause = default)
    {
        int next = 0;
        while (!stop.IsCancellationRequested)
        {
            Contribution[] batch = [.. Enumerable.Range(next, 5).Select(CaseOf)];
            await UntilTakenAsync(socket, batch, published);
            next += batch.Length;
            if (pause > TimeSpan.Zero) await Task.Delay(pause, CancellationToken.None);
        }

        return next;
    }

    private static async Task UntilTakenAsync(string socket, Contribution[] batch, ConcurrentDictionary<string, ByteString> published)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            try
            {
                using GrpcChannel channel = LocalNode.Connect(socket);
                using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = new ContributionsService.ContributionsServiceClient(channel).Contribute(cancellationToken: patience.Token);
                await call.RequestStream.WriteAsync(new ContributeRequest { Contributions = { batch } }, patience.Token);
                HashSet<string> taken = [];
                while (taken.Count < batch.Length && await call.ResponseStream.MoveNext(patience.Token))
                {
                    foreach (ContributionOutcome outcome in call.ResponseStream.Current.Outcomes)
                    {
                        Assert.True(outcome.State is ContributionState.Queued or ContributionState.Published, outcome.ToString());
                        taken.Add(outcome.Reference);
                        if (outcome.State == ContributionState.Published) published[outcome.Reference] = outcome.RecordId;
                    }
                }

                if (taken.Count == batch.Length) return;
            }
            catch (RpcException) when (!patience.IsCancellationRequested)
            {
                await Task.Delay(100, patience.Token);
            }
        }
    }

    private static Contribution CaseOf(int number) => LocalNode.Case("protocol", $"case-{number}", $"Bad Actor {number} Trading GmbH", $"actor{number}@bad.example", $"Hauptstraße {number % 200}", "Hamburg", $"2{number % 10000:0000}");

    internal static async Task CheckAsync(string retailer, string customs, int contributed, ConcurrentDictionary<string, ByteString> published)
    {
        await UntilAsync(retailer, status => status.OutboxWaiting == 0 && status.LiveRecords >= (ulong)contributed);
        List<RecordLine> mine = await ListAsync(retailer, new ListRecordsRequest { Mine = true });
        GetStatusResponse follower = await UntilAsync(customs, status => status.LiveRecords >= (ulong)mine.Count);
        GetStatusResponse publisher = await UntilAsync(retailer, status => status.LogSize == follower.LogSize);
        List<RecordLine> held = await ListAsync(customs, new ListRecordsRequest());

        // Exactly once: each reference one live record, no record without reference, the same records at both ends.
        Assert.Equal(contributed, mine.Count);
        Assert.Equal(Enumerable.Range(0, contributed).Select(number => $"case-{number}").Order(), mine.Select(line => line.Reference).Order());
        Assert.All(mine, line => Assert.Equal("LIVE", line.State));
        Assert.Equal(mine.Select(line => line.RecordId.ToBase64()).Order(), held.Select(line => line.RecordId.ToBase64()).Order());
        Assert.All(published, heard => Assert.Equal(heard.Value, mine.Single(line => line.Reference == heard.Key).RecordId));
        Assert.Equal(publisher.LogRoot, follower.LogRoot);
        Assert.Empty(publisher.Alarms);
        Assert.Empty(follower.Alarms);
        foreach (string socket in new[] { retailer, customs })
        {
            using GrpcChannel channel = LocalNode.Connect(socket);
            VerifyLogResponse verified = await new ContributionsService.ContributionsServiceClient(channel).VerifyLogAsync(new VerifyLogRequest());
            Assert.Empty(verified.Faults);
            Assert.True(verified.BrokerChecked);
        }
    }

    private static async Task<GetStatusResponse> UntilAsync(string socket, Func<GetStatusResponse, bool> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        GetStatusResponse? last = null;
        while (!patience.IsCancellationRequested)
        {
            try
            {
                using GrpcChannel channel = LocalNode.Connect(socket);
                last = await new ContributionsService.ContributionsServiceClient(channel).GetStatusAsync(new GetStatusRequest());
                if (holds(last)) return last;
            }
            catch (RpcException fault)
            {
                Assert.True(fault.IsLoss(), fault.ToString());
            }

            await Task.Delay(200);
        }

        throw new TimeoutException($"The node did not come to rest; its last status is {last}");
    }

    private static async Task<List<RecordLine>> ListAsync(string socket, ListRecordsRequest request)
    {
        using GrpcChannel channel = LocalNode.Connect(socket);
        using AsyncServerStreamingCall<ListRecordsResponse> call = new ContributionsService.ContributionsServiceClient(channel).ListRecords(request);
        List<RecordLine> lines = [];
        await foreach (ListRecordsResponse response in call.ResponseStream.ReadAllAsync()) lines.AddRange(response.Records);
        return lines;
    }
}
