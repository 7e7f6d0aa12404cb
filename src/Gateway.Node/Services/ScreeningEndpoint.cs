using System.Threading.Channels;
using Gateway.Node.Screening;
using Gateway.Node.Watch;
using Gateway.Protocol.Errors;
using Google.Protobuf.Collections;
using Grpc.Core;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Services;

/// <summary>Screening for the member's own officers and systems (screening.proto).</summary>
public sealed class ScreeningEndpoint(Screener screener, PastShipments past, TimeProvider time) : V1.ScreeningService.ScreeningServiceBase
{
    private const int MostParties = 8;
    private const int MostReferences = 32;
    private const int LongestId = 128;
    private const int MostWaiting = 50_000;
    private const int ResultsAMessage = 200;
    private const int LargestMessage = 1_048_576;
    private const int FewestAPart = 32;
    private const uint LongestWait = 600_000;
    private const uint LongestStreamWait = 3_600_000;

    /// <inheritdoc/>
    public override async Task<V1.ScreenResponse> Screen(V1.ScreenRequest request, ServerCallContext context)
    {
        screener.RequireCircle();
        V1.Shipment shipment = request.Shipment ?? throw Missing("shipment");
        if (FaultOf(shipment) is { } fault) throw new RefusalException(fault);
        PreparedShipment prepared = screener.Prepare(shipment);
        return new V1.ScreenResponse { Result = await DecideAfterAsync(prepared, request.WaitMilliseconds, context.CancellationToken) };
    }

    /// <inheritdoc/>
    public override async Task<V1.QueryResponse> Query(V1.QueryRequest request, ServerCallContext context)
    {
        screener.RequireCircle();
        V1.Party party = request.Party ?? throw Missing("party");
        if (Translation.FaultOf(party, "party") is { } fault) throw new RefusalException(fault);
        PreparedShipment prepared = screener.Prepare(Translation.ToParty(party));
        if (prepared.Hashes.Length == 0 && prepared.Names.Count == 0 && prepared.Keys.Rejections.Count == 0)
        {
            throw new RefusalException(Refusal.Invalid("NOTHING_TO_QUERY", "Nothing in the query identifies anybody.", "party", "Give an identifier, or a name with a postcode or city."));
        }

        return new V1.QueryResponse { Result = await DecideAfterAsync(prepared, request.WaitMilliseconds, context.CancellationToken) };
    }

