using System.Diagnostics;
using Gateway.Node.Broker;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Benchmarks.Scale;

/// <summary>A member that takes in the feed and notes when each leaf came, but does not apply it: two hundred whole nodes do not fit beside a broker on a small machine.</summary>
internal sealed class LightFollower : IDisposable
{
    private readonly BrokerConnection _connection;
    private readonly AsyncServerStreamingCall<FollowResponse> _call;

    /// <param name="connection">The member's, which is disposed with this.</param>
    /// <param name="from">First leaf wanted.</param>
    public LightFollower(BrokerConnection connection, ulong from)
    {
        _connection = connection;
        _call = new ExchangeService.ExchangeServiceClient(connection.Invoker).Follow(new FollowRequest { FromIndex = from, StateSize = from });
    }

    /// <summary>The newest leaf under a checkpoint that came, plus one.</summary>
    public ulong Size { get; private set; }

    /// <summary>When each leaf was here, with the checkpoint that covers it.</summary>
    public List<(ulong Index, long Time)> Arrivals { get; } = [];

    /// <summary>Whether the broker has begun to answer.</summary>
    public Task OpenedAsync() => _call.ResponseHeadersAsync;

    /// <summary>Reads until it has the leaves below <paramref name="end"/>.</summary>
    public async Task ReadAsync(Func<ulong> end, CancellationToken cancellation)
    {
        List<ulong> waiting = [];
        while (Size < end() && await _call.ResponseStream.MoveNext(cancellation))
        {
            FollowResponse message = _call.ResponseStream.Current;
            for (int i = 0; i < message.Leaves.Count; i++) waiting.Add(message.FirstIndex + (ulong)i);
            if (message.Checkpoint.IsEmpty) continue;
            long now = Stopwatch.GetTimestamp();
            foreach (ulong index in waiting) Arrivals.Add((index, now));
            Size = waiting[^1] + 1;
            waiting.Clear();
        }
    }

    public void Dispose()
    {
        _call.Dispose();
        _connection.Dispose();
    }
}
