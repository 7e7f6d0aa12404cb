using System.Collections.Concurrent;
using System.Threading.Channels;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using IdentifierClass = Gateway.Matching.Identifiers.IdentifierClass;

namespace Gateway.Node.Pseudonyms;

/// <summary>
/// Turns identifiers into evaluations: from the store where they are known, else from the evaluators, in full batches. An identifier is evaluated once; every later use of it is
/// local (protocol §4.3). With the broker away the queue waits; what is known goes on.
/// </summary>
public sealed class Pseudonymiser : BackgroundService
{
    /// <summary>Elements of a full batch (protocol §4.1).</summary>
    public const int FullBatch = 512;

    /// <summary>Identifiers that wait at most: a bulk screening with the broker away must not fill the memory.</summary>
    public const int MostPending = 1_000_000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly EvaluatorClient _evaluators;
    private readonly NodeMatcher _matcher;
    private readonly KnownCache _cache;
    private readonly Func<NodeView> _view;
    private readonly AlarmBell _alarms;
    private readonly NodeMetrics? _metrics;
    private readonly RandomSource _random;
    private readonly TimeProvider _time;
    private readonly ILogger<Pseudonymiser> _logger;
    private readonly ConcurrentDictionary<UInt128, PendingIdentifier> _pending = new();
    private readonly Dictionary<IdentifierClass, Channel<PendingIdentifier>> _queues;
    private readonly ConcurrentDictionary<(IdentifierClass Class, uint Version), (byte[] Input, byte[] Evaluation)> _canaries = new();

    /// <summary>Composes the pseudonymiser.</summary>
    public Pseudonymiser(EvaluatorClient evaluators, NodeMatcher matcher, KnownCache cache, Func<NodeView> view, AlarmBell alarms, RandomSource random, TimeProvider time, ILogger<Pseudonymiser> logger, NodeMetrics? metrics = null)
    {
        _evaluators = evaluators;
        _matcher = matcher;
        _cache = cache;
        _view = view;
        _alarms = alarms;
        _metrics = metrics;
        _random = random;
        _time = time;
        _logger = logger;
        _queues = Enum.GetValues<IdentifierClass>().ToDictionary(identifierClass => identifierClass, _ => Channel.CreateUnbounded<PendingIdentifier>());
    }

    /// <summary>Identifiers that wait.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>Puts an unknown identifier into the queue, once however often it is asked for.</summary>
    /// <returns>Ends when the identifier is known here.</returns>
    public Task WantAsync(UInt128 hash, Identifier identifier) => Enqueue(hash, identifier);

    /// <summary>The evaluations of identifiers, y, 64 bytes each; waits for those never met before.</summary>
    public async Task<byte[][]> EvaluateAsync(IReadOnlyList<Identifier> identifiers, CancellationToken cancellation)
    {
        uint version = _view().State.OprfKeys?.Version ?? 0;
        Task<byte[]>[] waiting = new Task<byte[]>[identifiers.Count];
        for (int i = 0; i < waiting.Length; i++)
        {
            UInt128 hash = _cache.HashOf(identifiers[i]);
            byte[]? known = await _matcher.FindEvaluationAsync(version, hash, cancellation);
            waiting[i] = known is null ? Enqueue(hash, identifiers[i]) : Task.FromResult(known);
        }

        return await Task.WhenAll(waiting).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Two workers a class: one computes while the other waits for the evaluator.
        IEnumerable<Task> workers = _queues.SelectMany(queue => new[] { WorkAsync(queue.Key, queue.Value.Reader, stoppingToken), WorkAsync(queue.Key, queue.Value.Reader, stoppingToken) });
        try
        {
            await Task.WhenAll(workers);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            foreach (PendingIdentifier pending in _pending.Values) pending.Cancel();
        }
    }

