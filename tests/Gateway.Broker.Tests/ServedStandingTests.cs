using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit.Abstractions;

namespace Gateway.Broker.Tests;

/// <summary>Who is suspended, expelled or gone is not served: not on connections that are open, not on new ones.</summary>
public sealed class ServedStandingTests(ITestOutputHelper output)
{
    // R8: open streams cut within 10 s, new connections refused within 5 s of the entry.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("suspended", "MEMBER_SUSPENDED")]
    [InlineData("expelled", "MEMBER_EXPELLED")]
    [InlineData("left", "MEMBER_LEFT")]
    public async Task Open_streams_are_cut_and_every_call_is_refused_from_the_entry_on(string standing, string code)
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember member = network.Second;
        using AsyncServerStreamingCall<FollowResponse> follow = network.Exchange(member).Follow(new FollowRequest { FromIndex = network.Broker.Core.Signal.Size });
        await follow.ResponseHeadersAsync;
        using AsyncDuplexStreamingCall<PublishRequest, PublishResponse> publish = network.Exchange(member).Publish();
        await publish.RequestStream.WriteAsync(new PublishRequest { Submissions = { network.Seal(member).Submission } });
        Assert.True(await publish.ResponseStream.MoveNext(CancellationToken.None));
        PseudonymsService.PseudonymsServiceClient pseudonyms = new(member.Connect(network.Broker));
        Assert.Equal("BATCH_SIZE", await CodeAsync(async () => await pseudonyms.EvaluateAsync(Nothing)));

        await ChangeAsync(network, member, standing);
        long since = Stopwatch.GetTimestamp();
        using CancellationTokenSource patience = new(Patience);

        // A stream that is cut in the midst of a write is reset, and its reader hears of no reason.
        string[] ends = [code, "CANCELLED"];
        Assert.Contains(await CodeAsync(() => EndAsync(follow.ResponseStream, patience.Token)), ends);
        Assert.Contains(await CodeAsync(() => EndAsync(publish.ResponseStream, patience.Token)), ends);
        Assert.False(patience.IsCancellationRequested);
        TimeSpan cut = Stopwatch.GetElapsedTime(since);
        Assert.Equal(code, await CodeAsync(async () => await pseudonyms.EvaluateAsync(Nothing)));
        Assert.Equal(code, await CodeAsync(async () => await new MembershipService.MembershipServiceClient(member.Connect(network.Broker)).GetDirectoryAsync(new GetDirectoryRequest())));
        Assert.Equal(code, await CodeAsync(() => network.ReadFeedAsync(member)));
        output.WriteLine($"{standing}: open streams cut {cut.TotalMilliseconds:0} ms after the entry, new connections refused {Stopwatch.GetElapsedTime(since).TotalMilliseconds:0} ms after it (goals 10 s and 5 s)");

