using Gateway.Node.Life;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Node.Tests.Life;

/// <summary>What the local API answers from a store that is older than the node has been.</summary>
public sealed class AgeGateTests
{
    [Theory]
    [InlineData("ScreeningService/Screen", true)]
    [InlineData("ContributionsService/ListRecords", true)]
    [InlineData("LifeService/FindSubject", true)]
    [InlineData("LifeService/Rectify", true)]
    [InlineData("DisputeOfficeService/ListDisputes", true)]
    [InlineData("OutcomeOfficeService/AddOutcomes", true)]
    [InlineData("CirclesService/Accept", true)]
    [InlineData("CirclesService/GetCircle", false)]
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

    [Theory]
    [InlineData("OutcomesService/ReportOutcomes", true)]
    [InlineData("DisputesService/OpenDispute", true)]
    [InlineData("CasesService/SendCaseMessage", true)]
    [InlineData("MisbindingService/ReportMisbound", true)]
    [InlineData("MembershipService/ProposeEpoch", true)]
    [InlineData("MembershipService/CountersignEpoch", true)]
    [InlineData("ExchangeService/Withdraw", true)]
    [InlineData("MembershipService/RenewCertificate", false)]
    [InlineData("AcknowledgementsService/Acknowledge", false)]
    [InlineData("PseudonymsService/Evaluate", false)]
    [InlineData("LogService/GetCheckpoint", false)]
    public async Task Nothing_is_said_to_the_broker_in_the_member_s_name_from_a_store_that_is_behind(string method, bool isRefused)
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()));
        await using LivingNode node = await LivingNode.StartAsync(log, log.Steward, time);
        node.Age.Require(log.Size);
        Wire wire = new();
        CallInvoker gated = wire.Intercept(new AgeGate(node.Age));
        string[] parts = method.Split('/');
        Method<string, string> called = new(MethodType.Unary, $"gateway.v1.{parts[0]}", parts[1], Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        if (isRefused)
        {
            RpcException refused = Assert.Throws<RpcException>(() => gated.AsyncUnaryCall(called, null, new CallOptions(), "request"));
            Assert.Equal((StatusCode.Unavailable, "STORE_BEHIND"), (refused.StatusCode, refused.ToRefusal("broker").Code));
            Assert.Empty(wire.Called);
            await node.Core.FollowAsync();
        }

        _ = gated.AsyncUnaryCall(called, null, new CallOptions(), "request");
        Assert.Equal([$"/gateway.v1.{method}"], wire.Called);
    }

    private sealed class Wire : CallInvoker
    {
        public List<string> Called { get; } = [];

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            Called.Add(method.FullName);
            return null!;
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
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
