using Gateway.Node.Screening;
using Gateway.Node.Watch;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>A member's own sellers and past shipments, and the alerts about them (watch.proto).</summary>
public sealed class WatchEndpoint(SellerBook sellers, AlertList alerts, Dismissals dismissals, Screener screener, INodeStore store, TimeProvider time) : WatchService.WatchServiceBase
{
    private const int MostSellers = 1_000;
    private const int LinesAMessage = 200;
    private const uint LongestWait = 600_000;

    /// <inheritdoc/>
    public override async Task<RegisterSellerResponse> RegisterSeller(RegisterSellerRequest request, ServerCallContext context)
    {
        screener.RequireCircle();
        (SellerRegistration registration, PreparedShipment prepared) = await sellers.RegisterAsync(request.Seller ?? new Seller(), context.CancellationToken);

        // Decided after it is registered: a record that comes in between is in the decision, or in an alert, or in both.
        ScreeningResult result = await screener.DecideAfterAsync(prepared, TimeSpan.FromMilliseconds(Math.Min(request.WaitMilliseconds, LongestWait)), time, context.CancellationToken);
        return new RegisterSellerResponse { Registration = registration, Result = result };
    }

    /// <inheritdoc/>
    public override async Task RegisterSellers(IAsyncStreamReader<RegisterSellersRequest> requestStream, IServerStreamWriter<RegisterSellersResponse> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            Google.Protobuf.Collections.RepeatedField<Seller> some = requestStream.Current.Sellers;
            if (some.Count > MostSellers) throw new RefusalException(Refusal.Invalid("TOO_MANY_SELLERS", $"A message holds {some.Count} sellers, more than {MostSellers}.", "sellers", "Send them in several messages."));
            RegisterSellersResponse response = new();
            response.Outcomes.AddRange(await sellers.RegisterAsync(some, context.CancellationToken));
            await responseStream.WriteAsync(response, context.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async Task ListSellers(ListSellersRequest request, IServerStreamWriter<ListSellersResponse> responseStream, ServerCallContext context)
    {
        if (request.Check) screener.RequireCircle();
        ListSellersResponse page = new();
        await foreach (SellerLine line in sellers.ListAsync(request.References, request.Check, context.CancellationToken))
        {
            page.Sellers.Add(line);
            if (page.Sellers.Count < LinesAMessage) continue;
            await responseStream.WriteAsync(page, context.CancellationToken);
            page = new ListSellersResponse();
        }

        if (page.Sellers.Count > 0) await responseStream.WriteAsync(page, context.CancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<RemoveSellersResponse> RemoveSellers(RemoveSellersRequest request, ServerCallContext context) =>
        new() { Removed = { await sellers.RemoveAsync(request.References.Take(MostSellers), context.CancellationToken) } };

    /// <inheritdoc/>
    public override async Task ListAlerts(ListAlertsRequest request, IServerStreamWriter<ListAlertsResponse> responseStream, ServerCallContext context)
    {
        await foreach (IReadOnlyList<Alert> page in alerts.ReadAsync(request.AfterChange, request.Follow, context.CancellationToken))
        {
            await responseStream.WriteAsync(new ListAlertsResponse { Alerts = { page } }, context.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async Task<AcknowledgeAlertsResponse> AcknowledgeAlerts(AcknowledgeAlertsRequest request, ServerCallContext context) =>
        new() { Acknowledged = { await alerts.AcknowledgeAsync(request.Ids.Take(MostSellers), request.By, request.Note, context.CancellationToken) } };

    /// <inheritdoc/>
    public override async Task<DismissResponse> Dismiss(DismissRequest request, ServerCallContext context)
    {
        if (request.SubjectCase == DismissRequest.SubjectOneofCase.None) throw new RefusalException(Refusal.Invalid("FIELD_MISSING", "The request names neither shipment nor seller nor alert.", "subject", "Name one of them."));
        return new DismissResponse { Id = await alerts.DismissAsync(request, context.CancellationToken) };
    }

    /// <inheritdoc/>
    public override async Task ListDismissals(ListDismissalsRequest request, IServerStreamWriter<ListDismissalsResponse> responseStream, ServerCallContext context)
    {
        await foreach (DismissalLine[] page in dismissals.ListAsync(context.CancellationToken).Chunk(LinesAMessage).WithCancellation(context.CancellationToken))
        {
            await responseStream.WriteAsync(new ListDismissalsResponse { Dismissals = { page } }, context.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async Task<ReinstateResponse> Reinstate(ReinstateRequest request, ServerCallContext context)
    {
        await dismissals.RemoveAsync(request.Id, context.CancellationToken);
        return new ReinstateResponse();
    }

    /// <inheritdoc/>
    public override async Task<GetWatchStatusResponse> GetWatchStatus(GetWatchStatusRequest request, ServerCallContext context)
    {
        PastSize size = await store.CountPastAsync(context.CancellationToken);
        ulong open = 0;
        await foreach (StoredAlert alert in store.ReadAlertsAsync(0, context.CancellationToken)) open += alert.Ended is null && alert.Acknowledged is null ? 1UL : 0;
        return new GetWatchStatusResponse
        {
            Sellers = (ulong)await store.CountSellersAsync(context.CancellationToken),
            OpenAlerts = open,
            PastShipments = (ulong)size.Shipments,
            PastBytes = (ulong)size.SealedBytes,
            PastKeys = (ulong)size.Keys,
            Dismissals = (ulong)dismissals.Count,
        };
    }
}