        // The others go on.
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
    }

    [Fact]
    public async Task A_reinstated_member_is_served_again_and_finds_what_it_missed()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await ChangeAsync(network, network.Second, "suspended");
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        await network.Broker.DecideAsync(new Change { Reinstatement = new ReinstatementChange { MemberId = ByteString.CopyFrom(network.Second.Id.ToArray()), Reason = MembershipReason.Settled } });
        FeedLeaf[] leaves = [.. (await network.ReadFeedAsync(network.Second)).SelectMany(message => message.Leaves)];
        Assert.Equal(1, leaves.Count(leaf => !leaf.Item.IsEmpty));
        await network.PublishOneAsync(network.Second, network.Seal(network.Second));
    }

    [Fact]
    public async Task Nobody_leaves_in_anothers_name_and_who_left_stays_out()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SignedStatement others = Statements.Sign(new MemberLeft { MemberId = ByteString.CopyFrom(network.Second.Id.ToArray()) }, network.Broker.GenesisHash, network.Second.Id, network.Second.Keys.Member);
        SignedStatement forged = Statements.Sign(new MemberLeft { MemberId = ByteString.CopyFrom(network.Steward.Id.ToArray()) }, network.Broker.GenesisHash, network.Steward.Id, network.Second.Keys.Member);
        MembershipService.MembershipServiceClient client = new(network.Steward.Connect(network.Broker));
        Assert.Equal("STATEMENT_UNREADABLE", await CodeAsync(async () => await client.DepartAsync(new DepartRequest { MemberLeft = others })));
        Assert.Equal("STATEMENT_UNREADABLE", await CodeAsync(async () => await client.DepartAsync(new DepartRequest())));
        Assert.Equal("STATE_CONTRADICTED", await CodeAsync(async () => await client.DepartAsync(new DepartRequest { MemberLeft = forged })));
        await network.Steward.LeaveAsync(network.Broker);
        Assert.Equal("MEMBER_LEFT", await CodeAsync(async () => await client.DepartAsync(new DepartRequest { MemberLeft = forged })));
        NetworkState state = network.Broker.Core.View.Current;
        Assert.DoesNotContain(network.Steward.Id, state.FindCircle("retail")!.Members);
        Assert.Equal(MemberStanding.Active, state.Members[network.Second.Id].Standing);
    }

    [Fact]
    public async Task One_member_cannot_take_all_streams()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(options: options => options with { StreamsPerMember = 2 });
        List<AsyncServerStreamingCall<FollowResponse>> open = [];
        for (int i = 0; i < 2; i++)
        {
            open.Add(network.Exchange(network.Second).Follow(new FollowRequest()));
            Assert.True(await open[i].ResponseStream.MoveNext(CancellationToken.None));
        }

        Assert.Equal("TOO_MANY_STREAMS", await CodeAsync(() => network.ReadFeedAsync(network.Second)));
        await network.ReadFeedAsync(network.Steward);
        await new MembershipService.MembershipServiceClient(network.Second.Connect(network.Broker)).GetDirectoryAsync(new GetDirectoryRequest());

        foreach (AsyncServerStreamingCall<FollowResponse> call in open) call.Dispose();
        while (network.Broker.Core.Calls.CountOf(network.Second.Id) > 0) await Task.Yield();
        await network.ReadFeedAsync(network.Second);
    }

    [Fact]
    public async Task A_crowd_from_one_address_leaves_room_for_members()
    {
        const int all = 64, share = all / 4, crowded = share + 6;
        await using TestNetwork network = await TestNetwork.StartAsync(options: options => options with { MaximumConnections = all });
        Uri address = new(network.Broker.Address);
        List<TcpClient> crowd = [];
        for (int i = 0; i < crowded; i++)
        {
            crowd.Add(new TcpClient(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)));
            try
            {
                await crowd[i].ConnectAsync(address.Host, address.Port);
            }
            catch (SocketException)
            {
                // Cut before it knew that it was connected.
            }
        }

        // They never begin their handshake. Those beyond the address's share are cut at once; the others hold what they have, and a member still comes in.
        List<Task> ends = [.. crowd.Select(EndAsync)];
        for (int cut = 0; cut < crowded - share; cut++) ends.Remove(await Task.WhenAny(ends).WaitAsync(Patience));
        await network.ReadFeedAsync(network.Second);
        foreach (TcpClient stranger in crowd) stranger.Dispose();
        await Task.WhenAll(ends);

        static async Task EndAsync(TcpClient stranger)
        {
            try
            {
                if (stranger.Connected) _ = await stranger.GetStream().ReadAsync(new byte[1]);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // Cut, or ended by the test.
            }
        }
    }

    [Fact]
    public async Task One_member_cannot_take_all_connections()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(options: options => options with { ConnectionsPerMember = 3 });
        List<string> outcomes = [];
        for (int i = 0; i < 4; i++)
        {
            try
            {
                await new MembershipService.MembershipServiceClient(network.Outsider.Connect(network.Broker)).GetDirectoryAsync(new GetDirectoryRequest());
                outcomes.Add("served");
            }
            catch (RpcException refused)
            {
                outcomes.Add(refused.ToRefusal("broker").Code);
            }
        }

        Assert.Equal(["served", "served", "served", "PEER_UNAVAILABLE"], outcomes);
        await network.ReadFeedAsync(network.Steward);
    }

    private static EvaluateRequest Nothing => new() { IdentifierClass = IdentifierClass.Strong, Version = 1 };

    private static async Task ChangeAsync(TestNetwork network, TestMember member, string standing)
    {
        ByteString id = ByteString.CopyFrom(member.Id.ToArray());
        await (standing switch
        {
            "suspended" => network.Broker.ProposeAsync(new Change { Suspension = new SuspensionChange { MemberId = id, Reason = MembershipReason.Compromised } }),
            "expelled" => (Task)network.Broker.DecideAsync(new Change { Expulsion = new ExpulsionChange { MemberId = id, Reason = MembershipReason.FalseRecords } }),
            _ => member.LeaveAsync(network.Broker),
        });
    }

    private static async Task EndAsync<T>(IAsyncStreamReader<T> responses, CancellationToken patience)
    {
        while (await responses.MoveNext(patience))
        {
        }
    }

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("broker").Code;
}
