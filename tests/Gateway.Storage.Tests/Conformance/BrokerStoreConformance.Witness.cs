using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>What a broker store must do so that anyone can check the log.</summary>
public abstract partial class BrokerStoreConformance
{
    [Fact]
    public async Task Leaf_data_is_read_by_itself_up_to_a_bundle_and_to_the_end()
    {
        await using IBrokerStore store = await OpenAsync();
        BrokerLeaf[] leaves = [.. Enumerable.Range(0, 300).Select(index => RecordLeaf((ulong)index))];
        await store.AppendAsync(Append(leaves), None);
        Assert.Equal(leaves[..256].Select(leaf => leaf.LeafData), await store.Witness.ReadLeafDataAsync(0, 300, None));
        Assert.Equal(leaves[256..].Select(leaf => leaf.LeafData), await store.Witness.ReadLeafDataAsync(256, 1_000, None));
        Assert.Empty(await store.Witness.ReadLeafDataAsync(300, 400, None));
    }

    [Fact]
    public async Task The_newest_cosignature_of_each_member_is_there_after_reopening()
    {
        await using (IBrokerStore store = await OpenAsync())
        {
            await store.Witness.SaveCosignaturesAsync([new(Member(1), 5, [1]), new(Member(2), 6, [2])], None);
            await store.Witness.SaveCosignaturesAsync([new(Member(1), 8, [3])], None);
        }

        await using IBrokerStore reopened = await OpenAsync();
        Assert.Equal(new HashSet<(ulong, byte)> { (8, 3), (6, 2) }, (await reopened.Witness.ReadCosignaturesAsync(None)).Select(one => (one.Size, one.Note[0])).ToHashSet());
    }

    [Fact]
    public async Task The_first_foreign_checkpoint_is_kept_until_it_is_forgotten()
    {
        await using (IBrokerStore store = await OpenAsync())
        {
            Assert.Null(await store.Witness.ReadForeignCheckpointAsync(None));
            await store.Witness.SaveForeignCheckpointAsync([1, 2], Noon, None);
            await store.Witness.SaveForeignCheckpointAsync([3], Noon, None);
        }

        await using IBrokerStore reopened = await OpenAsync();
        Assert.Equal([1, 2], await reopened.Witness.ReadForeignCheckpointAsync(None));
        await reopened.Witness.ForgetForeignCheckpointAsync(None);
        Assert.Null(await reopened.Witness.ReadForeignCheckpointAsync(None));
    }
}