    /// <inheritdoc/>
    public override async Task ScreenStream(IAsyncStreamReader<V1.ScreenStreamRequest> requestStream, IServerStreamWriter<V1.ScreenStreamResponse> responseStream, ServerCallContext context)
    {
        screener.RequireCircle();

        // The bound is what makes a source that is faster than the evaluators wait.
        Channel<V1.ScreeningResult> results = Channel.CreateBounded<V1.ScreeningResult>(2 * ResultsAMessage);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        Task writing = WriteAsync(results.Reader, responseStream, ended);
        try
        {
            await ReadAsync(requestStream, results.Writer, ended.Token);
            results.Writer.Complete();
        }
        catch (Exception fault)
        {
            results.Writer.Complete(fault);

            // Who could not write tells why the reading ended.
            if (writing.IsFaulted || (ended.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)) await writing;
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await writing;
    }

    private async Task ReadAsync(IAsyncStreamReader<V1.ScreenStreamRequest> requests, ChannelWriter<V1.ScreeningResult> results, CancellationToken cancellation)
    {
        uint wait = 0;
        bool first = true;
        using SemaphoreSlim room = new(MostWaiting, MostWaiting);
        List<Task> waiting = [];
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (await requests.MoveNext(cancellation))
            {
                if (first) (wait, first) = (requests.Current.WaitMilliseconds, false);
                foreach ((V1.ScreeningResult now, PreparedShipment? prepared, Task? unknown) in await DecideAllAsync(requests.Current.Shipments, cancellation))
                {
                    now.Final = unknown is null || wait == 0;
                    await results.WriteAsync(prepared is null ? now : Remembered(prepared, now), cancellation);
                    if (prepared is null || unknown is null || wait == 0) continue;

                    // With the evaluators away no room comes free by itself: the patience of the stream ends this wait as well.
                    if (!await TryEnterAsync(room, wait, cancellation))
                    {
                        await results.WriteAsync(Remembered(prepared, await screener.DecideAsync(prepared, cancellation)), cancellation);
                        continue;
                    }

                    waiting.Add(DecideLaterAsync(prepared, unknown, results, room, patience.Token, cancellation));
                    if (waiting.Count >= 2 * MostWaiting) waiting.RemoveAll(task => task.IsCompletedSuccessfully);
                }
            }

            patience.CancelAfter(TimeSpan.FromMilliseconds(Math.Min(wait, LongestStreamWait)));
            await Task.WhenAll(waiting);
        }
        catch
        {
            await patience.CancelAsync();
            await Task.WhenAll(waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>One message's shipments, in order, spread over the processors.</summary>
    private async Task<(V1.ScreeningResult Result, PreparedShipment? Prepared, Task? Unknown)[]> DecideAllAsync(RepeatedField<V1.Shipment> shipments, CancellationToken cancellation)
    {
        (V1.ScreeningResult, PreparedShipment?, Task?)[] decided = new (V1.ScreeningResult, PreparedShipment?, Task?)[shipments.Count];
        int parts = Math.Clamp(shipments.Count / FewestAPart, 1, Environment.ProcessorCount);
        int next = 0;
        Task[] work = new Task[parts - 1];
        for (int i = 0; i < work.Length; i++) work[i] = Task.Run(DecideSomeAsync, cancellation);
        try
        {
            await DecideSomeAsync();
        }
        finally
        {
            await Task.WhenAll(work);
        }

        return decided;

        async Task DecideSomeAsync()
        {
            for (int first = Interlocked.Add(ref next, FewestAPart) - FewestAPart; first < decided.Length; first = Interlocked.Add(ref next, FewestAPart) - FewestAPart)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int i = first; i < Math.Min(first + FewestAPart, decided.Length); i++)
                {
                    if (FaultOf(shipments[i]) is { } fault)
                    {
                        decided[i] = (Refused(shipments[i], fault), null, null);
                        continue;
                    }

                    PreparedShipment prepared = screener.Prepare(shipments[i]);
                    Task? unknown = screener.WantUnknown(prepared);
                    decided[i] = (await screener.DecideAsync(prepared, cancellation), prepared, unknown);
                }
            }
        }
    }

    private async Task DecideLaterAsync(PreparedShipment prepared, Task unknown, ChannelWriter<V1.ScreeningResult> results, SemaphoreSlim room, CancellationToken patience, CancellationToken cancellation)
    {
        try
        {
            await unknown.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            await results.WriteAsync(Remembered(prepared, await screener.DecideAsync(prepared, cancellation)), cancellation);
        }
        finally
        {
            room.Release();
        }
    }

    private async Task<bool> TryEnterAsync(SemaphoreSlim room, uint waitMilliseconds, CancellationToken cancellation)
    {
        if (room.Wait(0, CancellationToken.None)) return true;
        using CancellationTokenSource patience = new(TimeSpan.FromMilliseconds(Math.Min(waitMilliseconds, LongestStreamWait)), time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await room.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    // A writer that fails ends the reading: else that would wait for room which nobody makes.
    private static async Task WriteAsync(ChannelReader<V1.ScreeningResult> results, IServerStreamWriter<V1.ScreenStreamResponse> response, CancellationTokenSource ended)
    {
        try
        {
            while (await results.WaitToReadAsync(ended.Token))
            {
                V1.ScreenStreamResponse message = new();
                int size = 0;
                while (message.Results.Count < ResultsAMessage && size < LargestMessage && results.TryRead(out V1.ScreeningResult? result))
                {
                    message.Results.Add(result);
                    size += result.CalculateSize();
                }

                await response.WriteAsync(message, ended.Token);
            }
        }
        catch
        {
            await ended.CancelAsync();
            throw;
        }
    }

    private async Task<V1.ScreeningResult> DecideAfterAsync(PreparedShipment prepared, uint waitMilliseconds, CancellationToken cancellation) =>
        Remembered(prepared, await screener.DecideAfterAsync(prepared, TimeSpan.FromMilliseconds(Math.Min(waitMilliseconds, LongestWait)), time, cancellation));

    // What has its final result is remembered, so that a record that arrives later finds it.
    private V1.ScreeningResult Remembered(PreparedShipment prepared, V1.ScreeningResult result)
    {
        if (result.Final) past.Add(prepared, result);
        return result;
    }

    private static Refusal? FaultOf(V1.Shipment shipment)
    {
        if (shipment.Id.Length is 0 or > LongestId) return Refusal.Invalid("SHIPMENT_ID_INVALID", $"The shipment's id is empty or longer than {LongestId} characters.", "id", "Give the declaration's own number.");
        if (shipment.Parties.Count > MostParties) return Refusal.Invalid("SHIPMENT_TOO_LARGE", $"The shipment has {shipment.Parties.Count} parties, more than {MostParties}.", shipment.Id, "Leave out parties that are not consignor, consignee, seller or declarant.");
        if (shipment.References.Count > MostReferences) return Refusal.Invalid("SHIPMENT_TOO_LARGE", $"The shipment has {shipment.References.Count} references, more than {MostReferences}.", shipment.Id, "Split the shipment.");
        return Translation.FaultOf(shipment.References, "references") ?? shipment.Parties.Select(party => Translation.FaultOf(party.Party ?? new V1.Party(), "parties")).FirstOrDefault(fault => fault is not null);
    }

    private static V1.ScreeningResult Refused(V1.Shipment shipment, Refusal fault)
    {
        // Not screened is not cleared.
        V1.ScreeningResult result = new() { ShipmentId = shipment.Id, Decision = V1.ScreeningDecision.NotScreened, Lane = V1.Lane.Yellow, Final = true };
        result.RejectedFields.Add(fault.ToDetail());
        return result;
    }

    private static RefusalException Missing(string field) => new(Refusal.Invalid("FIELD_MISSING", "The request is empty.", field, "Fill in the field."));
}
