using Compat.Tests.Probing;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Compat.Tests;

/// <summary>Interceptors of client and server see every kind of call, in the order they were named.</summary>
public sealed class InterceptorTests
{
    [Fact]
    public async Task Every_call_kind_passes_all_interceptors_outermost_first()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(options => options.Interceptors.Add<JournalingInterceptor>("server"));
        var client = new Probe.ProbeClient(host.Connect().Intercept(
            new JournalingInterceptor(host.Journal, "outer"), new JournalingInterceptor(host.Journal, "inner")));

        client.Echo(new EchoRequest());
        await client.EchoAsync(new EchoRequest());
        using AsyncServerStreamingCall<Number> count = client.Count(new CountRequest { Limit = 1 });
        while (await count.ResponseStream.MoveNext()) { }
        using AsyncClientStreamingCall<Number, Number> sum = client.Sum();
        await sum.RequestStream.CompleteAsync();
        await sum;
        using AsyncDuplexStreamingCall<EchoRequest, EchoReply> converse = client.Converse();
        await converse.RequestStream.CompleteAsync();
        Assert.False(await converse.ResponseStream.MoveNext());

        Assert.Equal(
            [
                "outer: blocking /compat.tests.Probe/Echo", "inner: blocking /compat.tests.Probe/Echo", "server: unary /compat.tests.Probe/Echo",
                "outer: unary /compat.tests.Probe/Echo", "inner: unary /compat.tests.Probe/Echo", "server: unary /compat.tests.Probe/Echo",
                "outer: server stream /compat.tests.Probe/Count", "inner: server stream /compat.tests.Probe/Count", "server: server stream /compat.tests.Probe/Count",
                "outer: client stream /compat.tests.Probe/Sum", "inner: client stream /compat.tests.Probe/Sum", "server: client stream /compat.tests.Probe/Sum",
                "outer: duplex /compat.tests.Probe/Converse", "inner: duplex /compat.tests.Probe/Converse", "server: duplex /compat.tests.Probe/Converse",
            ],
            host.Journal.Lines);
    }

    [Fact]
    public async Task A_function_over_the_headers_is_an_interceptor_too()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        var client = new Probe.ProbeClient(host.Connect().Intercept(headers =>
        {
            headers.Add("probe-added", "by function");
            return headers;
        }));
        var given = new Metadata { { "probe-given", "by caller" } };
        using AsyncUnaryCall<EchoReply> call = client.EchoAsync(new EchoRequest(), given);
        await call;
        Assert.Equal("by function", call.GetTrailers().GetValue("probe-added"));
        Assert.Equal("by caller", call.GetTrailers().GetValue("probe-given"));
    }

    [Fact]
    public async Task A_server_interceptor_can_refuse_a_call()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(options => options.Interceptors.Add<RefusingInterceptor>());
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await host.Client().EchoAsync(new EchoRequest()));
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
        Assert.Equal("not today", error.Status.Detail);
    }

    private sealed class RefusingInterceptor : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            throw new RpcException(new Status(StatusCode.PermissionDenied, "not today"));
    }
}
