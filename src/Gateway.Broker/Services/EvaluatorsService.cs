using Gateway.Broker.Access;
using Gateway.Broker.Evaluators;
using Gateway.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Services;

/// <summary>Evaluators under operators of their own, and their shares.</summary>
public sealed class EvaluatorsService(EvaluatorAdmission admission, ShareDealer dealer, ILogger<EvaluatorsService> log) : Gateway.Protocol.V1.EvaluatorsService.EvaluatorsServiceBase
{
    /// <inheritdoc/>
    public override async Task<AdmitEvaluatorResponse> AdmitEvaluator(AdmitEvaluatorRequest request, ServerCallContext context)
    {
        string operatorName = Peer.Of(context).Id!.Name;
        AdmitEvaluatorResponse response = await admission.AdmitAsync(operatorName, request, context.CancellationToken).ConfigureAwait(false);
        Log.EvaluatorAdmitted(log, operatorName, request.Name);
        return response;
    }

    /// <inheritdoc/>
    public override Task<RenewEvaluatorCertificateResponse> RenewEvaluatorCertificate(RenewEvaluatorCertificateRequest request, ServerCallContext context) =>
        admission.RenewAsync(Peer.Of(context).RequireEvaluator(), request, context.CancellationToken);

    /// <inheritdoc/>
    public override async Task<GetShareOfferResponse> GetShareOffer(GetShareOfferRequest request, ServerCallContext context) =>
        new() { Offer = await dealer.FindAsync(Peer.Of(context).RequireEvaluator(), context.CancellationToken).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override async Task<AcceptShareResponse> AcceptShare(AcceptShareRequest request, ServerCallContext context)
    {
        string evaluator = Peer.Of(context).RequireEvaluator();
        await dealer.AcceptAsync(evaluator, request, context.CancellationToken).ConfigureAwait(false);
        Log.SharesInForce(log, evaluator);
        return new AcceptShareResponse();
    }
}
