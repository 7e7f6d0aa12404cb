using Compat.Tests.Probing;
using Grpc.Core;

namespace Compat.Tests;

/// <summary>The four kinds of call, from the real client to the real server.</summary>
public sealed class CallKindTests
{
    [Fact]
    public async Task A_unary_call_returns_its_reply()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        EchoReply reply = await host.Client().EchoAsync(new EchoRequest { Text = "naïve 😀" });
        Assert.Equal("naïve 😀", reply.Text);
    }

    [Fact]
    public async Task A_server_stream_arrives_whole_and_in_order()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        using AsyncServerStreamingCall<Number> call = host.Client().Count(new CountRequest { Limit = 1000 });
        var received = new List<long>();
        await foreach (Number number in call.ResponseStream.ReadAllAsync()) received.Add(number.Value);
        Assert.Equal(Enumerable.Range(1, 1000).Select(i => (long)i), received);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_client_stream_is_summed_once_it_is_complete()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        using AsyncClientStreamingCall<Number, Number> call = host.Client().Sum();
        for (int i = 1; i <= 1000; i++) await call.RequestStream.WriteAsync(new Number { Value = i });
        await call.RequestStream.CompleteAsync();
        Assert.Equal(500_500, (await call).Value);
    }

    [Fact]
    public async Task A_duplex_call_answers_each_message_before_the_next_is_sent()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        using AsyncDuplexStreamingCall<EchoRequest, EchoReply> call = host.Client().Converse();
        foreach (string text in new[] { "one", "", "three" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(text, call.ResponseStream.Current.Text);
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_blocking_call_returns_its_reply()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        Assert.Equal("now", host.Client().Echo(new EchoRequest { Text = "now" }).Text);
    }
}
