using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Node.Tests.Network;

public sealed class CircleKeyTests
{
    [Fact]
    public async Task No_circle_key_is_ever_sent_to_the_broker_or_stored_there()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode steward = await network.AddNodeAsync("steward"), second = await network.AddNodeAsync("second"), third = await network.AddNodeAsync("third");
        Journal journal = new();
        foreach (RunningNode node in new[] { steward, second, third }) await node.StartAsync(invoker => invoker.Intercept(journal));
        await network.CreateCircleAsync("acx", steward, second);
        await PublishAsync(second, "case-0");
        await third.AcceptAsync("acx");
        await steward.Circles.InviteAsync(new InviteRequest { Circle = "acx", Member = "third" });
        await third.UntilAsync(status => status.Circles.Any(circle => circle.Epoch == 1 && circle.BackfillRemaining == 0 && circle.LiveRecords == 1));
        await PublishAsync(third, "case-1");
        await steward.Circles.RemoveAsync(new RemoveRequest { Circle = "acx", Member = "third", Reason = MembershipReason.Requested });
        await third.UntilAsync(status => status.Circles.Count == 0);
        await steward.UntilAsync(status => status.Circles.Any(circle => circle.Epoch == 2));

        // The keys as the steward opens them, from the log.
        NetworkState state = steward.View.State;
        using MemberKeys keys = steward.Directory.ReadKeys();
        MemberId me = steward.Directory.ReadSettings().Member;
        byte[][] secrets = [.. state.FindCircle("acx")!.Epochs.Values.Select(epoch => Open(epoch, me, keys.Box))];
        Assert.Equal(3, secrets.Length);
        foreach (RunningNode node in new[] { steward, second, third }) await node.StopAsync();
        await network.StopBrokerAsync();

        // A search that finds something: the routing keys, which the broker is meant to have.
        string[] files = Directory.GetFiles(network.BrokerFolder, "*", SearchOption.AllDirectories);
        byte[] route = CircleKey.FromBytes(state.FindCircle("acx")!.Id, 0, secrets[0]).RouteKey.ToArray();
        Assert.Contains(files, file => Holds(File.ReadAllBytes(file), route));
        Assert.Contains(journal.Sent, message => Holds(message, route));
        foreach (byte[] secret in secrets)
        {
            Assert.DoesNotContain(files, file => Holds(File.ReadAllBytes(file), secret));
            Assert.DoesNotContain(journal.Sent, message => Holds(message, secret));
        }
    }

    [Fact]
    public async Task Who_joins_is_granted_the_key_in_force_though_nothing_stands_under_it_yet()
    {
        // Between the proposal and the new epoch a record may be published under it.
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode steward = await network.AddNodeAsync("steward"), second = await network.AddNodeAsync("second"), third = await network.AddNodeAsync("third");
        foreach (RunningNode node in new[] { steward, second, third }) await node.StartAsync();
        await network.CreateCircleAsync("acx", steward, second);
        await third.AcceptAsync("acx");
        await steward.Circles.InviteAsync(new InviteRequest { Circle = "acx", Member = "third" });
        await third.UntilAsync(status => status.Circles.Any(circle => circle.Epoch == 1 && circle.BackfillRemaining == 0));
        List<KeyGrant> grants = [];
        await foreach (LoggedLeaf leaf in third.Services.GetRequiredService<INodeStore>().ReadStateLeavesAsync(CancellationToken.None, 0))
        {
            if (leaf.Entry is not null && Entry.Parser.ParseFrom(leaf.Entry).KeyGrant is { } grant) grants.Add(KeyGrant.Parser.ParseFrom(grant.Body));
        }

        GrantedKey granted = Assert.Single(Assert.Single(grants).GrantedKeys);
        Assert.Equal((0U, third.Directory.ReadSettings().Member.ToByteString()), (granted.Epoch, granted.MemberId));
    }

    private static byte[] Open(KeyEpoch epoch, MemberId member, BoxKey box)
    {
        Assert.True(box.TryOpen(epoch.SealedKeys.Single(key => key.MemberId == member.ToByteString()).SealedKey.Span, out byte[] key));
        return key;
    }

    private static bool Holds(byte[] bytes, byte[] secret) =>
        bytes.AsSpan().IndexOf(secret) >= 0
        || bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret))) >= 0
        || bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Convert.ToBase64String(secret).TrimEnd('='))) >= 0;

    private static async Task PublishAsync(RunningNode node, string reference)
    {
        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = node.Contributions.Contribute();
        Contribution contribution = new()
        {
            Circle = "acx",
            Reference = reference,
            Summary = new Summary { Kind = RecordKind.BadActor, EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear }, Severity = Severity.High },
            Subject = new Party { Kind = SubjectKind.Organisation, Name = "Bad Shoes Trading GmbH", Identifiers = { new StatedIdentifier { Type = 1, Value = $"{reference}@bad.example" } } },
        };
        await call.RequestStream.WriteAsync(new ContributeRequest { Contributions = { contribution } });
        await call.RequestStream.CompleteAsync();
        ContributionState last = ContributionState.Unspecified;
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) last = call.ResponseStream.Current.Outcomes[^1].State;
        Assert.Equal(ContributionState.Published, last);
    }
}
