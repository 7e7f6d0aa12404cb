using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Broker.Tests;

public sealed class PublishTests
{
    [Fact]
    public async Task A_published_record_gets_a_receipt_that_proves_its_place()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Steward);
        Receipt receipt = await network.PublishOneAsync(network.Steward, record);

        Proofs.AssertProves(network, receipt);
        Assert.Equal(record.Submission.RecordId, Entry.Parser.ParseFrom(receipt.Entry).RecordPublished.RecordId);
        Assert.True(LeafData.Of(receipt.Index, network.Circle.RouteKey, receipt.Salt.Span, receipt.Entry.Span).Length == LeafData.Size);
    }
}
