using Gateway.Cryptography;
using Gateway.Protocol.V1;

namespace Gateway.Node.Pseudonyms;

/// <summary>
/// A batch on its way through the evaluators: the blinded inputs, and the verified answers of those evaluators that have given theirs. Where one is away the others are not asked, and counted, a second
/// time. An answer is kept under the public key it was verified with, so that answers of two distributions of the key are never added up.
/// </summary>
public sealed class EvaluationAttempt : IDisposable
{
    private readonly BlindedInput[] _inputs;
    private readonly Dictionary<RistrettoElement, RistrettoElement[]> _answers = [];

    internal EvaluationAttempt(VoprfClient client, IReadOnlyList<byte[]> inputs, IdentifierClass identifierClass, uint version)
    {
        Class = identifierClass;
        Version = version;
        _inputs = new BlindedInput[inputs.Count];
        try
        {
            for (int i = 0; i < _inputs.Length; i++) _inputs[i] = client.Blind(inputs[i]);
        }
        catch
        {
            Dispose();
            throw;
        }

        Elements = [.. _inputs.Select(input => input.Element)];
    }

    /// <summary>The class of the inputs.</summary>
    public IdentifierClass Class { get; }

    /// <summary>The OPRF version they are evaluated under.</summary>
    public uint Version { get; }

    internal RistrettoElement[] Elements { get; }

    internal RistrettoElement[]? AnswerUnder(RistrettoElement publicKey)
    {
        lock (_answers) return _answers.GetValueOrDefault(publicKey);
    }

    internal void Keep(RistrettoElement publicKey, RistrettoElement[] answer)
    {
        lock (_answers) _answers[publicKey] = answer;
    }

    internal byte[][] Finalise(RistrettoElement[] sum) => VoprfClient.FinaliseBatch(_inputs, sum);

    /// <summary>Zeroes the blinds.</summary>
    public void Dispose()
    {
        foreach (BlindedInput? input in _inputs) input?.Dispose();
    }
}
