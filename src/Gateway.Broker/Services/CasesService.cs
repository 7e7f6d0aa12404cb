using Gateway.Broker.Access;
using Gateway.Broker.Cases;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Sealed messages between members.</summary>
public sealed class CasesService(CaseDesk desk) : Gateway.Protocol.V1.CasesService.CasesServiceBase
{
    /// <inheritdoc/>
    public override async Task<SendCaseMessageResponse> SendCaseMessage(SendCaseMessageRequest request, ServerCallContext context) =>
        new() { Delivery = await desk.SendAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override Task<FetchCaseMessagesResponse> FetchCaseMessages(FetchCaseMessagesRequest request, ServerCallContext context) => desk.FetchAsync(Peer.Of(context).RequireMember(), request.After, context.CancellationToken);

    /// <inheritdoc/>
    public override async Task<AcknowledgeCaseMessagesResponse> AcknowledgeCaseMessages(AcknowledgeCaseMessagesRequest request, ServerCallContext context)
    {
        await desk.AcknowledgeAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false);
        return new AcknowledgeCaseMessagesResponse();
    }

    /// <inheritdoc/>
    public override Task<GetCaseDeliveriesResponse> GetCaseDeliveries(GetCaseDeliveriesRequest request, ServerCallContext context) => desk.ReadDeliveriesAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken);

    /// <inheritdoc/>
    public override async Task<PutCaseChunkResponse> PutCaseChunk(PutCaseChunkRequest request, ServerCallContext context)
    {
        await desk.PutChunkAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false);
        return new PutCaseChunkResponse();
    }

    /// <inheritdoc/>
    public override Task<GetCaseChunkResponse> GetCaseChunk(GetCaseChunkRequest request, ServerCallContext context) => desk.GetChunkAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken);
}
