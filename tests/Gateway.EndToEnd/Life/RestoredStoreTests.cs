using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Gateway.EndToEnd.Life;

/// <summary>A node's store put back from a backup, with real processes: what was withdrawn since is never met again.</summary>
public sealed class RestoredStoreTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_store_from_a_backup_screens_nothing_until_it_has_caught_up_and_never_meets_what_was_withdrawn_since()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, retailer);
        Shipment shipment = LocalNode.ShipmentOf("S1", "Someone Else Ltd", "sales@bad-shoes.example");
        ContributionOutcome published = Assert.Single(await retailer.ContributeAsync(LocalNode.Case("protocol", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record");
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(shipment)).Decision);
        await customs.StopAsync();

        string folder = customs.Directory.Path, backup = Path.Combine(network.Folder, "backup");
        Directory.CreateDirectory(backup);
        Copy(folder, backup);
        using (GatewayProcess node = Start(network, folder))
        {
            await retailer.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = published.RecordId, Reason = WithdrawalReason.Mistake });
            await UntilAsync(customs, async client => (await new ContributionsService.ContributionsServiceClient(client).GetStatusAsync(new GetStatusRequest())).LiveRecords == 0);
            Assert.Equal(ScreeningDecision.Cleared, (await ScreenAsync(customs, shipment))!.Decision);
            await UntilAsync(customs, async client =>
            {
                DeletionState state = (await new LifeService.LifeServiceClient(client).GetRecordDeletionsAsync(new GetRecordDeletionsRequest { RecordIds = { published.RecordId } })).Records[0];
                return state.Acknowledged == 2;
            });
            node.Kill();
        }

        // The old store comes back, the broker is away: nothing here can know what was withdrawn, and the node says so.
        foreach (string file in Directory.GetFiles(folder, "node.db*")) File.Delete(file);
        Copy(backup, folder);
        await network.StopBrokerAsync();
        using GatewayProcess restored = Start(network, folder);
        await UntilAsync(customs, async client => (await new ContributionsService.ContributionsServiceClient(client).GetStatusAsync(new GetStatusRequest())).Alarms.Any(alarm => alarm.Error.Code == "STORE_BEHIND"));
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => ScreenAsync(customs, shipment));
        Assert.Equal((StatusCode.FailedPrecondition, "STORE_BEHIND"), (refused.StatusCode, refused.ToRefusal("node").Code));

        await network.StartBrokerAsync();
        using CancellationTokenSource patience = new(Patience);
        ScreeningResult? result = null;
        while (result is null && !patience.IsCancellationRequested)
        {
            try
            {
                result = await ScreenAsync(customs, shipment);
                Assert.NotEqual(ScreeningDecision.Hit, result.Decision);
            }
            catch (RpcException behind) when (behind.ToRefusal("node").Code == "STORE_BEHIND")
            {
                await Task.Delay(50);
            }
        }

        Assert.Equal(ScreeningDecision.Cleared, result!.Decision);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "node.db*")) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private static GatewayProcess Start(LocalNetwork network, string folder) => GatewayProcess.Start(Path.Combine(network.Folder, "customs.out"), "node", "run", "--dir", folder);

    private static async Task<ScreeningResult> ScreenAsync(LocalNode node, Shipment shipment)
    {
        using GrpcChannel channel = LocalNode.Connect(node.Directory.SocketFile);
        return (await new ScreeningService.ScreeningServiceClient(channel).ScreenAsync(new ScreenRequest { Shipment = shipment, WaitMilliseconds = 20_000 })).Result;
    }

    private static async Task UntilAsync(LocalNode node, Func<GrpcChannel, Task<bool>> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            try
            {
                using GrpcChannel channel = LocalNode.Connect(node.Directory.SocketFile);
                if (await holds(channel)) return;
            }
            catch (RpcException) when (!patience.IsCancellationRequested)
            {
                // It starts.
            }

            if (patience.IsCancellationRequested) throw new TimeoutException("The node does not get there.");
            await Task.Delay(100);
        }
    }
}
