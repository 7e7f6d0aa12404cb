using Gateway.Broker.Access;
using Gateway.Broker.Outcomes;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>What came of hits.</summary>
public sealed class OutcomesService(OutcomeRegister register) : Gateway.Protocol.V1.OutcomesService.OutcomesServiceBase
{
    /// <inheritdoc/>
    public override Task<ReportOutcomesResponse> ReportOutcomes(ReportOutcomesRequest request, ServerCallContext context) =>
        register.ReportAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<ListOutcomeGradesResponse> ListOutcomeGrades(ListOutcomeGradesRequest request, ServerCallContext context) =>
        register.GradesAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<ListOwnOutcomesResponse> ListOwnOutcomes(ListOwnOutcomesRequest request, ServerCallContext context) =>
        register.OwnAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken);
}
