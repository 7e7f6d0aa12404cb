using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Node.Broker;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Benchmarks.Scale;

/// <summary>Publishes records one by one at a steady rate, and notes when each was acknowledged.</summary>
internal sealed class PacedUpload(BrokerConnection connection, IReadOnlyList<SealedRecord> records, double perSecond)
{
    /// <summary>When the broker's receipt of a leaf was here.</summary>
    public ConcurrentDictionary<ulong, long> Acknowledged { get; } = new();

    public async Task RunAsync()
    {
        using AsyncDuplexStreamingCall<PublishRequest, PublishResponse> call = new ExchangeService.ExchangeServiceClient(connection.Invoker).Publish();
        Task reading = Task.Run(async () =>
        {
            await foreach (PublishResponse response in call.ResponseStream.ReadAllAsync())
            {
                long now = Stopwatch.GetTimestamp();
                foreach (PublishOutcome outcome in response.Outcomes)
                {
                    Acknowledged[(outcome.Receipt ?? throw new InvalidOperationException($"The broker refused a record: {outcome.Refusal}")).Index] = now;
                }
            }
        });
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < records.Count; i++)
        {
            TimeSpan early = TimeSpan.FromSeconds(i / perSecond) - Stopwatch.GetElapsedTime(start);
            if (early > TimeSpan.Zero) await Task.Delay(early);
            await call.RequestStream.WriteAsync(new PublishRequest { Submissions = { records[i].Submission } });
        }

        await call.RequestStream.CompleteAsync();
        await reading;
    }
}
