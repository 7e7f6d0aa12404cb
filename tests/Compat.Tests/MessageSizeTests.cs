using Compat.Tests.Probing;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;

namespace Compat.Tests;

/// <summary>Each of the four limits refuses a message that is over it and lets one under it pass.</summary>
public sealed class MessageSizeTests
{
    private const int Limit = 1024;

    [Fact]
    public Task The_server_refuses_to_receive_a_message_over_its_limit() => AssertLimited(server: options => options.MaxReceiveMessageSize = Limit);

    [Fact]
    public Task The_server_refuses_to_send_a_message_over_its_limit() => AssertLimited(server: options => options.MaxSendMessageSize = Limit);

    [Fact]
    public Task The_client_refuses_to_receive_a_message_over_its_limit() => AssertLimited(client: options => options.MaxReceiveMessageSize = Limit);

    [Fact]
    public Task The_client_refuses_to_send_a_message_over_its_limit() => AssertLimited(client: options => options.MaxSendMessageSize = Limit);

    private static async Task AssertLimited(Action<GrpcServiceOptions>? server = null, Action<GrpcChannelOptions>? client = null)
    {
        await using ProbeHost host = await ProbeHost.StartAsync(server);
        var probe = new Probe.ProbeClient(host.Connect(configure: client));
        string small = new('x', Limit - 10);
        Assert.Equal(small, (await probe.EchoAsync(new EchoRequest { Text = small })).Text);
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await probe.EchoAsync(new EchoRequest { Text = new('x', Limit) }));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }
}
