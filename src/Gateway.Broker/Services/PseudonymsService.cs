using Gateway.Broker.Access;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Evaluates blinded elements under the network's keys, counted and limited (protocol §4).</summary>
public sealed class PseudonymsService(OprfEvaluator evaluator, QuotaLedger quotas) : Gateway.Protocol.V1.PseudonymsService.PseudonymsServiceBase, IDisposable
{
    // A batch is about 80 ms of computing: no more at once than there are processors, or every caller would wait for all.
    private static readonly int Processors = Math.Max(1, Environment.ProcessorCount);

    private readonly SemaphoreSlim _processors = new(Processors, Processors);

    /// <inheritdoc/>
    public override async Task<EvaluateResponse> Evaluate(EvaluateRequest request, ServerCallContext context)
    {
        MemberId member = Peer.Of(context).RequireMember();
        VoprfServer? server = evaluator.ServerOf(request.IdentifierClass);
        if (server is null || Quota.Of(request.IdentifierClass) is not { } quota) throw Invalid("CLASS_INVALID", "There is no such class of identifiers.", "identifier_class");
        if (request.Version != evaluator.Version)
        {
            throw new RefusalException(Refusal.Precondition("OPRF_VERSION_STALE", $"The keys in force are of version {evaluator.Version}, not {request.Version}.", "version", "Follow the log to the current OPRF keys and evaluate again."));
        }

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
            VoprfEvaluation evaluation = await EvaluateAsync(server, blinded, context.CancellationToken).ConfigureAwait(false);
            evaluated = true;
            EvaluateResponse response = new() { Proof = UnsafeByteOperations.UnsafeWrap(evaluation.Proof.ToArray()) };
            foreach (RistrettoElement element in evaluation.Elements) response.EvaluatedElements.Add(UnsafeByteOperations.UnsafeWrap(element.ToArray()));
            return response;
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
    public void Dispose() => _processors.Dispose();

    private async Task<VoprfEvaluation> EvaluateAsync(VoprfServer server, RistrettoElement[] blinded, CancellationToken cancellation)
    {
        await _processors.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => server.Evaluate(blinded), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _processors.Release();
        }
    }

    private static RefusalException Invalid(string code, string what, string which) => new(Refusal.Invalid(code, what, which, "Send what the protocol says."));
}
