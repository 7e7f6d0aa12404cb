using Gateway.Node.Neutrality;
using Gateway.Node.Tests.Network;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Node.Tests.Neutrality;

public sealed class AcceptanceTests
{
    [Fact]
    public async Task What_two_other_members_have_cosigned_is_accepted_and_closes_the_outbox()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode first = await network.AddNodeAsync("first"), second = await network.AddNodeAsync("second"), third = await network.AddNodeAsync("third");
        await first.StartAsync();
        await second.StartAsync();
        await network.CreateCircleAsync("acx", first, second);
        await PublishAsync(first);

        // Two of three run: one other cosigns, two are needed.
        ulong size = network.Broker.Signal.Size;
        await UntilAsync(first, standing => standing.Cosigners.Count(one => one.Size >= size) == 2);
        GetLogStandingResponse before = await first.Neutrality.GetLogStandingAsync(new GetLogStandingRequest());
        Assert.Equal((2u, 0UL), (before.Quorum, before.AcceptedSize));
        Assert.Equal(OutboxState.Logged, (await StateAsync(first)).Single());

        await third.StartAsync();
        GetLogStandingResponse after = await UntilAsync(first, standing => standing.AcceptedSize >= size);
        Assert.Equal(["first", "second", "third"], after.Cosigners.Select(one => one.Name).Order());
        await UntilAsync(first, _ => StateAsync(first).Result.Single() == OutboxState.Closed);
        Assert.Equal(after.AcceptedSize, first.Services.GetRequiredService<Acceptance>().Size);
        ExportCheckpointResponse exported = await first.Neutrality.ExportCheckpointAsync(new ExportCheckpointRequest());
        Assert.Contains("/members/", exported.Checkpoint.ToStringUtf8(), StringComparison.Ordinal);

        // It is durable, and needs nobody to be told again.
        await network.StopBrokerAsync();
        await first.StopAsync();
        await first.StartAsync();
        Assert.Equal(after.AcceptedSize, (await first.Neutrality.GetLogStandingAsync(new GetLogStandingRequest())).AcceptedSize);
        await network.StartBrokerAsync();
    }

    [Fact]
    public async Task A_broker_whose_store_was_replaced_by_an_older_one_is_found_out_and_stops_by_itself()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode first = await network.AddNodeAsync("first"), second = await network.AddNodeAsync("second");
        await first.StartAsync();
        await UntilAsync(first, standing => standing.Size == network.Broker.Signal.Size);
        await network.StopBrokerAsync();
        string store = network.Options.Files.Store, old = store + ".old", newest = store + ".newest";
        File.Copy(store, old);
        await network.StartBrokerAsync();
        await second.StartAsync();
        await network.CreateCircleAsync("acx", first, second);
        ulong size = network.Broker.Signal.Size;
        await UntilAsync(first, standing => standing.AcceptedSize == size);

        await network.StopBrokerAsync();
        File.Copy(store, newest);
        File.Copy(old, store, overwrite: true);
        await network.StartBrokerAsync();
        await UntilAsync(first, standing => standing.Conditions.Any(condition => condition.Error.Code == "LOG_ROLLED_BACK"));
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (network.Broker.Sequencer.Halted is null) await Task.Delay(50, patience.Token);
        Assert.Equal("LOG_HALTED", network.Broker.Sequencer.Halted.Code);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => network.Operators.DecideAsync(TestPolicy.Of("other", first, second)));
        Assert.Equal(StatusCode.DataLoss, refused.StatusCode);
        Assert.Contains((await first.Contributions.GetStatusAsync(new GetStatusRequest())).Alarms, alarm => alarm.Error.Code == "LOG_ROLLED_BACK");

        // The newest store again: over, and the alarm stays in the list.
        await network.StopBrokerAsync();
        File.Copy(newest, store, overwrite: true);
        await network.StartBrokerAsync();
        GetLogStandingResponse over = await UntilAsync(first, standing => standing.Conditions.Count == 0);
        Assert.Equal(size, over.AcceptedSize);
        Assert.Contains((await first.Contributions.GetStatusAsync(new GetStatusRequest())).Alarms, alarm => alarm.Error.Code == "LOG_ROLLED_BACK");
    }

    private static async Task<OutboxState[]> StateAsync(RunningNode node)
    {
        List<OutboxState> states = [];
        await foreach (OutboxRow row in node.Services.GetRequiredService<INodeStore>().ListOutboxAsync(CancellationToken.None)) states.Add(row.State);
        return [.. states];
    }

    private static async Task<GetLogStandingResponse> UntilAsync(RunningNode node, Func<GetLogStandingResponse, bool> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            GetLogStandingResponse standing = await node.Neutrality.GetLogStandingAsync(new GetLogStandingRequest());
            if (holds(standing)) return standing;
            if (patience.IsCancellationRequested) throw new TimeoutException($"The log stands at {standing}");
            await Task.Delay(50);
        }
    }

    private static async Task PublishAsync(RunningNode node)
    {
        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = node.Contributions.Contribute();
        Contribution contribution = Building.TestOutbox.Case("case-1");
        contribution.Circle = "acx";
        await call.RequestStream.WriteAsync(new ContributeRequest { Contributions = { contribution } });
        await call.RequestStream.CompleteAsync();
        ContributionOutcome? last = null;
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) last = call.ResponseStream.Current.Outcomes[^1];
        Assert.Equal(ContributionState.Published, last?.State);
    }
}
