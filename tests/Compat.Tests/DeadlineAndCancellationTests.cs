using Compat.Tests.Probing;
using Grpc.Core;

namespace Compat.Tests;

/// <summary>Calls that end before their answer comes. The server's Wait never answers, so none of these depends on speed.</summary>
public sealed class DeadlineAndCancellationTests
{
    /// <summary>Turns a hang into a failure; nothing here takes this long.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private static DateTime FromNow(TimeSpan span) => TimeProvider.System.GetUtcNow().UtcDateTime + span;

    [Fact]
    public async Task A_call_past_its_deadline_ends_with_DeadlineExceeded()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        RpcException error = await Assert.ThrowsAsync<RpcException>(
            () => host.Client().WaitAsync(new WaitRequest(), deadline: FromNow(TimeSpan.FromMilliseconds(100))).ResponseAsync.WaitAsync(Hang));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task A_deadline_reaches_the_server()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        var hour = TimeSpan.FromHours(1);
        DateTime deadline = FromNow(hour);
        using AsyncUnaryCall<EchoReply> call = host.Client().WaitAsync(new WaitRequest(), deadline: deadline);
        DateTime seen = await host.Journal.WaitStarted.Task.WaitAsync(Hang);
        // The wire carries what is left of the time, rounded to milliseconds or coarser.
        Assert.InRange(seen, deadline.AddSeconds(-1), FromNow(hour).AddSeconds(1));
    }

    [Fact]
    public async Task The_server_keeps_a_deadline_by_itself()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        using HttpMessageInvoker http = host.ConnectHttp();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address + "/compat.tests.Probe/Wait"))
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc") } },
            Headers = { { "te", "trailers" }, { "grpc-timeout", "100m" } },
        };
        using HttpResponseMessage response = await http.SendAsync(request, CancellationToken.None).WaitAsync(Hang);
        await response.Content.ReadAsByteArrayAsync().WaitAsync(Hang);
        string status = response.TrailingHeaders.Concat(response.Headers).Single(header => header.Key == "grpc-status").Value.Single();
        Assert.Equal("4", status);
        await host.Journal.WaitCancelled.Task.WaitAsync(Hang);
    }

    [Fact]
    public async Task Cancelling_the_token_ends_the_call_on_both_sides()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        using var cancellation = new CancellationTokenSource();
        using AsyncUnaryCall<EchoReply> call = host.Client().WaitAsync(new WaitRequest(), cancellationToken: cancellation.Token);
        await host.Journal.WaitStarted.Task.WaitAsync(Hang);
        await cancellation.CancelAsync();
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(Hang));
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        await host.Journal.WaitCancelled.Task.WaitAsync(Hang);
    }

    [Fact]
    public async Task Disposing_a_call_cancels_it_on_the_server()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        AsyncUnaryCall<EchoReply> call = host.Client().WaitAsync(new WaitRequest());
        await host.Journal.WaitStarted.Task.WaitAsync(Hang);
        call.Dispose();
        await host.Journal.WaitCancelled.Task.WaitAsync(Hang);
    }

    [Fact]
    public async Task Cancelling_a_read_ends_a_duplex_call()
    {
        await using ProbeHost host = await ProbeHost.StartAsync();
        using var cancellation = new CancellationTokenSource();
        using AsyncDuplexStreamingCall<EchoRequest, EchoReply> call = host.Client().Converse();
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "one" });
        Assert.True(await call.ResponseStream.MoveNext());
        Task<bool> read = call.ResponseStream.MoveNext(cancellation.Token);
        await cancellation.CancelAsync();
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => read.WaitAsync(Hang));
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }
}
