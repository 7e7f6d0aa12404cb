using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Node.Tests.Network;

/// <summary>Long streams of shipments through a running node: twenty thousand, and a million where GATEWAY_LONG_TESTS is set.</summary>
public sealed class StreamTests
{
    private const int ShipmentsAMessage = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_reader_that_stalls_makes_the_sender_wait_and_loses_nothing()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await StartAsync(network);
        using AsyncDuplexStreamingCall<ScreenStreamRequest, ScreenStreamResponse> call = node.Screening.ScreenStream();

        // Nobody reads. What lies between is bounded, so at some message the writing does not end any more.
        int sent = 0;
        Task writing;
        do
        {
            writing = call.RequestStream.WriteAsync(MessageOf(sent, i => $"same-{i % 7}@b.example"));
            sent++;
            Assert.True(sent < 300, "The node took 300,000 shipments whose results nobody read.");
        }
        while (await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(2))) == writing);

        // The reader is back.
        HashSet<string> final = [];
        Task reading = Task.Run(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                foreach (ScreeningResult result in call.ResponseStream.Current.Results.Where(result => result.Final)) Assert.True(final.Add(result.ShipmentId));
            }
        });
        await writing.WaitAsync(Patience);
        await call.RequestStream.CompleteAsync();
        await reading.WaitAsync(Patience);
        Assert.Equal(sent * ShipmentsAMessage, final.Count);
    }

    [Fact]
    public async Task Known_identifiers_go_on_at_once_while_one_in_a_hundred_waits_for_an_evaluator_that_is_away()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await StartAsync(network);

        // One consignor of twenty thousand shipments: evaluated once, while the broker is there.
        Assert.Equal(ScreeningDecision.Cleared, (await node.Screening.ScreenAsync(new ScreenRequest { Shipment = ShipmentOf("S", "known@b.example"), WaitMilliseconds = 30_000 })).Result.Decision);
        await network.StopBrokerAsync();
        using AsyncDuplexStreamingCall<ScreenStreamRequest, ScreenStreamResponse> call = node.Screening.ScreenStream();
        int messages = Environment.GetEnvironmentVariable("GATEWAY_LONG_TESTS") is null ? 20 : 1_000;
        Dictionary<string, ScreeningResult> last = [];
        TaskCompletionSource allKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task reading = Task.Run(async () =>
        {
            int cleared = 0;
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                foreach (ScreeningResult result in call.ResponseStream.Current.Results)
                {
                    last[result.ShipmentId] = result;
                    cleared += result is { Final: true, Decision: ScreeningDecision.Cleared } ? 1 : 0;
                }

                if (cleared == messages * ShipmentsAMessage * 99 / 100) allKnown.TrySetResult();
            }
        });
        for (int i = 0; i < messages; i++)
        {
            ScreenStreamRequest message = MessageOf(i, shipment => shipment % 100 == 0 ? $"new-{shipment}@b.example" : "known@b.example");
            message.WaitMilliseconds = 500;
            await call.RequestStream.WriteAsync(message);
        }

        // Before the stream ends, and with the unknown still waiting: they hold up nobody.
        await allKnown.Task.WaitAsync(messages * Patience / 20);
        await call.RequestStream.CompleteAsync();
        await reading.WaitAsync(Patience);
        Assert.Equal(messages * ShipmentsAMessage, last.Count);
        Assert.Equal(messages * ShipmentsAMessage / 100, last.Values.Count(result => result is { Final: true, Decision: ScreeningDecision.Pending, PendingIdentifiers: 1 }));
    }

    [Fact]
    public async Task A_consignor_of_thousands_of_new_shipments_is_evaluated_once_and_all_are_decided()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await StartAsync(network);
        using AsyncDuplexStreamingCall<ScreenStreamRequest, ScreenStreamResponse> call = node.Screening.ScreenStream();
        for (int i = 0; i < 5; i++)
        {
            ScreenStreamRequest message = MessageOf(i, _ => "first@b.example");
            message.WaitMilliseconds = 30_000;
            await call.RequestStream.WriteAsync(message);
        }

        await call.RequestStream.CompleteAsync();
        List<string> cleared = [];
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            cleared.AddRange(call.ResponseStream.Current.Results.Where(result => result is { Final: true, Decision: ScreeningDecision.Cleared }).Select(result => result.ShipmentId));
        }

        Assert.Equal(5 * ShipmentsAMessage, cleared.Distinct().Count());
        Assert.Equal(1UL, (await node.Contributions.GetStatusAsync(new GetStatusRequest())).KnownIdentifiers);
    }

    private static async Task<RunningNode> StartAsync(RunningNetwork network)
    {
        RunningNode node = await network.AddNodeAsync("retailer"), second = await network.AddNodeAsync("second");
        await node.StartAsync();
        await second.StartAsync();
        await network.CreateCircleAsync("acx", node, second);
        return node;
    }

    private static ScreenStreamRequest MessageOf(int number, Func<int, string> emailOf)
    {
        ScreenStreamRequest message = new();
        for (int i = 0; i < ShipmentsAMessage; i++) message.Shipments.Add(ShipmentOf($"S{(number * ShipmentsAMessage) + i}", emailOf((number * ShipmentsAMessage) + i)));
        return message;
    }

    private static Shipment ShipmentOf(string id, string email) => new()
    {
        Id = id,
        Parties = { new ShipmentParty { Role = PartyRole.Consignor, Party = new Party { Kind = SubjectKind.Organisation, Identifiers = { new StatedIdentifier { Type = 1, Value = email } } } } },
    };
}
