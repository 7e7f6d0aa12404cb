using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Node.Neutrality;

/// <summary>
/// Looks closer when the broker's feed does not go on from what this node has verified: whether the broker shows an older log, or another one, and then gets the proof out of the broker's own answers.
/// </summary>
public sealed class BrokerWatch(OwnLog log, ForkWatch forks, LogConditions conditions, AlarmBell alarms, CallInvoker broker)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly LogService.LogServiceClient _broker = new(broker);

    /// <summary>The alarm about a log that has become shorter.</summary>
    public static Refusal RolledBack(string what) => Refusal.DataLoss(
        LogConditions.RolledBack, $"The broker shows an older log than it did: {what} Screening goes on with what this node holds.", "broker",
        "Tell the broker's operator, who has to restore the newest store; keep this node's store and `gateway log checkpoint --out FILE`.");

    /// <summary>The broker refused the feed.</summary>
    public async Task OnRefusedAsync(Refusal refusal, CancellationToken cancellation)
    {
        if (refusal.Code == "LOG_SHORTER") await OnFaultAsync(cancellation);
    }

    /// <summary>A batch of the feed did not hold.</summary>
    public async Task OnFaultAsync(CancellationToken cancellation)
    {
        try
        {
            await InvestigateAsync(cancellation);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Whoever looks closer must not stop what called it.
            await alarms.RaiseFailureAsync("comparing the broker's log", fault, cancellation);
        }
    }

    /// <summary>The broker serves the feed from where this node is: its log is not shorter.</summary>
    public void OnFollowed() => conditions.Clear(LogConditions.RolledBack);

    /// <summary>Asks the broker for its newest checkpoint and compares it.</summary>
    /// <returns>How it stands to this node's tree; null where the broker cannot be asked.</returns>
    public async Task<Comparison?> InvestigateAsync(CancellationToken cancellation)
    {
        if (log.Verifier is not { } verifier || await log.OpenAsync(cancellation) is not var (head, _)) return null;
        try
        {
            GetCheckpointResponse newest = await _broker.GetCheckpointAsync(new GetCheckpointRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            ReadOnlyMemory<byte> note = newest.Checkpoint.Memory;
            if (verifier.Open(note.Span, out string? fault) is not { } theirs) return new Comparison(Agreement.Unreadable, 0, Fault: fault);
            if (theirs.Size > head.Size) return await CompareLargerAsync(verifier.Open(head.Note, out _)!, head.Note, theirs, note, cancellation);
            Comparison compared = await forks.CompareAsync(note, ForkWatch.Broker, cancellation);
            if (theirs.Size < head.Size && compared.Agreement != Agreement.Unreadable) await conditions.RaiseAsync(RolledBack($"{theirs.Size} leaves where this node holds a signed checkpoint of {head.Size}."), cancellation, [.. head.Note, .. note.Span]);
            return compared;
        }
        catch (RpcException) when (!cancellation.IsCancellationRequested)
        {
            return null; // Away, or not willing: what was shown before has raised its alarm.
        }
    }

    private async Task<Comparison> CompareLargerAsync(Checkpoint mine, byte[] mineNote, Checkpoint theirs, ReadOnlyMemory<byte> note, CancellationToken cancellation)
    {
        GetConsistencyProofResponse answer = await _broker.GetConsistencyProofAsync(new GetConsistencyProofRequest { OldSize = mine.Size, NewSize = theirs.Size }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        if (!ForkProof.TryHashes(answer.Hashes, out List<TreeHash> proof)) return new Comparison(Agreement.Unreadable, theirs.Size, Fault: "the broker's proof holds a hash of a wrong length.");
        List<TreeHash> candidates = [mine.Root];
        if (MerkleProof.SmallerRootOf(mine.Size, theirs.Size, proof) is { } told) candidates.Add(told);
        if (ulong.IsPow2(mine.Size))
        {
            // Then the proof leaves the smaller root out; but it stands in the way of the leaf after it.
            GetInclusionProofResponse way = await _broker.GetInclusionProofAsync(new GetInclusionProofRequest { Index = mine.Size, TreeSize = theirs.Size }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            if (ForkProof.TryHashes(way.Hashes, out List<TreeHash> hashes)) candidates.AddRange(hashes);
        }

        foreach (TreeHash root in candidates)
        {
            if (MerkleProof.VerifyConsistency(mine.Size, theirs.Size, root, theirs.Root, proof)) return await forks.CompareLargerAsync(note, mineNote, root, proof, ForkWatch.Broker, cancellation);
        }

        return new Comparison(Agreement.Unreadable, theirs.Size, Fault: "the broker does not show how its log goes on from this node's.");
    }
}