    private Task<byte[]> Enqueue(UInt128 hash, Identifier identifier)
    {
        if (_pending.TryGetValue(hash, out PendingIdentifier? waiting)) return waiting.Evaluation;
        if (_pending.Count >= MostPending)
        {
            return Task.FromException<byte[]>(new RefusalException(Refusal.Unavailable(
                "QUEUE_FULL", $"{MostPending:N0} identifiers wait for their evaluation already.", "pending identifiers", "Ask again when the broker has been reached; until then the shipment is pending.")));
        }

        PendingIdentifier made = new(hash, identifier);
        PendingIdentifier pending = _pending.GetOrAdd(hash, made);
        if (ReferenceEquals(pending, made)) _queues[identifier.Class].Writer.TryWrite(pending);
        return pending.Evaluation;
    }

    private async Task WorkAsync(IdentifierClass identifierClass, ChannelReader<PendingIdentifier> queue, CancellationToken stopping)
    {
        await Task.Yield();
        while (await queue.WaitToReadAsync(stopping))
        {
            List<PendingIdentifier> batch = [];
            while (batch.Count < FullBatch - 1 && queue.TryRead(out PendingIdentifier? next)) batch.Add(next);
            if (batch.Count > 0) await EvaluateUntilDoneAsync(identifierClass, batch, stopping);
        }
    }

