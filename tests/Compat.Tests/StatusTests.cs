using Compat.Tests.Probing;
using Grpc.Core;

namespace Compat.Tests;

/// <summary>How a call that fails ends at the client.</summary>
public sealed class StatusTests
{
    public static TheoryData<StatusCode> Errors => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    [Theory, MemberData(nameof(Errors))]
    public async Task Every_error_code_arrives_with_its_text_and_trailers(StatusCode code)
    {
        const string Detail = "50 % of it:\r\nnaïve 😀";
        await using ProbeHost host = await ProbeHost.StartAsync();
        RpcException error = await Assert.ThrowsAsync<RpcException>(
            async () => await host.Client().FailAsync(new FailRequest { Code = (int)code, Detail = Detail }));
        Assert.Equal(code, error.StatusCode);
        Assert.Equal(Detail, error.Status.Detail);
        Assert.Equal("asked for", error.Trailers.GetValue("probe-reason"));
        Assert.Equal<byte>([0, 255, 128], error.Trailers.GetValueBytes("probe-reason-bin")!);
    }

    [Fact]
    public async Task A_method_the_server_does_not_have_is_unimplemented()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        var method = new Method<string, string>(MethodType.Unary, "compat.tests.Probe", "Missing", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        using AsyncUnaryCall<string> call = host.Connect().CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(), "anyone?");
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task A_started_call_tells_its_status_and_trailers_after_it_failed()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        using AsyncUnaryCall<EchoReply> call = host.Client().FailAsync(new FailRequest { Code = (int)StatusCode.Aborted, Detail = "so" });
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Aborted, call.GetStatus().StatusCode);
        Assert.Equal("so", call.GetStatus().Detail);
        Assert.Equal("asked for", call.GetTrailers().GetValue("probe-reason"));
    }
}
