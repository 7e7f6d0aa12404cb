using Gateway.Broker.Access;
using Gateway.Broker.Life;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Who has carried out withdrawals and expiries.</summary>
public sealed class AcknowledgementsService(AcknowledgementDesk desk) : Gateway.Protocol.V1.AcknowledgementsService.AcknowledgementsServiceBase
{
    /// <inheritdoc/>
    public override Task<AcknowledgeResponse> Acknowledge(AcknowledgeRequest request, ServerCallContext context) =>
        desk.TakeAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<GetDeletionsResponse> GetDeletions(GetDeletionsRequest request, ServerCallContext context) =>
        desk.DescribeAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<ListAcknowledgementsResponse> ListAcknowledgements(ListAcknowledgementsRequest request, ServerCallContext context) =>
        desk.ListAsync(request.OverdueOnly, context.CancellationToken);
}
