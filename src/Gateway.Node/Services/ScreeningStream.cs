using System.Threading.Channels;
using Gateway.Node.Screening;
using Gateway.Node.Watch;
using Gateway.Protocol.Errors;
using Grpc.Core;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Services;

/// <summary>One stream of shipments and the results that go back on it, while shipments still come.</summary>
/// <param name="screener">Decides.</param>
/// <param name="past">Remembers what has its final result.</param>
/// <param name="time">The clock.</param>
/// <param name="mostWaiting">Shipments of the stream that wait for evaluators at once.</param>
internal sealed class ScreeningStream(Screener screener, PastShipments past, TimeProvider time, int mostWaiting = 50_000)
{
    private const int ResultsAMessage = 200;
    private const int LargestMessage = 1_048_576;
    private const int FewestAPart = 32;
    private const uint LongestWait = 3_600_000;

    // The bound is what makes a source that is faster than the evaluators wait.
    private readonly Channel<Answer> _answers = Channel.CreateBounded<Answer>(2 * ResultsAMessage);
    private readonly ShipmentParts _parts = screener.NewParts();
    private readonly ClearedShipments[] _searches = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => screener.NewSearch())];
    private readonly List<Task> _waiting = [];
    private uint _wait;
    private bool _isFull;

    /// <summary>Screens until the stream ends and everything has its final result.</summary>
    public async Task RunAsync(IAsyncStreamReader<V1.ScreenStreamRequest> requests, IServerStreamWriter<V1.ScreenStreamResponse> responses, CancellationToken cancellation)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task writing = WriteAsync(responses, ended);
        try
        {
            await ReadAsync(requests, ended.Token);
            _answers.Writer.Complete();
        }
        catch (Exception fault)
        {
            _answers.Writer.Complete(fault);

            // Who could not write tells why the reading ended.
            if (writing.IsFaulted || (ended.IsCancellationRequested && !cancellation.IsCancellationRequested)) await writing;
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await writing;
    }

    private async Task ReadAsync(IAsyncStreamReader<V1.ScreenStreamRequest> requests, CancellationToken cancellation)
    {
        bool first = true;
        using SemaphoreSlim room = new(mostWaiting, mostWaiting);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (await requests.MoveNext(cancellation))
            {
                V1.ScreenStreamRequest request = requests.Current;
                if (first) (_wait, first) = (Math.Min(request.WaitMilliseconds, LongestWait), false);
                Decided[] decided = new Decided[request.Shipments.Count];
                await SpreadAsync(decided.Length, async (i, end, _) =>
                {
                    for (; i < end; i++) decided[i] = await DecideAsync(request.Shipments[i], cancellation);
                });
                await AnswerAsync(decided, room, patience.Token, cancellation);
                if (request.Batch is not null) await TakeAsync(_parts.Take(request.Batch), room, patience.Token, cancellation);
            }

            patience.CancelAfter(TimeSpan.FromMilliseconds(_wait));
            await Task.WhenAll(_waiting);
        }
        catch
        {
            await patience.CancelAsync();
            await Task.WhenAll(_waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task TakeAsync(ShipmentColumns columns, SemaphoreSlim room, CancellationToken patience, CancellationToken cancellation)
    {
        bool[] cleared = new bool[columns.Count];
        int found = 0;
        await SpreadAsync(columns.Count, (i, end, worker) =>
        {
            Interlocked.Add(ref found, screener.Clear(_searches[worker], columns, i, end, cleared));
            return ValueTask.CompletedTask;
        });
        if (found > 0)
        {
            await past.AddAsync(columns, cleared, cancellation);
            uint[] places = new uint[found];
            for (int i = 0, next = 0; i < cleared.Length; i++) if (cleared[i]) places[next++] = columns.FirstPlace + (uint)i;
            await _answers.Writer.WriteAsync(new Answer(null, places), cancellation);
        }

        if (found == columns.Count) return;
        int[] others = [.. Enumerable.Range(0, columns.Count).Where(i => !cleared[i])];
        Decided[] decided = new Decided[others.Length];
        await SpreadAsync(others.Length, async (i, end, _) =>
        {
            for (; i < end; i++) decided[i] = FaultOf(columns, others[i]) is { } fault ? Refused(columns.IdOf(others[i]), fault) : await DecideAsync(screener.Prepare(columns, others[i]), cancellation);
        });
        await AnswerAsync(decided, room, patience, cancellation);
    }

    /// <summary>Works on one message's shipments, over all processors.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="work">Does those from its first number to before its second, by the worker with its third.</param>
    private static async Task SpreadAsync(int count, Func<int, int, int, ValueTask> work)
    {
        int next = 0;
        Task[] others = new Task[Math.Clamp(count / FewestAPart, 1, Environment.ProcessorCount) - 1];
        for (int i = 0; i < others.Length; i++)
        {
            int worker = i + 1;
            others[i] = Task.Run(() => WorkAsync(worker));
        }

        try
        {
            await WorkAsync(0);
        }
        finally
        {
            await Task.WhenAll(others);
        }

        async Task WorkAsync(int worker)
        {
            for (int first = Interlocked.Add(ref next, FewestAPart) - FewestAPart; first < count; first = Interlocked.Add(ref next, FewestAPart) - FewestAPart) await work(first, Math.Min(first + FewestAPart, count), worker);
        }
    }

    private ValueTask<Decided> DecideAsync(V1.Shipment shipment, CancellationToken cancellation) =>
        ShipmentRules.FaultOf(shipment) is { } fault ? ValueTask.FromResult(Refused(shipment.Id, fault)) : DecideAsync(screener.Prepare(shipment), cancellation);

    private async ValueTask<Decided> DecideAsync(PreparedShipment prepared, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Task? unknown = screener.WantUnknown(prepared);
        return new Decided(await screener.DecideAsync(prepared, cancellation), prepared, unknown);
    }

    private async Task AnswerAsync(Decided[] decided, SemaphoreSlim room, CancellationToken patience, CancellationToken cancellation)
    {
        foreach ((V1.ScreeningResult now, PreparedShipment? prepared, Task? unknown) in decided)
        {
            now.Final = unknown is null || _wait == 0;
            await AnswerAsync(prepared, now, cancellation);
            if (prepared is null || now.Final) continue;

            if (!await TryEnterAsync(room, cancellation))
            {
                await AnswerAsync(prepared, await screener.DecideAsync(prepared, cancellation), cancellation);
                continue;
            }

            _waiting.Add(DecideLaterAsync(prepared, unknown!, room, patience, cancellation));
            if (_waiting.Count >= 2 * mostWaiting) _waiting.RemoveAll(task => task.IsCompletedSuccessfully);
        }
    }

    private async Task DecideLaterAsync(PreparedShipment prepared, Task unknown, SemaphoreSlim room, CancellationToken patience, CancellationToken cancellation)
    {
        try
        {
            await unknown.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            await AnswerAsync(prepared, await screener.DecideAsync(prepared, cancellation), cancellation);
        }
        finally
        {
            room.Release();
        }
    }

    // What has its final result is remembered, so that a record that arrives later finds it.
    private ValueTask AnswerAsync(PreparedShipment? prepared, V1.ScreeningResult result, CancellationToken cancellation)
    {
        if (prepared is not null && result.Final) past.Add(prepared, result);
        return _answers.Writer.WriteAsync(new Answer(result, []), cancellation);
    }

    // With the evaluators away no room comes free by itself. The first shipment that finds none waits for it as long as any may wait; those after it have their answers at once until there is room again.
    private async Task<bool> TryEnterAsync(SemaphoreSlim room, CancellationToken cancellation)
    {
        if (room.Wait(0, CancellationToken.None))
        {
            _isFull = false;
            return true;
        }

        if (_isFull) return false;
        using CancellationTokenSource patience = new(TimeSpan.FromMilliseconds(_wait), time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await room.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            _isFull = true;
            return false;
        }
    }

    // A writer that fails ends the reading: else that would wait for room which nobody makes.
    private async Task WriteAsync(IServerStreamWriter<V1.ScreenStreamResponse> responses, CancellationTokenSource ended)
    {
        try
        {
            while (await _answers.Reader.WaitToReadAsync(ended.Token))
            {
                V1.ScreenStreamResponse message = new();
                int size = 0;
                while (message.Results.Count < ResultsAMessage && size < LargestMessage && _answers.Reader.TryRead(out Answer answer))
                {
                    if (answer.Result is not null) message.Results.Add(answer.Result);
                    message.Cleared.AddRange(answer.Cleared);
                    size += (answer.Result?.CalculateSize() ?? 0) + (sizeof(uint) * answer.Cleared.Length);
                }

                await responses.WriteAsync(message, ended.Token);
            }
        }
        catch
        {
            await ended.CancelAsync();
            throw;
        }
    }

    private static Refusal? FaultOf(ShipmentColumns columns, int shipment)
    {
        for (int i = 0; i < columns.PartsOf(shipment); i++)
        {
            if (columns.Part(shipment, i).Fault is { } fault) return fault;
        }

        return null;
    }

    private static Decided Refused(string shipment, Refusal fault)
    {
        // Not screened is not cleared.
        V1.ScreeningResult result = new() { ShipmentId = shipment, Decision = V1.ScreeningDecision.NotScreened, Lane = V1.Lane.Yellow, Final = true };
        result.RejectedFields.Add(fault.ToDetail());
        return new Decided(result, null, null);
    }

    private readonly record struct Decided(V1.ScreeningResult Result, PreparedShipment? Prepared, Task? Unknown);

    private readonly record struct Answer(V1.ScreeningResult? Result, uint[] Cleared);
}
