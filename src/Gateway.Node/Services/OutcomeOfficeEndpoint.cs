using Gateway.Node.Outcomes;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>Outcomes of hits, for the member's own officers (outcomes.proto).</summary>
public sealed class OutcomeOfficeEndpoint(OutcomeDesk desk) : OutcomeOfficeService.OutcomeOfficeServiceBase
{
    /// <inheritdoc/>
    public override Task<AddOutcomesResponse> AddOutcomes(AddOutcomesRequest request, ServerCallContext context) => desk.AddAsync(request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<SummariseOutcomesResponse> SummariseOutcomes(SummariseOutcomesRequest request, ServerCallContext context) => desk.SummariseAsync(context.CancellationToken);
}
