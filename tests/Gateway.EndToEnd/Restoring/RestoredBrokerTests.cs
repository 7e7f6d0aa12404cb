using Gateway.Broker.Hosting;
using Gateway.Protocol.V1;

namespace Gateway.EndToEnd.Restoring;

/// <summary>R20: a broker put back from an old backup is detected as a rollback, by its nodes and by itself, and does not begin a second history.</summary>
public sealed class RestoredBrokerTests
{
    [Fact]
    public async Task An_old_backup_of_a_broker_is_found_out_by_the_first_node_that_holds_more_and_the_newest_store_goes_on()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer), customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, retailer);
        await PublishAsync(retailer, 0);
        string backup = Path.Combine(network.Folder, "backup");
        await Commands.OkAsync(network.Folder, "backup", "--dir", network.BrokerFolder, "--to", backup);
        await PublishAsync(retailer, 1);
        await customs.UntilAsync(status => status.LiveRecords == 2, "both records");
        await network.StopBrokerAsync();
        string kept = (await Commands.OkAsync(network.Folder, "restore", "--from", backup, "--dir", network.BrokerFolder, "--replace")).GetProperty("kept").GetString()!;

        // Nothing is appended: at first because nobody was heard, then because the nodes show more than the store has.
        await network.StartBrokerAsync();
        ulong size = network.Broker.Signal.Size;
        Assert.NotNull(network.Broker.Sequencer.Halted);
        foreach (LocalNode node in new[] { retailer, customs }) await node.UntilAsync(status => status.Alarms.Any(alarm => alarm.Error.Code == "LOG_ROLLED_BACK"), "the alarm of a rollback");
        Assert.Equal("LOG_HALTED", network.Broker.Sequencer.Halted?.Code);

        // A restart does not forget it.
        await network.StopBrokerAsync();
        File.Delete(new BrokerFiles(network.BrokerFolder).Restored);
        await network.StartBrokerAsync();
        Assert.Equal(("LOG_HALTED", size), (network.Broker.Sequencer.Halted?.Code, network.Broker.Signal.Size));
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(LocalNode.ShipmentOf("S1", "Someone Else Ltd", "actor1@bad.example"))).Decision); // Screening goes on with what the nodes hold.

        // The newest store is put back in its place, and the network goes on.
        await network.StopBrokerAsync();
        Directory.Delete(network.BrokerFolder, recursive: true);
        Directory.Move(kept, network.BrokerFolder);
        await network.StartBrokerAsync();
        await PublishAsync(retailer, 2);
        await customs.UntilAsync(status => status.LiveRecords == 3, "all records");
    }

    [Fact]
    public async Task A_backup_that_is_as_new_as_what_members_hold_goes_on_when_most_have_shown_it()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer), customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, retailer);
        await PublishAsync(retailer, 0);
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record");
        await network.StopBrokerAsync();
        string backup = Path.Combine(network.Folder, "backup");
        await Commands.OkAsync(network.Folder, "backup", "--dir", network.BrokerFolder, "--to", backup);
        Directory.Delete(network.BrokerFolder, recursive: true); // The machine is lost.
        await Commands.OkAsync(network.Folder, "restore", "--from", backup, "--dir", network.BrokerFolder);
        await network.StartBrokerAsync();
        await PublishAsync(retailer, 1);
        await customs.UntilAsync(status => status.LiveRecords == 2 && status.Alarms.Count == 0, "both records");
        Assert.False(File.Exists(new BrokerFiles(network.BrokerFolder).Restored));
    }

    private static async Task PublishAsync(LocalNode node, int number) =>
        Assert.Equal(ContributionState.Published, Assert.Single(await node.ContributeAsync(LocalNode.Case("protocol", $"case-{number}", $"Bad Actor {number} Trading GmbH", $"actor{number}@bad.example"))).State);
}
