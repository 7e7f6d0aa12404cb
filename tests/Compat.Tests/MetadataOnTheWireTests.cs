using Compat.Tests.Probing;
using Grpc.Core;

namespace Compat.Tests;

/// <summary>Headers and trailers, there and back: the probe sends each header named probe-* back as both.</summary>
public sealed class MetadataOnTheWireTests
{
    private static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    [Fact]
    public async Task Text_and_bytes_come_back_as_headers_and_as_trailers()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        var headers = new Metadata { { "Probe-Text", "a, b; c" }, { "probe-many", "1" }, { "probe-many", "2" }, { "probe-bytes-bin", AllBytes } };
        using AsyncUnaryCall<EchoReply> call = host.Client().EchoAsync(new EchoRequest(), headers);
        await call;
        foreach (Metadata received in new[] { await call.ResponseHeadersAsync, call.GetTrailers() })
        {
            Assert.Equal("a, b; c", received.GetValue("probe-text"));
            // HTTP/2 lets the values of a repeated key travel as one, and HttpClient makes use of it.
            Assert.Equal("1, 2", string.Join(", ", received.GetAll("probe-many").Select(entry => entry.Value)));
            Assert.Equal(AllBytes, received.GetValueBytes("probe-bytes-bin"));
        }
    }

    [Fact]
    public async Task Call_credentials_add_headers_on_every_call_of_a_channel()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        var asked = new List<string>();
        CallCredentials first = CallCredentials.FromInterceptor((context, metadata) =>
        {
            asked.Add($"{context.ServiceUrl} {context.MethodName}");
            metadata.Add("probe-first", "1");
            return Task.CompletedTask;
        });
        CallCredentials second = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("probe-second", "2");
            return Task.CompletedTask;
        });
        var client = new Probe.ProbeClient(host.Connect(configure: options =>
            options.Credentials = ChannelCredentials.Create(ChannelCredentials.SecureSsl, CallCredentials.Compose(first, second))));
        using AsyncUnaryCall<EchoReply> call = client.EchoAsync(new EchoRequest());
        await call;
        Assert.Equal("1", call.GetTrailers().GetValue("probe-first"));
        Assert.Equal("2", call.GetTrailers().GetValue("probe-second"));
        Assert.Equal([$"{host.Address}/compat.tests.Probe Echo"], asked);
    }

    [Fact]
    public async Task Call_credentials_can_be_given_with_one_call()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        CallCredentials credentials = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("probe-token", "once");
            return Task.CompletedTask;
        });
        using AsyncUnaryCall<EchoReply> call = host.Client().EchoAsync(new EchoRequest(), new CallOptions().WithCredentials(credentials));
        await call;
        Assert.Equal("once", call.GetTrailers().GetValue("probe-token"));
    }
}
