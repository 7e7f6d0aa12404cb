using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Gateway.Broker.Access;
using Gateway.Broker.Sequencing;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Administration;

/// <summary>
/// Where operators decide by four eyes: one proposes, another approves, and the change is carried out in the transaction that closes it. That the two are not one, and that a
/// change is carried out once, the store enforces; the desk says it in words.
/// </summary>
public sealed class ChangeDesk
{
    /// <summary>How long a proposal waits for its approval.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(7);

    private const int MostListed = 1_000;

    private readonly NetworkView _view;
    private readonly IBrokerStore _store;
    private readonly Sequencer _sequencer;
    private readonly FrozenDictionary<Change.KindOneofCase, IChangeExecutor> _executors;
    private readonly Func<string, bool> _isOperator;
    private readonly TimeProvider _time;
    private readonly TimeSpan _lifetime;

    // One decision at a time: what a check of the store found still holds when its transaction is written.
    private readonly KeyedLock<string> _decisions = new();

    /// <summary>Takes what it works with, and an executor for each kind of change that this broker carries out.</summary>
    public ChangeDesk(NetworkView view, IBrokerStore store, Sequencer sequencer, IEnumerable<IChangeExecutor> executors, Func<string, bool> isOperator, TimeProvider time, TimeSpan? lifetime = null)
    {
        _view = view;
        _store = store;
        _sequencer = sequencer;
        _executors = executors.ToFrozenDictionary(executor => executor.Kind);
        _isOperator = isOperator;
        _time = time;
        _lifetime = lifetime ?? DefaultLifetime;
    }

