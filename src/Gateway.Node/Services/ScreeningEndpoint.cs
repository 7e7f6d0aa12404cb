using Gateway.Node.Screening;
using Gateway.Node.Watch;
using Gateway.Protocol.Errors;
using Grpc.Core;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Services;

/// <summary>Screening for the member's own officers and systems (screening.proto).</summary>
public sealed class ScreeningEndpoint(Screener screener, PastShipments past, TimeProvider time) : V1.ScreeningService.ScreeningServiceBase
{
    private const uint LongestWait = 600_000;

    /// <inheritdoc/>
    public override async Task<V1.ScreenResponse> Screen(V1.ScreenRequest request, ServerCallContext context)
    {
        screener.RequireCircle();
        V1.Shipment shipment = request.Shipment ?? throw Missing("shipment");
        if (ShipmentRules.FaultOf(shipment) is { } fault) throw new RefusalException(fault);
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
    public override Task ScreenStream(IAsyncStreamReader<V1.ScreenStreamRequest> requestStream, IServerStreamWriter<V1.ScreenStreamResponse> responseStream, ServerCallContext context)
    {
        screener.RequireCircle();
        return new ScreeningStream(screener, past, time).RunAsync(requestStream, responseStream, context.CancellationToken);
    }

    private async Task<V1.ScreeningResult> DecideAfterAsync(PreparedShipment prepared, uint waitMilliseconds, CancellationToken cancellation) =>
        Remembered(prepared, await screener.DecideAfterAsync(prepared, TimeSpan.FromMilliseconds(Math.Min(waitMilliseconds, LongestWait)), time, cancellation));

    // What has its final result is remembered, so that a record that arrives later finds it.
    private V1.ScreeningResult Remembered(PreparedShipment prepared, V1.ScreeningResult result)
    {
        if (result.Final) past.Add(prepared, result);
        return result;
    }

    private static RefusalException Missing(string field) => new(Refusal.Invalid("FIELD_MISSING", "The request is empty.", field, "Fill in the field."));
}
