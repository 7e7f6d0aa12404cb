using System.Globalization;
using Gateway.Protocol;
using Gateway.Protocol.Errors;

namespace Gateway.Broker.Evaluators;

/// <summary>
/// Shares the processors out among the members: each has a queue of its own, and the members that wait are served in turn, a batch at a time. Who sends a million identifiers waits for itself; who
/// sends one waits for one batch of each other member at most.
/// </summary>
/// <param name="processors">Batches evaluated at once.</param>
/// <param name="perMember">Batches of one member that wait at most.</param>
/// <param name="time">Measures batches, for the hint to who is refused.</param>
public sealed class EvaluationQueue(int processors, int perMember, TimeProvider time)
{
    /// <summary>Batches of one member that wait at most, unless said otherwise: about a second's work for one processor.</summary>
    public const int DefaultPerMember = 16;

    // What a full batch takes before any has been measured: 512 elements of about 150 µs.
    private const double FirstGuessSeconds = 0.08;

    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, Queue<Work>> _waiting = [];
    private readonly Queue<MemberId> _turns = [];
    private double _secondsOfBatch = FirstGuessSeconds;
    private int _running;
    private int _count;

    /// <summary>Batches that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    /// <summary>Computes when it is the member's turn.</summary>
    /// <exception cref="RefusalException">The member has as many batches waiting as it may.</exception>
    /// <exception cref="OperationCanceledException">The caller went away first.</exception>
    public async Task<T> RunAsync<T>(MemberId member, Func<T> compute, CancellationToken cancellation)
    {
        Work work = new();
        lock (_lock)
        {
            if (_running < processors) _running++;
            else Enqueue(member, work);
        }

        if (work.IsQueued)
        {
            // Who has gone leaves its place empty: it costs a turn that takes no time.
            using CancellationTokenRegistration gone = cancellation.Register(() => work.Turn.TrySetCanceled(cancellation));
            await work.Turn.Task.ConfigureAwait(false);
        }

        long started = time.GetTimestamp();
        try
        {
            cancellation.ThrowIfCancellationRequested();
            return await Task.Run(compute, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Release(time.GetElapsedTime(started).TotalSeconds);
        }
    }

    private void Enqueue(MemberId member, Work work)
    {
        if (!_waiting.TryGetValue(member, out Queue<Work>? queue))
        {
            _waiting[member] = queue = new Queue<Work>();
            _turns.Enqueue(member);
        }

        if (queue.Count >= perMember)
        {
            // Until one of its own has been served: a batch of each member that waits, over the processors.
            TimeSpan after = TimeSpan.FromSeconds(Math.Max(0.05, _secondsOfBatch * _turns.Count / processors));
            Refusal refusal = Refusal.Exhausted(
                "EVALUATIONS_QUEUED", string.Create(CultureInfo.InvariantCulture, $"{perMember} evaluations of this member wait already."), "evaluations",
                string.Create(CultureInfo.InvariantCulture, $"Try again in {after.TotalSeconds:0.0} s, and send no more at once."));
            throw new RefusalException(refusal with { RetryAfter = after });
        }

        work.IsQueued = true;
        queue.Enqueue(work);
        _count++;
    }

    private void Release(double seconds)
    {
        lock (_lock)
        {
            _secondsOfBatch = (0.9 * _secondsOfBatch) + (0.1 * seconds);
            while (_turns.TryDequeue(out MemberId member))
            {
                Queue<Work> queue = _waiting[member];
                Work next = queue.Dequeue();
                _count--;
                if (queue.Count > 0) _turns.Enqueue(member);
                else _waiting.Remove(member);
                if (next.Turn.TrySetResult()) return; // The processor goes on to it.
            }

            _running--;
        }
    }

    private sealed class Work
    {
        // A continuation must not run under the queue's lock.
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsQueued { get; set; }
    }
}
