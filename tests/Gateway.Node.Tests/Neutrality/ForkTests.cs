using Gateway.Node.Tests.Network;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Tests.Neutrality;

public sealed class ForkTests
{
    private const int Trials = 20;

    [Fact]
    public async Task A_broker_that_shows_two_members_two_logs_is_found_out_in_one_round_of_gossip_20_of_20()
    {
        string prepared = await ForkedNetwork.PrepareAsync();
        for (int trial = 0; trial < Trials; trial++)
        {
            await using ForkedNetwork network = await ForkedNetwork.StartAsync(prepared);
            await network.GoOnAsync(0, $"a-{trial}", 1 + (trial % 3));
            await network.GoOnAsync(1, $"b-{trial}", 1 + (trial / 3 % 3));
            Assert.False(await IsForkedAsync(network.First) || await IsForkedAsync(network.Second));
            await ForkedNetwork.RoundAsync(trial % 2 == 0 ? network.First : network.Second);
            foreach (RunningNode node in (RunningNode[])[network.First, network.Second])
            {
                if (!await IsForkedAsync(node)) await ForkedNetwork.RoundAsync(node); // Its own round, where the other's question did not tell it yet.
                Assert.True(await IsForkedAsync(node), $"trial {trial}: {string.Join(' ', (await node.Neutrality.GetLogStandingAsync(new GetLogStandingRequest())).Peers.Select(peer => peer.Fault))}");
                KeptEvidence kept = (await node.Neutrality.ListEvidenceAsync(new ListEvidenceRequest())).Evidence[0];
                Assert.Null(ForkProof.FaultOf(kept.Evidence, network.GenesisHash));
                Assert.Contains((await node.Contributions.GetStatusAsync(new GetStatusRequest())).Alarms, alarm => alarm.Error.Code == "LOG_FORKED");
            }
        }

        Directory.Delete(prepared, recursive: true);
    }

    [Fact]
    public async Task Nodes_of_one_log_agree_and_a_fork_is_found_by_a_file_and_settled_by_an_officer()
    {
        string prepared = await ForkedNetwork.PrepareAsync();
        await using ForkedNetwork network = await ForkedNetwork.StartAsync(prepared);
        Directory.Delete(prepared, recursive: true);
        await network.First.UntilAsync(status => status.LogSize > 0);
        await network.Second.UntilAsync(status => status.LogSize > 0);
        await ForkedNetwork.RoundAsync(network.First);
        GetLogStandingResponse standing = await network.First.Neutrality.GetLogStandingAsync(new GetLogStandingRequest());
        Assert.Equal(("second", ""), (standing.Peers[0].MemberName, standing.Peers[0].Fault));
        Assert.Empty(standing.Conditions);

        await network.GoOnAsync(0, "a", 1);
        await network.GoOnAsync(1, "b", 3);
        ByteString theirs = (await network.Second.Neutrality.ExportCheckpointAsync(new ExportCheckpointRequest())).Checkpoint;
        CompareCheckpointResponse ahead = await network.First.Neutrality.CompareCheckpointAsync(new CompareCheckpointRequest { Checkpoint = theirs });
        Assert.Equal((false, true, null), (ahead.Same, ahead.Remembered, ahead.Evidence));

        // Remembered, and compared when the tree has grown to it.
        await network.GoOnAsync(0, "more", 2);
        await UntilForkedAsync(network.First);
        KeptEvidence kept = Assert.Single((await network.First.Neutrality.ListEvidenceAsync(new ListEvidenceRequest())).Evidence);
        Assert.Equal("a file", kept.Source);
        Assert.Null(ForkProof.FaultOf(kept.Evidence, network.GenesisHash));

        RpcException unknown = await Assert.ThrowsAsync<RpcException>(async () => await network.First.Neutrality.SettleEvidenceAsync(new SettleEvidenceRequest { Id = kept.Id + 1, By = "ann" }));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        await network.First.Neutrality.SettleEvidenceAsync(new SettleEvidenceRequest { Id = kept.Id, By = "ann" });
        Assert.False(await IsForkedAsync(network.First));
        Assert.Equal("ann", Assert.Single((await network.First.Neutrality.ListEvidenceAsync(new ListEvidenceRequest())).Evidence).SettledBy);
    }

    [Fact]
    public async Task What_is_no_checkpoint_of_the_log_is_refused_and_evidence_that_proves_nothing_says_why()
    {
        string prepared = await ForkedNetwork.PrepareAsync();
        await using ForkedNetwork network = await ForkedNetwork.StartAsync(prepared);
        Directory.Delete(prepared, recursive: true);
        await network.First.UntilAsync(status => status.LogSize > 0);
        ByteString own = (await network.First.Neutrality.ExportCheckpointAsync(new ExportCheckpointRequest())).Checkpoint;
        string forged = own.ToStringUtf8().Replace("fork.test\n", "fork.test\n1", StringComparison.Ordinal);
        foreach (string text in (string[])["", "nonsense", forged])
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await network.First.Neutrality.CompareCheckpointAsync(new CompareCheckpointRequest { Checkpoint = ByteString.CopyFromUtf8(text) }));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        }

        await network.GoOnAsync(0, "a", 2);
        await network.GoOnAsync(1, "b", 1);
        ByteString theirs = (await network.Second.Neutrality.ExportCheckpointAsync(new ExportCheckpointRequest())).Checkpoint;
        ForkEvidence evidence = (await network.First.Neutrality.CompareCheckpointAsync(new CompareCheckpointRequest { Checkpoint = theirs })).Evidence;
        Assert.Null(ForkProof.FaultOf(evidence, network.GenesisHash));
        Assert.NotNull(ForkProof.FaultOf(evidence, new byte[32]));
        Assert.Contains("same root", ForkProof.FaultOf(new ForkEvidence(evidence) { Larger = evidence.Smaller, ConsistencyProof = { }, RootInLarger = RootOf(evidence.Smaller) }, network.GenesisHash), StringComparison.Ordinal);
        for (int bit = 0; bit < evidence.RootInLarger.Length * 8; bit += 37)
        {
            byte[] root = evidence.RootInLarger.ToByteArray();
            root[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotNull(ForkProof.FaultOf(new ForkEvidence(evidence) { RootInLarger = ByteString.CopyFrom(root) }, network.GenesisHash));
        }
    }

    private static ByteString RootOf(ByteString note) => ByteString.CopyFrom(Convert.FromBase64String(note.ToStringUtf8().Split('\n')[2]));

    private static async Task<bool> IsForkedAsync(RunningNode node) => (await node.Neutrality.GetLogStandingAsync(new GetLogStandingRequest())).Conditions.Any(condition => condition.Error.Code == "LOG_FORKED");

    private static async Task UntilForkedAsync(RunningNode node)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!await IsForkedAsync(node)) await Task.Delay(50, patience.Token);
    }
}
