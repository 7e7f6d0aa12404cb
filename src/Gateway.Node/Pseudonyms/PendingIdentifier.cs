using Gateway.Matching.Identifiers;

namespace Gateway.Node.Pseudonyms;

/// <summary>An identifier that waits for its evaluation.</summary>
internal sealed class PendingIdentifier(UInt128 hash, Identifier identifier)
{
    private readonly TaskCompletionSource<byte[]> _evaluation = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public UInt128 Hash { get; } = hash;

    public Identifier Identifier { get; } = identifier;

    /// <summary>Ends with y, 64 bytes, once it is known here.</summary>
    public Task<byte[]> Evaluation => _evaluation.Task;

    public void Complete(byte[] evaluation) => _evaluation.TrySetResult(evaluation);

    public void Cancel() => _evaluation.TrySetCanceled();
}
