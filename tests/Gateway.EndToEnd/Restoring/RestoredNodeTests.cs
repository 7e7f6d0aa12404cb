using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.EndToEnd.Restoring;

/// <summary>A node put back from an old backup, with the mark of how far it had come or without: it catches up before it screens.</summary>
public sealed class RestoredNodeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_from_an_old_backup_screens_nothing_until_it_has_caught_up(bool hasMark)
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer), customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, retailer);
        Shipment shipment = LocalNode.ShipmentOf("S1", "Someone Else Ltd", "sales@bad-shoes.example");
        ContributionOutcome published = Assert.Single(await retailer.ContributeAsync(LocalNode.Case("protocol", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record");
        string backup = Path.Combine(network.Folder, "backup");
        await Commands.OkAsync(network.Folder, "backup", "--dir", customs.Directory.Path, "--to", backup); // While it runs.
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(shipment)).Decision);
        await retailer.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = published.RecordId, Reason = WithdrawalReason.Mistake });
        await customs.UntilAsync(status => status.LiveRecords == 0, "the withdrawal");
        await customs.StopAsync();
        await network.StopBrokerAsync();

        if (!hasMark) Directory.Delete(customs.Directory.Path, recursive: true); // The machine is lost.
        await Commands.OkAsync(network.Folder, ["restore", "--from", backup, "--dir", customs.Directory.Path, .. hasMark ? new[] { "--replace" } : []]);
        await customs.StartAsync();
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => customs.ScreenAsync(shipment));
        Assert.Equal((StatusCode.FailedPrecondition, "STORE_BEHIND"), (refused.StatusCode, refused.ToRefusal("node").Code));

        await network.StartBrokerAsync();
        await customs.UntilAsync(status => status.LiveRecords == 0 && status.BrokerConnected, "the withdrawal again");
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        while (true)
        {
            try
            {
                Assert.Equal(ScreeningDecision.Cleared, (await customs.ScreenAsync(shipment)).Decision);
                return;
            }
            catch (RpcException behind) when (behind.ToRefusal("node").Code == "STORE_BEHIND" && !patience.IsCancellationRequested)
            {
                await Task.Delay(50);
            }
        }
    }
}
