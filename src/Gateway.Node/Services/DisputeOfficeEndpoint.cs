using Gateway.Node.Disputes;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>Disputes, for the member's own officers (disputes.proto).</summary>
public sealed class DisputeOfficeEndpoint(DisputeOffice office) : DisputeOfficeService.DisputeOfficeServiceBase
{
    /// <inheritdoc/>
    public override Task<RaiseDisputeResponse> RaiseDispute(RaiseDisputeRequest request, ServerCallContext context) => office.RaiseAsync(request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<ListDisputesResponse> ListDisputes(ListDisputesRequest request, ServerCallContext context) => office.ListAsync(request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<DecideDisputeResponse> DecideDispute(DecideDisputeRequest request, ServerCallContext context) => office.DecideAsync(request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<ReadInboxResponse> ReadInbox(ReadInboxRequest request, ServerCallContext context) => office.ReadInboxAsync(request, context.CancellationToken);

    /// <inheritdoc/>
    public override async Task<CloseInboxResponse> CloseInbox(CloseInboxRequest request, ServerCallContext context)
    {
        await office.CloseAsync(request.Id, context.CancellationToken);
        return new CloseInboxResponse();
    }
}
