using System.Text.Json;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.EndToEnd.Foreign;

/// <summary>The wire, proved by peers that share no code with ours.</summary>
public sealed class ForeignPeerTests
{
    private const string Circle = "protocol";

    [Fact]
    public async Task A_JavaScript_peer_enrols_and_rebuilds_the_log_to_the_root_our_nodes_have()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        Scene scene = await Scene.PlayAsync(network);
        ForeignPeer outsider = await ForeignPeer.EnrolAsync(network, "outsider", MemberRole.Police);

        using JsonDocument seen = await outsider.FollowAsync();

        await AssertSameLogAsync(scene, seen.RootElement);

        // Of another circle's records and withdrawal it sees the leaves and nothing else.
        JsonElement entries = seen.RootElement.GetProperty("entries");
        Assert.Equal(4, seen.RootElement.GetProperty("blind_leaves").GetArrayLength());
        Assert.Equal(["customs", "outsider", "retailer"], Texts(seen.RootElement.GetProperty("members")));
        Assert.Equal(3, entries.GetProperty("member_joined").GetInt32());
        Assert.Equal(1, entries.GetProperty("circle_policy").GetInt32());
        Assert.Equal(1, entries.GetProperty("key_epoch").GetInt32());
        Assert.False(entries.TryGetProperty("record_published", out _));
        Assert.False(entries.TryGetProperty("record_withdrawn", out _));
    }

    [Fact]
    public async Task A_stranger_with_a_Python_script_audits_the_public_log()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        Scene scene = await Scene.PlayAsync(network);
        using JsonDocument audited = await ForeignPeer.AuditAsync(network);
        await AssertSameLogAsync(scene, audited.RootElement);
    }

    [Fact]
    public async Task A_JavaScript_peer_is_refused_whatever_it_may_not_do()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        Scene scene = await Scene.PlayAsync(network);
        ForeignPeer outsider = await ForeignPeer.EnrolAsync(network, "outsider", MemberRole.Police);

        using JsonDocument refused = await outsider.TrespassAsync(Circle, scene.Live[0]);

        Dictionary<string, (StatusCode Status, string? Code)> expected = new()
        {
            ["publish_into_another_circle"] = (StatusCode.PermissionDenied, "NOT_IN_CIRCLE"),
            ["publish_into_no_circle"] = (StatusCode.NotFound, "CIRCLE_UNKNOWN"),
            ["withdraw_of_another"] = (StatusCode.NotFound, "RECORD_UNKNOWN"),
            ["propose_change"] = (StatusCode.PermissionDenied, "OPERATORS_ONLY"),
            ["approve_change"] = (StatusCode.PermissionDenied, "OPERATORS_ONLY"),
            ["evaluate_one"] = (StatusCode.OK, null),
            ["evaluate_none"] = (StatusCode.InvalidArgument, "BATCH_SIZE"),
            ["evaluate_513"] = (StatusCode.InvalidArgument, "BATCH_SIZE"),
            ["evaluate_identity"] = (StatusCode.InvalidArgument, "ELEMENT_INVALID"),
            ["evaluate_bit_255"] = (StatusCode.InvalidArgument, "ELEMENT_INVALID"),
            ["evaluate_short_element"] = (StatusCode.InvalidArgument, "ELEMENT_INVALID"),
            ["evaluate_other_version"] = (StatusCode.FailedPrecondition, "OPRF_VERSION_STALE"),
            ["message_over_1_mib"] = (StatusCode.ResourceExhausted, null),
            ["inclusion_beyond_the_log"] = (StatusCode.InvalidArgument, "OUTSIDE_LOG"),
            ["follow_without_certificate"] = (StatusCode.Unauthenticated, "CERTIFICATE_MISSING"),
            ["directory_without_certificate"] = (StatusCode.Unauthenticated, "CERTIFICATE_MISSING"),
            ["evaluate_without_certificate"] = (StatusCode.Unauthenticated, "CERTIFICATE_MISSING"),
            ["invitation_used_again"] = (StatusCode.InvalidArgument, "STATEMENT_NOT_AS_INVITED"),
        };
        Dictionary<string, (StatusCode Status, string? Code)> met = refused.RootElement.EnumerateObject().ToDictionary(
            tried => tried.Name, tried => ((StatusCode)tried.Value.GetProperty("status").GetInt32(), tried.Value.GetProperty("code").GetString()));
        Assert.Equal(expected.OrderBy(one => one.Key, StringComparer.Ordinal), met.OrderBy(one => one.Key, StringComparer.Ordinal));

        // Nothing of it has left a trace: no leaf, no member, no alarm.
        using JsonDocument after = await outsider.FollowAsync();
        await AssertSameLogAsync(scene, after.RootElement);
        Assert.Equal(4, after.RootElement.GetProperty("blind_leaves").GetArrayLength());
        Assert.Equal(["customs", "outsider", "retailer"], Texts(after.RootElement.GetProperty("members")));
    }

    [Fact]
    public async Task A_Python_peer_in_the_circle_verifies_every_proof_and_opens_the_record_it_has_met()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        ForeignPeer insider = await ForeignPeer.EnrolAsync(network, "insider", MemberRole.Police);
        Scene scene = await Scene.PlayAsync(network, insider);

        using JsonDocument read = await insider.ReadAsync(Scene.Email(0), Scene.Email(1), "nobody@nowhere.example");

        await AssertSameLogAsync(scene, read.RootElement);
        int size = read.RootElement.GetProperty("size").GetInt32();
        Assert.Equal(size, read.RootElement.GetProperty("proofs").GetProperty("inclusion").GetInt32());
        Assert.Equal(size - 1, read.RootElement.GetProperty("proofs").GetProperty("consistency").GetInt32());
        JsonElement directory = read.RootElement.GetProperty("directory");
        Assert.Equal(["customs", "insider", "retailer"], Texts(directory.GetProperty("members")));
        Assert.Equal([Circle], Texts(directory.GetProperty("circles")));
        Assert.Equal(0, directory.GetProperty("open_invitations").GetInt32());

        Assert.Equal(scene.Live.Select(id => id.ToString()).Order(StringComparer.Ordinal), Texts(read.RootElement.GetProperty("live")));
        Assert.Equal([scene.Withdrawn.ToString()], Texts(read.RootElement.GetProperty("withdrawn")));
        JsonElement opened = read.RootElement.GetProperty("opened_by");
        Assert.Equal([scene.Live[0].ToString()], Texts(opened.GetProperty(Scene.Email(0))));
        Assert.Equal([scene.Live[1].ToString()], Texts(opened.GetProperty(Scene.Email(1))));
        Assert.Empty(Texts(opened.GetProperty("nobody@nowhere.example")));
    }

    private static async Task AssertSameLogAsync(Scene scene, JsonElement seen)
    {
        ulong size = seen.GetProperty("size").GetUInt64();
        foreach (LocalNode node in scene.Nodes)
        {
            GetStatusResponse status = await node.UntilAsync(status => status.LogSize >= size, $"{size} leaves");
            Assert.Equal(size, status.LogSize);
            Assert.Equal(Convert.ToHexStringLower(status.LogRoot.Span), seen.GetProperty("root").GetString());
            Assert.Empty(status.Alarms);
        }
    }

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(text => text.GetString()!)];

    /// <summary>A retailer and customs in one circle, three records of the retailer, the last of them withdrawn.</summary>
    private sealed record Scene(IReadOnlyList<LocalNode> Nodes, IReadOnlyList<RecordId> Live, RecordId Withdrawn)
    {
        public static string Email(int number) => $"sales{number}@bad-shoes.example";

        public static async Task<Scene> PlayAsync(LocalNetwork network, params ForeignPeer[] foreigners)
        {
            LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
            LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
            await network.CreateCircleAsync(Circle, foreigners, customs, retailer);
            IReadOnlyList<ContributionOutcome> published = await retailer.ContributeAsync(
                [.. Enumerable.Range(0, 3).Select(number => LocalNode.Case(Circle, $"case-{number}", $"Bad Shoes Trading {number} GmbH", Email(number), $"Hauptstraße {number + 1}", "Hamburg", "20095"))]);
            Assert.All(published, outcome => Assert.Equal(ContributionState.Published, outcome.State));
            await retailer.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = published[2].RecordId, Reason = WithdrawalReason.Mistake });
            RecordId[] ids = [.. published.Select(outcome => RecordId.FromBytes(outcome.RecordId.Span))];
            return new Scene([retailer, customs], ids[..2], ids[2]);
        }
    }
}
