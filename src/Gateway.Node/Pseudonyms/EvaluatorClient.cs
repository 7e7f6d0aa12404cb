using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Pseudonyms;

/// <summary>
/// Has identifiers evaluated by every evaluator of the network: blinds, asks, verifies each proof against the key in the log, adds the evaluators' elements, unblinds, finalises
/// (protocol §4, RFC 9497 mode 0x01).
/// </summary>
/// <param name="invokerOf">The way to an evaluator by its name in the log; null when this node has none.</param>
/// <param name="random">Blinds.</param>
/// <param name="time">Deadlines.</param>
public sealed class EvaluatorClient(Func<string, CallInvoker?> invokerOf, RandomSource random, TimeProvider time)
{
    // Short on purpose: the weights of a large batch's proof can be attacked by who has minutes (docs/protocol.md, Pseudonyms).
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly VoprfClient _client = new(random);

    /// <summary>Evaluates 1 to 512 inputs of one class.</summary>
    /// <param name="inputs">Encoded identifiers.</param>
    /// <param name="identifierClass">Their class.</param>
    /// <param name="keys">The OPRF keys in force.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>y of each, 64 bytes.</returns>
    /// <exception cref="RefusalException">An evaluator refused, is away, or its proof does not hold; nothing of the batch may be used.</exception>
    public async Task<byte[][]> EvaluateAsync(IReadOnlyList<byte[]> inputs, Gateway.Matching.Identifiers.IdentifierClass identifierClass, OprfKeys keys, CancellationToken cancellation)
    {
        BlindedInput[] blinded = new BlindedInput[inputs.Count];
        try
        {
            for (int i = 0; i < blinded.Length; i++) blinded[i] = _client.Blind(inputs[i]);
            RistrettoElement[] elements = [.. blinded.Select(input => input.Element)];
            EvaluateRequest request = new() { IdentifierClass = (Protocol.V1.IdentifierClass)identifierClass, Version = keys.Version };
            request.BlindedElements.AddRange(elements.Select(element => ByteString.CopyFrom(element.ToArray())));

            RistrettoElement[]? sum = null;
            foreach (EvaluatorKeys evaluator in keys.Evaluators)
            {
                RistrettoElement[] answer = await AskAsync(evaluator, elements, request, cancellation);
                sum = sum is null ? answer : Add(sum, answer, evaluator.Name);
            }

            return sum is null
                ? throw new RefusalException(Refusal.Precondition("EVALUATORS_MISSING", "The log names no evaluator.", $"OPRF version {keys.Version}", "Ask the broker's operator."))
                : VoprfClient.FinaliseBatch(blinded, sum);
        }
        finally
        {
            foreach (BlindedInput input in blinded) input?.Dispose();
        }
    }

    private async Task<RistrettoElement[]> AskAsync(EvaluatorKeys evaluator, RistrettoElement[] blinded, EvaluateRequest request, CancellationToken cancellation)
    {
        ClassKey? classKey = evaluator.ClassKeys.FirstOrDefault(key => key.IdentifierClass == request.IdentifierClass);
        if (classKey is null || !RistrettoElement.TryFromBytes(classKey.PublicKey.Span, out RistrettoElement publicKey))
        {
            throw new RefusalException(Refusal.Precondition("EVALUATOR_KEY_MISSING", "The log holds no key of the evaluator for this class.", evaluator.Name, "Ask the broker's operator."));
        }

        CallInvoker invoker = invokerOf(evaluator.Name)
            ?? throw new RefusalException(Refusal.Precondition("EVALUATOR_UNKNOWN", "This node has no address of the evaluator.", evaluator.Name, "Add its address to node.json."));
        EvaluateResponse response;
        try
        {
            response = await new PseudonymsService.PseudonymsServiceClient(invoker).EvaluateAsync(request, deadline: time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellation);
        }
        catch (RpcException fault)
        {
            throw new RefusalException(fault.ToRefusal($"evaluator {evaluator.Name}"));
        }

        RistrettoElement[] evaluated = new RistrettoElement[response.EvaluatedElements.Count];
        bool holds = evaluated.Length == blinded.Length;
        for (int i = 0; holds && i < evaluated.Length; i++) holds = RistrettoElement.TryFromBytes(response.EvaluatedElements[i].Span, out evaluated[i]);
        holds = holds && DleqProof.TryFromBytes(response.Proof.Span, out DleqProof proof) && VoprfClient.VerifyProof(publicKey, blinded, evaluated, proof);
        return holds ? evaluated : throw new RefusalException(ProofFault(evaluator.Name));
    }

    private static RistrettoElement[] Add(RistrettoElement[] left, RistrettoElement[] right, string evaluator)
    {
        RistrettoElement[] sum = new RistrettoElement[left.Length];
        for (int i = 0; i < sum.Length; i++)
        {
            if (!RistrettoElement.TryAdd(left[i], right[i], out sum[i])) throw new RefusalException(ProofFault(evaluator));
        }

        return sum;
    }

    private static Refusal ProofFault(string evaluator) => Refusal.DataLoss(
        "EVALUATION_UNPROVEN", "The evaluator's proof does not hold; none of its answers was used.", $"evaluator {evaluator}", "Tell the broker's operator: the evaluator uses another key than the log states.");
}