    /// <summary>Keeps a proposal; a suspension is carried out at once.</summary>
    /// <exception cref="RefusalException">The change cannot be carried out as things are.</exception>
    public async Task<ChangeRecord> ProposeAsync(string author, Change? change, CancellationToken cancellation)
    {
        IChangeExecutor executor = ExecutorOf(change);
        using KeyedLock<string>.Holding held = await _decisions.EnterAsync("", cancellation).ConfigureAwait(false);
        RequireOperator(author);
        if (await executor.CheckAsync(change, _view.Current, cancellation).ConfigureAwait(false) is { } refusal) throw new RefusalException(refusal);
        DateTimeOffset now = _time.GetUtcNow();
        long number = await _store.Changes.AddAsync(new ProposedChange(executor.Kind, change.ToByteArray(), author, now, now + _lifetime), cancellation).ConfigureAwait(false);
        if (executor.Kind == Change.KindOneofCase.Suspension) await CarryOutAsync(executor, change, await FindAsync(number, cancellation).ConfigureAwait(false), author, now, cancellation).ConfigureAwait(false);
        return await DescribeAsync(await FindAsync(number, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
    }

    /// <summary>Approves another operator's proposal and carries it out.</summary>
    /// <exception cref="RefusalException">The operator is its author, the proposal is not open, or it cannot be carried out any more.</exception>
    public async Task<ApproveChangeResponse> ApproveAsync(string approver, ulong id, CancellationToken cancellation)
    {
        using KeyedLock<string>.Holding held = await _decisions.EnterAsync("", cancellation).ConfigureAwait(false);
        DateTimeOffset now = _time.GetUtcNow();
        StoredChange stored = await RequireOpenAsync(id, now, cancellation).ConfigureAwait(false);
        if (string.Equals(stored.Proposed.Author, approver, StringComparison.OrdinalIgnoreCase))
        {
            throw new RefusalException(Refusal.Denied("OWN_CHANGE", "Nobody approves a change that he proposed himself.", Which(stored.Number), "Ask another operator to approve it."));
        }

        RequireOperator(approver);
        if (!_isOperator(stored.Proposed.Author))
        {
            throw new RefusalException(Refusal.Precondition("AUTHOR_REMOVED", "Who proposed the change is not an operator any more, and so it has one pair of eyes.", Which(stored.Number), "Propose it yourself, if it is still wanted, and let another operator approve it."));
        }

        Change change = Change.Parser.ParseFrom(stored.Proposed.Change);
        IChangeExecutor executor = ExecutorOf(change);
        if (await executor.CheckAsync(change, _view.Current, cancellation).ConfigureAwait(false) is { } refusal) throw new RefusalException(refusal);
        ApproveChangeResponse response = await CarryOutAsync(executor, change, stored, approver, now, cancellation).ConfigureAwait(false);
        response.Change = await DescribeAsync(await FindAsync(stored.Number, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        return response;
    }

    /// <summary>Ends a proposal without carrying it out.</summary>
    /// <exception cref="RefusalException">The proposal is not open.</exception>
    public async Task<ChangeRecord> RejectAsync(string @operator, ulong id, CancellationToken cancellation)
    {
        using KeyedLock<string>.Holding held = await _decisions.EnterAsync("", cancellation).ConfigureAwait(false);
        DateTimeOffset now = _time.GetUtcNow();
        StoredChange stored = await RequireOpenAsync(id, now, cancellation).ConfigureAwait(false);
        RequireOperator(@operator);
        await _store.Changes.DecideAsync(new ChangeDecision(stored.Number, ChangeState.Rejected, @operator, now), cancellation).ConfigureAwait(false);
        return await DescribeAsync(await FindAsync(stored.Number, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
    }

    /// <summary>Proposals, the newest first.</summary>
    /// <param name="includeDecided">Whether to list what is decided or expired too.</param>
    /// <param name="cancellation">Cancels the reading.</param>
    public async Task<IReadOnlyList<ChangeRecord>> ListAsync(bool includeDecided, CancellationToken cancellation)
    {
        List<ChangeRecord> records = [];
        foreach (StoredChange stored in await _store.Changes.ListAsync(!includeDecided, MostListed, cancellation).ConfigureAwait(false))
        {
            ChangeRecord record = await DescribeAsync(stored, cancellation).ConfigureAwait(false);
            if (includeDecided || record.State == ChangeState.Open) records.Add(record);
        }

        return records;
    }

    /// <summary>The refusal of a decision about a change that is decided already.</summary>
    internal static Refusal NotOpen(long number) => Refusal.Precondition("CHANGE_NOT_OPEN", "The change is decided already, or nobody decided it in time.", Which(number), "See what became of it with 'gateway change list --all'; propose it again if it is still wanted.");

    private async Task<ApproveChangeResponse> CarryOutAsync(IChangeExecutor executor, Change change, StoredChange stored, string @operator, DateTimeOffset now, CancellationToken cancellation)
    {
        ChangeEffect effect = await executor.PrepareAsync(change, stored, _view.Current, cancellation).ConfigureAwait(false);
        ChangeDecision decision = effect.Decide(new ChangeDecision(stored.Number, ChangeState.Executed, @operator, now));
        if (effect.Entries.Count + effect.Withdrawals.Count > 0)
        {
            await _sequencer.ChangeStateAsync(new StateChange { Entries = effect.Entries, Withdrawals = effect.Withdrawals, Condition = effect.Condition, Decision = decision }).ConfigureAwait(false);
        }
        else
        {
            await DecideAsync(decision).ConfigureAwait(false);
        }

        effect.Committed();
        ApproveChangeResponse response = new();
        effect.Answer(response);
        return response;
    }

    // Asked under the lock: who waited for it may have been removed by the decision before.
    private void RequireOperator(string name)
    {
        if (!_isOperator(name)) throw new RefusalException(PeerIdentifier.OperatorRemoved());
    }

    private async Task DecideAsync(ChangeDecision decision)
    {
        try
        {
            await _store.Changes.DecideAsync(decision, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ChangeDecidedException)
        {
            throw new RefusalException(NotOpen(decision.Number));
        }
    }

    private async ValueTask<StoredChange> RequireOpenAsync(ulong id, DateTimeOffset now, CancellationToken cancellation)
    {
        StoredChange stored = (id <= long.MaxValue ? await _store.Changes.FindAsync((long)id, cancellation).ConfigureAwait(false) : null)
            ?? throw new RefusalException(Refusal.NotFound("CHANGE_UNKNOWN", "There is no such change.", string.Create(CultureInfo.InvariantCulture, $"change {id}"), "List the changes with 'gateway change list'."));
        return stored.State == ChangeState.Open && now < stored.Proposed.ExpiresAt ? stored : throw new RefusalException(NotOpen(stored.Number));
    }

    private async ValueTask<StoredChange> FindAsync(long number, CancellationToken cancellation) =>
        await _store.Changes.FindAsync(number, cancellation).ConfigureAwait(false) ?? throw new InvalidOperationException($"Change {number} is gone from the store.");

    private async ValueTask<ChangeRecord> DescribeAsync(StoredChange stored, CancellationToken cancellation)
    {
        ChangeRecord record = new()
        {
            Id = (ulong)stored.Number,
            Change = Change.Parser.ParseFrom(stored.Proposed.Change),
            Author = stored.Proposed.Author,
            ProposedAt = stored.Proposed.ProposedAt.ToUnixTimeSeconds(),
            ExpiresAt = stored.Proposed.ExpiresAt.ToUnixTimeSeconds(),
            State = stored.State == ChangeState.Open && _time.GetUtcNow() >= stored.Proposed.ExpiresAt ? ChangeState.Expired : stored.State,
            DecidedBy = stored.DecidedBy ?? "",
            DecidedAt = stored.DecidedAt?.ToUnixTimeSeconds() ?? 0,
        };
        if (stored.Index is { } index) record.Index = index;
        if (stored.Proposed.Kind == Change.KindOneofCase.Admission) record.SponsorSignatures.AddRange(await _store.Changes.ReadSponsorsAsync(stored.Number, cancellation).ConfigureAwait(false));
        return record;
    }

    private IChangeExecutor ExecutorOf([NotNull] Change? change) => change is not null && _executors.TryGetValue(change.KindCase, out IChangeExecutor? executor)
        ? executor
        : throw new RefusalException(Refusal.Invalid("CHANGE_KIND", "The request holds no change of a kind that this broker carries out.", "change", "Send one of the kinds; update the older of the two programs."));

    private static string Which(long number) => string.Create(CultureInfo.InvariantCulture, $"change {number}");
}
