using Gateway.Broker.Access;
using Gateway.Broker.Administration;
using Gateway.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Services;

/// <summary>What operators decide, two of them for everything but a suspension.</summary>
public sealed class AdministrationService(ChangeDesk desk, ILogger<AdministrationService> log) : Gateway.Protocol.V1.AdministrationService.AdministrationServiceBase
{
    /// <inheritdoc/>
    public override async Task<ProposeChangeResponse> ProposeChange(ProposeChangeRequest request, ServerCallContext context)
    {
        string author = Peer.Of(context).RequireOperator();
        ChangeRecord change = await desk.ProposeAsync(author, request.Change, context.CancellationToken).ConfigureAwait(false);
        Log.ChangeProposed(log, author, change.Id, change.Change.KindCase);
        return new ProposeChangeResponse { Change = change };
    }

    /// <inheritdoc/>
    public override async Task<ApproveChangeResponse> ApproveChange(ApproveChangeRequest request, ServerCallContext context)
    {
        string approver = Peer.Of(context).RequireOperator();
        ApproveChangeResponse response = await desk.ApproveAsync(approver, request.Id, context.CancellationToken).ConfigureAwait(false);
        Log.ChangeApproved(log, approver, request.Id, response.Change.Change.KindCase);
        return response;
    }

    /// <inheritdoc/>
    public override async Task<RejectChangeResponse> RejectChange(RejectChangeRequest request, ServerCallContext context)
    {
        string @operator = Peer.Of(context).RequireOperator();
        ChangeRecord change = await desk.RejectAsync(@operator, request.Id, context.CancellationToken).ConfigureAwait(false);
        Log.ChangeRejected(log, @operator, request.Id, change.Change.KindCase);
        return new RejectChangeResponse { Change = change };
    }

    /// <inheritdoc/>
    public override async Task<ListChangesResponse> ListChanges(ListChangesRequest request, ServerCallContext context) =>
        new() { Changes = { await desk.ListAsync(request.IncludeDecided, context.CancellationToken).ConfigureAwait(false) } };
}
