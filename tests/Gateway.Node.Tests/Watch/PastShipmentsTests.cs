using Gateway.Node.Screening;
using Gateway.Node.Tests.Building;
using Gateway.Node.Tests.Screening;
using Gateway.Node.Watch;
using Microsoft.Extensions.Logging.Abstractions;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Watch;

/// <summary>Batches that come faster than the store takes them wait outside, by their bytes.</summary>
public sealed class PastShipmentsTests
{
    private const int MostBatchBytes = 32 * 1_048_576, MostSingle = 65_536;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Batches_wait_for_room_by_their_bytes()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now(), pastDays: 0);
        using PastShipments past = StandingStill(desk);
        ShipmentColumns columns = ColumnsOf(desk, 4_096);
        int taken = 0;
        ValueTask next;
        while ((next = past.AddAsync(columns, new bool[columns.Count], CancellationToken.None)).IsCompletedSuccessfully) taken++;
        Assert.InRange((long)taken * columns.Bytes, MostBatchBytes, MostBatchBytes + columns.Bytes);
        await past.StartAsync(CancellationToken.None);
        await next.AsTask().WaitAsync(Patience);
        await past.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_batch_whose_sender_goes_while_it_waits_takes_no_room()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(ManualTime.Now(), pastDays: 0);
        using PastShipments past = StandingStill(desk);
        PreparedShipment single = desk.Shipment("S", "known@b.example");
        for (int i = 0; i < MostSingle; i++) past.Add(single, new V1.ScreeningResult());
        ShipmentColumns columns = ColumnsOf(desk, 1);
        for (int i = 0; i < 3_000; i++)
        {
            using CancellationTokenSource gone = new();
            ValueTask waiting = past.AddAsync(columns, [false], gone.Token);
            Assert.False(waiting.IsCompleted);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(waiting.AsTask);
        }

        await past.StartAsync(CancellationToken.None);
        await past.AddAsync(columns, [true], CancellationToken.None).AsTask().WaitAsync(Patience);
        await past.FlushAsync(CancellationToken.None).WaitAsync(Patience);
        await past.StopAsync(CancellationToken.None);
    }

    private static PastShipments StandingStill(WatchDesk desk) =>
        new(desk.Core.Store, desk.Core.Matcher, desk.Screener, desk.Core.Seal, desk.Core.Settings, new AlarmBell(desk.Core.Store, desk.Core.Time, NullLogger<AlarmBell>.Instance), desk.Core.Time);

    private static ShipmentColumns ColumnsOf(WatchDesk desk, int count) =>
        desk.Screener.NewParts().Take(ShipmentBatchTests.BatchOf([ShipmentBatchTests.PartOf(V1.PartyRole.Consignor, "known@b.example")], [.. Enumerable.Range(0, count).Select(_ => new[] { 0 })]));
}
