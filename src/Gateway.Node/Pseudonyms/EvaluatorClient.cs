using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Pseudonyms;

/// <summary>
/// Has identifiers evaluated by every evaluator of the network: blinds, asks, verifies each proof against the key in the log, adds the evaluators' elements, unblinds, finalises
/// (protocol §4, RFC 9497 mode 0x01).
/// </summary>
/// <param name="invokerOf">The way to an evaluator that the log names; null when there is none.</param>
/// <param name="random">Blinds.</param>
public sealed class EvaluatorClient(Func<EvaluatorKeys, CallInvoker?> invokerOf, RandomSource random)
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
        using EvaluationAttempt attempt = Begin(inputs, identifierClass, keys);
        return await CompleteAsync(attempt, keys, cancellation);
    }

    /// <summary>Blinds 1 to 512 inputs of one class for <see cref="CompleteAsync"/>. The caller disposes it.</summary>
    public EvaluationAttempt Begin(IReadOnlyList<byte[]> inputs, Gateway.Matching.Identifiers.IdentifierClass identifierClass, OprfKeys keys) =>
        new(_client, inputs, (Protocol.V1.IdentifierClass)identifierClass, keys.Version);

    /// <summary>Asks the evaluators that have not answered yet, all at once; where each has, gives the evaluations. May be called again with the same attempt after a refusal.</summary>
    /// <param name="attempt">The blinded inputs with the answers so far.</param>
    /// <param name="keys">The OPRF keys in force, of the attempt's version.</param>
    /// <param name="cancellation">Ends the calls.</param>
    /// <returns>y of each input, 64 bytes.</returns>
    /// <exception cref="RefusalException">An evaluator refused, is away, or its proof does not hold.</exception>
    public async Task<byte[][]> CompleteAsync(EvaluationAttempt attempt, OprfKeys keys, CancellationToken cancellation)
    {
        if (keys.Evaluators.Count == 0) throw new RefusalException(Refusal.Precondition("EVALUATORS_MISSING", "The log names no evaluator.", $"OPRF version {keys.Version}", "Ask the broker's operator."));
        Task<RistrettoElement[]>[] asked = [.. keys.Evaluators.Select(evaluator => AskAsync(evaluator, attempt, cancellation))];
        await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // A proof that does not hold is told before an evaluator that is merely away: it is what somebody must look at.
        Task<RistrettoElement[]>? worst = asked.FirstOrDefault(IsFaultOfProof) ?? asked.FirstOrDefault(task => !task.IsCompletedSuccessfully);
        if (worst is not null) await worst;
        RistrettoElement[] sum = await asked[0];
        for (int i = 1; i < asked.Length; i++) sum = Add(sum, await asked[i], keys.Evaluators[i].Name);
        return attempt.Finalise(sum);
    }

    private static bool IsFaultOfProof(Task task) => task.Exception?.InnerException is RefusalException { Refusal.Status: StatusCode.DataLoss };

    private async Task<RistrettoElement[]> AskAsync(EvaluatorKeys evaluator, EvaluationAttempt attempt, CancellationToken cancellation)
    {
        ClassKey? classKey = evaluator.ClassKeys.FirstOrDefault(key => key.IdentifierClass == attempt.Class);
        if (classKey is null || !RistrettoElement.TryFromBytes(classKey.PublicKey.Span, out RistrettoElement publicKey))
        {
            throw new RefusalException(Refusal.Precondition("EVALUATOR_KEY_MISSING", "The log holds no key of the evaluator for this class.", evaluator.Name, "Ask the broker's operator."));
        }

        if (attempt.AnswerUnder(publicKey) is { } answered) return answered;
        CallInvoker invoker = invokerOf(evaluator)
            ?? throw new RefusalException(Refusal.Precondition("EVALUATOR_UNKNOWN", "The log states no address of the evaluator.", evaluator.Name, "Tell the broker's operator."));
        EvaluateRequest request = new() { IdentifierClass = attempt.Class, Version = attempt.Version, PublicKey = classKey.PublicKey };
        request.BlindedElements.AddRange(attempt.Elements.Select(element => ByteString.CopyFrom(element.ToArray())));
        EvaluateResponse response;
        try
        {
            response = await new PseudonymsService.PseudonymsServiceClient(invoker).EvaluateAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        }
        catch (RpcException fault)
        {
            throw new RefusalException(fault.ToRefusal($"evaluator {evaluator.Name}"));
        }

        RistrettoElement[] evaluated = new RistrettoElement[response.EvaluatedElements.Count];
        bool holds = evaluated.Length == attempt.Elements.Length;
        for (int i = 0; holds && i < evaluated.Length; i++) holds = RistrettoElement.TryFromBytes(response.EvaluatedElements[i].Span, out evaluated[i]);
        holds = holds && DleqProof.TryFromBytes(response.Proof.Span, out DleqProof proof) && VoprfClient.VerifyProof(publicKey, attempt.Elements, evaluated, proof);
        if (!holds) throw new RefusalException(ProofFault(evaluator.Name));
        attempt.Keep(publicKey, evaluated);
        return evaluated;
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
