using Gateway.Broker.Access;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Observation;
using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Evaluates blinded elements under this evaluator's share of the network's keys, counted and limited (protocol §4). The broker runs it, and every other evaluator.</summary>
/// <param name="name">The evaluator's name in the log.</param>
/// <param name="shares">Its shares.</param>
/// <param name="view">Which keys the log names.</param>
/// <param name="quotas">What members have used.</param>
/// <param name="queue">Whose turn it is.</param>
/// <param name="metrics">Counts.</param>
public sealed class PseudonymsService(EvaluatorName name, ShareRing shares, NetworkView view, QuotaLedger quotas, EvaluationQueue queue, BrokerMetrics metrics)
    : Gateway.Protocol.V1.PseudonymsService.PseudonymsServiceBase
{
    /// <inheritdoc/>
    public override async Task<EvaluateResponse> Evaluate(EvaluateRequest request, ServerCallContext context)
    {
        MemberId member = Peer.Of(context).RequireMember();
        VoprfServer server = FindServer(request, out string quota);
        if (request.BlindedElements.Count is 0 or > VoprfServer.MaximumBatch)
        {
            throw Invalid("BATCH_SIZE", $"A request has 1 to {VoprfServer.MaximumBatch} elements, not {request.BlindedElements.Count}.", "blinded_elements");
        }

        RistrettoElement[] blinded = new RistrettoElement[request.BlindedElements.Count];
        for (int i = 0; i < blinded.Length; i++)
        {
            if (!RistrettoElement.TryFromBytes(request.BlindedElements[i].Span, out blinded[i])) throw Invalid("ELEMENT_INVALID", "The bytes are not a ristretto255 element other than the identity.", $"blinded_elements[{i}]");
        }

        if (quotas.TryTake(member, quota, blinded.Length, out UtcDay takenOn) is { } exhausted) throw new RefusalException(exhausted);
        bool evaluated = false;
        try
        {
            VoprfEvaluation evaluation = await queue.RunAsync(member, () => server.Evaluate(blinded), context.CancellationToken).ConfigureAwait(false);
            evaluated = true;
            metrics.Evaluated(request.IdentifierClass, blinded.Length);
            return ToResponse(evaluation);
        }
        catch (ArgumentException)
        {
            throw Invalid("BATCH_CONTRIVED", "The batch's elements cancel each other out, which no honest batch does.", "blinded_elements");
        }
        finally
        {
            if (!evaluated) quotas.GiveBack(member, quota, blinded.Length, takenOn);
        }
    }

    /// <inheritdoc/>
    public override Task<GetUsageResponse> GetUsage(GetUsageRequest request, ServerCallContext context)
    {
        Peer peer = Peer.Of(context);
        MemberId member;
        if (request.MemberId.IsEmpty) member = peer.RequireMember();
        else if (!MemberId.TryFromBytes(request.MemberId.Span, out member)) throw Invalid("MEMBER_INVALID", "A member's id has 16 bytes.", "member_id");
        if (!peer.IsOperator && member != peer.Member) throw new RefusalException(Refusal.Denied("OPERATORS_ONLY", "Only an operator sees another member's use.", "member_id", "Leave the member out to see your own."));
        if (!view.Current.Members.ContainsKey(member)) throw new RefusalException(Refusal.NotFound("MEMBER_NOT_FOUND", "The log has no such member.", $"member {member.Prefix}", "See `gateway member list` for the ids."));
        return Task.FromResult(new GetUsageResponse { Quotas = { quotas.UseOf(member).Select(use => use.ToMessage()) } });
    }

    internal static EvaluateResponse ToResponse(VoprfEvaluation evaluation)
    {
        EvaluateResponse response = new() { Proof = UnsafeByteOperations.UnsafeWrap(evaluation.Proof.ToArray()) };
        foreach (RistrettoElement element in evaluation.Elements) response.EvaluatedElements.Add(UnsafeByteOperations.UnsafeWrap(element.ToArray()));
        return response;
    }

    private VoprfServer FindServer(EvaluateRequest request, out string quota)
    {
        quota = Quota.Of(request.IdentifierClass) ?? throw Invalid("CLASS_INVALID", "There is no such class of identifiers.", "identifier_class");
        OprfKeys announced = view.Current.OprfKeys ?? new OprfKeys();
        if (request.Version != announced.Version)
        {
            throw new RefusalException(Refusal.Precondition("OPRF_VERSION_STALE", $"The keys in force are of version {announced.Version}, not {request.Version}.", "version", "Follow the log to the current OPRF keys and evaluate again."));
        }

        OprfShare? share = request.PublicKey.IsEmpty
            ? shares.Announced(announced)
            : RistrettoElement.TryFromBytes(request.PublicKey.Span, out RistrettoElement key)
                ? shares.Find(request.Version, request.IdentifierClass, key)
                : throw Invalid("ELEMENT_INVALID", "The bytes are not a ristretto255 element other than the identity.", "public_key");
        return share?.ServerOf(request.IdentifierClass) ?? throw new RefusalException(Refusal.Precondition(
            "OPRF_KEYS_STALE", $"Evaluator {name.Value} holds no share with this public key.", "public_key", "Follow the log to the current OPRF keys and evaluate again; if it stays so, tell the evaluator's operator."));
    }

    private static RefusalException Invalid(string code, string what, string which) => new(Refusal.Invalid(code, what, which, "Send what the protocol says."));
}
