using Gateway.Node.Services;
using Gateway.Node.Tests.Building;
using Gateway.Node.Tests.Watch;
using Grpc.Core;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Screening;

/// <summary>A stream with more shipments of unknown identifiers than may wait, while no evaluator is there.</summary>
public sealed class ScreeningStreamTests
{
    private const int MostWaiting = 3, Shipments = 40;

    [Fact]
    public async Task Where_no_room_comes_free_the_stream_waits_for_it_once_and_not_for_each_shipment()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now());
        V1.ScreenStreamRequest request = new() { WaitMilliseconds = 1 };
        for (int i = 0; i < Shipments; i++) request.Shipments.Add(new V1.Shipment { Id = $"S{i}", Parties = { ShipmentBatchTests.PartOf(V1.PartyRole.Consignor, $"new-{i}@b.example").Party } });
        Hurry time = new();
        Written written = new();
        await new ScreeningStream(desk.Screener, desk.Past, time, MostWaiting).RunAsync(new Requests(request), written, CancellationToken.None);
        Assert.Equal(1, time.Waits);
        List<V1.ScreeningResult> final = [.. written.Messages.SelectMany(message => message.Results).Where(result => result.Final)];
        Assert.Equal(Shipments, final.Select(result => result.ShipmentId).Distinct().Count());
        Assert.Equal(Shipments, final.Count);
        Assert.All(final, result => Assert.Equal(V1.ScreeningDecision.Pending, result.Decision));
    }

    /// <summary>Every wait is over at once, and counted.</summary>
    private sealed class Hurry : TimeProvider
    {
        public int Waits { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits++;
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    private sealed class Requests(V1.ScreenStreamRequest only) : IAsyncStreamReader<V1.ScreenStreamRequest>
    {
        private bool _read;

        public V1.ScreenStreamRequest Current => only;

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            bool more = !_read;
            _read = true;
            return Task.FromResult(more);
        }
    }

    private sealed class Written : IServerStreamWriter<V1.ScreenStreamResponse>
    {
        public List<V1.ScreenStreamResponse> Messages { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(V1.ScreenStreamResponse message)
        {
            Messages.Add(message);
            return Task.CompletedTask;
        }

        public Task WriteAsync(V1.ScreenStreamResponse message, CancellationToken cancellationToken) => WriteAsync(message);
    }
}
