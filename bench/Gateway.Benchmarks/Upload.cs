using System.Diagnostics;
using Gateway.Node.Broker;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Benchmarks;

/// <summary>How long an upload took, and each of its records.</summary>
/// <param name="Seconds">From the first message sent to the last receipt.</param>
/// <param name="ProcessorSeconds">Of this process: broker and senders.</param>
/// <param name="Milliseconds">From a record's sending to its receipt, ascending.</param>
internal sealed record Upload(double Seconds, double ProcessorSeconds, double[] Milliseconds)
{
    /// <summary>Records in a message, as a node's outbox sends them.</summary>
    public const int MessageSize = 256;

    public double RecordsPerSecond => Milliseconds.Length / Seconds;

    /// <summary>Processor time of broker and senders together, µs a record.</summary>
    public double ProcessorMicroseconds => ProcessorSeconds * 1e6 / Milliseconds.Length;

    /// <summary>The latency that so many of a hundred records do not exceed.</summary>
    public double Percentile(int percent) => Milliseconds[Math.Min(Milliseconds.Length - 1, Milliseconds.Length * percent / 100)];

    /// <summary>Uploads on one stream a member, with at most so many records of each without a receipt.</summary>
    public static async Task<Upload> RunAsync(IReadOnlyList<BrokerConnection> members, IReadOnlyList<SealedRecord[]> records, int outstanding)
    {
        PublishRequest[][] messages = [.. records.Select(own => own.Chunk(MessageSize).Select(chunk => new PublishRequest { Submissions = { chunk.Select(record => record.Submission) } }).ToArray())];
        long start = Stopwatch.GetTimestamp();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        double[][] latencies = await Task.WhenAll(members.Select((member, i) => Task.Run(() => SendAsync(member, messages[i], outstanding))));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new Upload(seconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds, [.. latencies.SelectMany(own => own).Order()]);
    }

    private static async Task<double[]> SendAsync(BrokerConnection member, PublishRequest[] messages, int outstanding)
    {
        using AsyncDuplexStreamingCall<PublishRequest, PublishResponse> call = new ExchangeService.ExchangeServiceClient(member.Invoker).Publish();
        using SemaphoreSlim places = new(outstanding, outstanding);
        Dictionary<ByteString, long> sent = [];
        Task sending = Task.Run(async () =>
        {
            foreach (PublishRequest message in messages)
            {
                for (int i = 0; i < message.Submissions.Count; i++) await places.WaitAsync();
                long now = Stopwatch.GetTimestamp();
                lock (sent)
                {
                    foreach (Submission submission in message.Submissions) sent.Add(submission.RecordId, now);
                }

                await call.RequestStream.WriteAsync(message);
            }

            await call.RequestStream.CompleteAsync();
        });
        List<double> latencies = [];
        await foreach (PublishResponse response in call.ResponseStream.ReadAllAsync())
        {
            long now = Stopwatch.GetTimestamp();
            foreach (PublishOutcome outcome in response.Outcomes)
            {
                if (outcome.Receipt is null) throw new InvalidOperationException($"The broker refused a record: {outcome.Refusal}");
                lock (sent) latencies.Add(Stopwatch.GetElapsedTime(sent[outcome.RecordId], now).TotalMilliseconds);
            }

            places.Release(response.Outcomes.Count);
        }

        await sending;
        return [.. latencies];
    }
}
