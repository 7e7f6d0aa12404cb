using Gateway.Node.Life;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Grpc.Core;

namespace Gateway.Node.Tests.Life;

/// <summary>What the local API answers from a store that is older than the node has been.</summary>
public sealed class AgeGateTests
{
    [Theory]
    [InlineData("ScreeningService/Screen", true)]
    [InlineData("ContributionsService/ListRecords", true)]
    [InlineData("LifeService/FindSubject", true)]
    [InlineData("LifeService/Rectify", true)]
    [InlineData("LifeService/GetRecordDeletions", false)]
    [InlineData("ContributionsService/GetStatus", false)]
    public async Task What_would_answer_from_a_store_that_is_behind_is_refused_until_it_has_caught_up(string method, bool isRefused)
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()));
        await using LivingNode node = await LivingNode.StartAsync(log, log.Steward, time);
        node.Age.Require(log.Size);
        AgeGate gate = new(node.Age);
        Task<string> CallAsync() => gate.UnaryServerHandler("request", new Call($"/gateway.v1.{method}"), (_, _) => Task.FromResult("answer"));
        if (isRefused) Assert.Equal("STORE_BEHIND", (await Assert.ThrowsAsync<RefusalException>(CallAsync)).Refusal.Code);
        else Assert.Equal("answer", await CallAsync());

        await node.Core.FollowAsync();
        Assert.Equal("answer", await CallAsync());
    }

    // Of a call the gate reads the method alone.
    private sealed class Call(string method) : ServerCallContext
    {
        protected override string MethodCore => method;

        protected override string HostCore => throw new NotSupportedException();

        protected override string PeerCore => throw new NotSupportedException();

        protected override DateTime DeadlineCore => throw new NotSupportedException();

        protected override Metadata RequestHeadersCore => throw new NotSupportedException();

        protected override CancellationToken CancellationTokenCore => throw new NotSupportedException();

        protected override Metadata ResponseTrailersCore => throw new NotSupportedException();

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => throw new NotSupportedException();

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => throw new NotSupportedException();
    }
}
