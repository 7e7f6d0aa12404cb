using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Sequencing;

/// <summary>What a caller waits for at the sequencer.</summary>
internal abstract class LogRequest
{
    /// <summary>Leaves it asks for.</summary>
    public abstract int LeafCount { get; }

    /// <summary>Bytes of the item it brings.</summary>
    public virtual int ItemSize => 0;

    /// <summary>Whether the wait has ended.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Ends the wait with an error.</summary>
    public abstract void Fail(Exception error);
}

internal abstract class LogRequest<T> : LogRequest
{
    // A continuation must not run on the sequencer's loop: every other caller would wait for it.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Completion => _completion.Task;

    public override bool IsDone => Completion.IsCompleted;

    public void Complete(T result) => _completion.TrySetResult(result);

    public override void Fail(Exception error) => _completion.TrySetException(error);
}

internal sealed class PublishRecord(AdmittedRecord record) : LogRequest<LogReceipt>
{
    public AdmittedRecord Record { get; } = record;

    public override int LeafCount => 1;

    public override int ItemSize => Record.Submission.Item.Length;
}

internal sealed class WithdrawRecord(RecordId id, RecordWithdrawn withdrawal) : LogRequest<LogReceipt>
{
    public RecordId Id { get; } = id;

    public RecordWithdrawn Withdrawal { get; } = withdrawal;

    public override int LeafCount => 1;
}

/// <summary>Entries about one record's dispute, and the withdrawal they lead to; they go into the log together, in this order.</summary>
/// <param name="dispute">How the dispute stands before them; what is in the store is what holds, because the caller holds the reservation of the record.</param>
/// <param name="entries">Makes the entries from the state they are sequenced in.</param>
internal sealed class DisputeRecord(StoredDispute dispute, Func<NetworkState, IReadOnlyList<Entry>> entries) : LogRequest<IReadOnlyList<LogReceipt>>
{
    private const int MostEntries = 2;

    public StoredDispute Dispute { get; } = dispute;

    public Func<NetworkState, IReadOnlyList<Entry>> Entries { get; } = entries;

    public override int LeafCount => MostEntries;
}

internal sealed class ChangeNetwork(StateChange change) : LogRequest<IReadOnlyList<LogReceipt>>
{
    public StateChange Change { get; } = change;

    public override int LeafCount => Change.Entries.Count + Change.Withdrawals.Count;
}

/// <summary>Wants what other brokers have appended to be taken up.</summary>
internal sealed class LookAtLog : LogRequest<bool>
{
    public override int LeafCount => 0;
}