    private async Task EvaluateUntilDoneAsync(IdentifierClass identifierClass, List<PendingIdentifier> batch, CancellationToken stopping)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(100);
        using BatchAttempt attempt = new();
        while (true)
        {
            Refusal fault;
            try
            {
                await EvaluateOnceAsync(identifierClass, batch, attempt, stopping);
                return;
            }
            catch (RefusalException refused)
            {
                fault = refused.Refusal;
            }
            catch (Storage.StoreUnavailableException full)
            {
                fault = Refusal.Unavailable("STORE_UNAVAILABLE", full.Message, "node store", "Nothing is lost; the evaluation is tried again.");
            }
            catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
            {
                // A worker that died would leave its class pending for good, and nobody would know.
                await _alarms.RaiseFailureAsync("evaluating identifiers", unforeseen, stopping);
                fault = Refusal.Unavailable("WORK_FAILED", unforeseen.GetType().Name, "evaluation", "It is tried again.");
            }

            // Nothing was used; what was answered with a proof that does not hold is asked for again under fresh blinds.
            if (fault.Status == Grpc.Core.StatusCode.DataLoss) attempt.Drop();
            NodeEvents.EvaluationFailed(_logger, fault.Code, fault.What, batch.Count);
            if (!IsPassing(fault)) await _alarms.RaiseOnceAsync(fault, stopping);
            TimeSpan wait = _random.Around(pause);
            await Task.Delay(fault.RetryAfter is { } hint && hint > wait && hint < LongestPause ? hint : wait, _time, stopping);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // What passes by itself is no alarm: somebody is away, it is another member's turn, or the log's newest keys have not come here yet.
    private static bool IsPassing(Refusal fault) =>
        fault.Status is Grpc.Core.StatusCode.Unavailable or Grpc.Core.StatusCode.DeadlineExceeded || fault.Code is "EVALUATIONS_QUEUED" or "RATE_LIMITED" or "OPRF_KEYS_STALE" or "OPRF_VERSION_STALE";

    private async Task EvaluateOnceAsync(IdentifierClass identifierClass, List<PendingIdentifier> batch, BatchAttempt attempt, CancellationToken stopping)
    {
        OprfKeys keys = _view().State.OprfKeys
            ?? throw new RefusalException(Refusal.Unavailable("LOG_NOT_READ", "This node has not read the log's OPRF keys yet.", "log", "It is tried again when the broker has been reached."));
        int before = batch.Count;
        await CompleteKnownAsync(batch, keys.Version, stopping);
        if (batch.Count > 0) await ShareOutAsync(identifierClass, batch, keys.Version, stopping);
        if (batch.Count == 0) return;
        if (batch.Count != before || attempt.Current?.Version != keys.Version)
        {
            attempt.Drop();
            List<byte[]> inputs = [.. batch.Select(pending => pending.Identifier.Encode())];
            attempt.Canary = _canaries.TryGetValue((identifierClass, keys.Version), out (byte[] Input, byte[] Evaluation) known) ? known : null;
            if (attempt.Canary is { } bird) inputs.Add(bird.Input);
            attempt.First = inputs[0];
            attempt.Current = await Task.Run(() => _evaluators.Begin(inputs, identifierClass, keys), stopping);
        }

        byte[][] evaluations = await Task.Run(() => _evaluators.CompleteAsync(attempt.Current!, keys, stopping), stopping);

        // An identifier whose evaluation is known must come out unchanged: a forged batch would have to spare it without knowing which it is.
        if (attempt.Canary is { } sang && !evaluations[^1].AsSpan().SequenceEqual(sang.Evaluation))
        {
            throw new RefusalException(Refusal.DataLoss("EVALUATION_CHANGED", "An evaluator gave another value for an identifier than before; none of its answers was used.", $"OPRF version {keys.Version}", "Tell the broker's operator."));
        }

        _canaries.TryAdd((identifierClass, keys.Version), (attempt.First!, evaluations[0]));
        await _matcher.LearnAsync([.. batch.Select((pending, i) => new EvaluatedIdentifier(pending.Hash, evaluations[i]))], keys.Version, stopping);
        _metrics?.Evaluated(identifierClass, batch.Count);
        for (int i = 0; i < batch.Count; i++) Complete(batch[i], evaluations[i]);
    }

    // Who asked just as the answer came has queued the identifier a second time: it is known by now, and is not asked and counted again.
    private async Task CompleteKnownAsync(List<PendingIdentifier> batch, uint version, CancellationToken stopping)
    {
        for (int i = batch.Count - 1; i >= 0; i--)
        {
            if (_matcher.Known.Find(batch[i].Hash) == Gateway.Matching.Index.KnownState.Unknown || await _matcher.FindEvaluationAsync(version, batch[i].Hash, stopping) is not { } evaluation) continue;
            Complete(batch[i], evaluation);
            batch.RemoveAt(i);
        }
    }

    // Of several processes on one store one has each identifier evaluated. What another has claimed goes back into the queue, and is known by then or asked for again.
    private async Task ShareOutAsync(IdentifierClass identifierClass, List<PendingIdentifier> batch, uint version, CancellationToken stopping)
    {
        if (await _matcher.ClaimAsync(version, [.. batch.Select(pending => pending.Hash)], stopping) is not { } claims) return;
        List<PendingIdentifier> elsewhere = [.. batch.Where(pending => !claims.Mine.Contains(pending.Hash) && !claims.Known.Contains(pending.Hash))];
        foreach (PendingIdentifier known in batch.Where(pending => claims.Known.Contains(pending.Hash)).ToArray())
        {
            // Forgotten again in this moment, it waits for its turn like the others.
            if (await _matcher.FindEvaluationAsync(version, known.Hash, stopping) is { } evaluation) Complete(known, evaluation);
            else elsewhere.Add(known);
        }

        batch.RemoveAll(pending => !claims.Mine.Contains(pending.Hash));
        if (elsewhere.Count > 0) _ = PutBackAsync(identifierClass, elsewhere, stopping);
    }

    private async Task PutBackAsync(IdentifierClass identifierClass, List<PendingIdentifier> elsewhere, CancellationToken stopping)
    {
        await Task.Delay(_random.Around(TimeSpan.FromMilliseconds(200)), _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (PendingIdentifier pending in elsewhere) _queues[identifierClass].Writer.TryWrite(pending);
    }

    private void Complete(PendingIdentifier pending, byte[] evaluation)
    {
        _pending.TryRemove(pending.Hash, out _);
        pending.Complete(evaluation);
    }

    /// <summary>What one batch of the queue has under way at the evaluators.</summary>
    private sealed class BatchAttempt : IDisposable
    {
        public EvaluationAttempt? Current { get; set; }

        public (byte[] Input, byte[] Evaluation)? Canary { get; set; }

        public byte[]? First { get; set; }

        public void Drop()
        {
            Current?.Dispose();
            Current = null;
        }

        public void Dispose() => Drop();
    }
}
