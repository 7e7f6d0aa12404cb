using Compat.Tests.Probing;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace Compat.Tests;

/// <summary>Who may connect, who the server takes the client for, and what the channel does about failure.</summary>
public sealed class TransportTests
{
    private static void Journal(GrpcServiceOptions options) => options.Interceptors.Add<JournalingInterceptor>("server");

    [Fact]
    public async Task The_server_knows_the_client_by_its_certificate()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        using AsyncUnaryCall<EchoReply> call = host.Client().EchoAsync(new EchoRequest());
        await call;
        Assert.Equal("CN=client", call.GetTrailers().GetValue("client-subject"));
        Assert.Equal("True", call.GetTrailers().GetValue("client-authenticated"));
    }

    [Fact]
    public async Task A_client_without_certificate_is_refused()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Journal);
        await AssertRefused(new Probe.ProbeClient(host.Connect(withCertificate: false)));
        Assert.Empty(host.Journal.Lines);
    }

    [Fact]
    public async Task A_client_of_another_authority_is_refused()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Journal);
        using var others = TestCertificates.Create();
        await AssertRefused(new Probe.ProbeClient(host.Connect(shown: others.Client)));
        Assert.Empty(host.Journal.Lines);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_refused_by_the_client()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Journal);
        using var others = TestCertificates.Create();
        await AssertRefused(new Probe.ProbeClient(host.Connect(trusted: others)));
        Assert.Empty(host.Journal.Lines);
    }

    [Fact]
    public async Task A_call_is_retried_as_its_policy_says()
    {
        await using ProbeHost host = await ProbeHost.StartAsync(Journal);
        var policy = new RetryPolicy
        {
            MaxAttempts = 3,
            InitialBackoff = TimeSpan.FromMilliseconds(1),
            MaxBackoff = TimeSpan.FromMilliseconds(1),
            BackoffMultiplier = 1,
            RetryableStatusCodes = { StatusCode.Unavailable },
        };
        var client = new Probe.ProbeClient(host.Connect(configure: options =>
            options.ServiceConfig = new ServiceConfig { MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, RetryPolicy = policy } } }));
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await client.FailAsync(new FailRequest { Code = (int)StatusCode.Unavailable }));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal(3, host.Journal.Lines.Count);
    }

    [Fact]
    public async Task A_channel_tells_its_state()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        GrpcChannel channel = host.Connect();
        Assert.Equal(ConnectivityState.Idle, channel.State);
        await channel.ConnectAsync();
        Assert.Equal(ConnectivityState.Ready, channel.State);
        channel.Dispose();
        Assert.Equal(ConnectivityState.Shutdown, channel.State);
    }

    /// <summary>With TLS 1.3 the client learns of the refusal only when it reads, so the connection may fail early or late.</summary>
    private static async Task AssertRefused(Probe.ProbeClient client)
    {
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new EchoRequest()));
        Assert.Contains(error.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
    }
}
