using System.Collections.Concurrent;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>Takes contributions and withdrawals: each is durable here before anybody hears that it was taken. The publisher does the rest.</summary>
public sealed partial class Outbox : IDisposable
{
    private readonly INodeStore _store;
    private readonly KnownCache _cache;
    private readonly ContributionRules _rules;
    private readonly OwnRecords _own;
    private readonly Protocol.Keys.MemberKeys _keys;
    private readonly Func<NodeView> _view;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<OutboxRow>> _waiting = new();
    private readonly ConcurrentQueue<RecordId> _logged = new();
    private readonly List<WorkSignal> _signals = [];

    /// <summary>Composes the outbox.</summary>
    public Outbox(INodeStore store, KnownCache cache, ContributionRules rules, OwnRecords own, Protocol.Keys.MemberKeys keys, Func<NodeView> view, TimeProvider time)
    {
        _store = store;
        _cache = cache;
        _rules = rules;
        _own = own;
        _keys = keys;
        _view = view;
        _time = time;
        own.Logged += OnLogged;
    }

    /// <summary>Takes contributions.</summary>
    /// <returns>For each: what became of it, and its row where it was taken.</returns>
    public async Task<IReadOnlyList<(V1.ContributionOutcome Outcome, OutboxRow? Row)>> AddAsync(IReadOnlyList<V1.Contribution> contributions, CancellationToken cancellation)
    {
        NetworkState state = _view().State;
        (V1.ContributionOutcome Outcome, OutboxRow? Row)[] answers = new (V1.ContributionOutcome, OutboxRow?)[contributions.Count];
        List<(int Place, OutboxRow Draft)> drafts = [];
        for (int i = 0; i < answers.Length; i++)
        {
            V1.ContributionOutcome outcome = new() { Reference = contributions[i].Reference };
            answers[i] = (outcome, null);
            if (DraftOf(contributions[i], state, outcome) is { } draft) drafts.Add((i, draft));
        }

        IReadOnlyList<OutboxRow> rows = await _store.AddDraftsAsync([.. drafts.Select(draft => draft.Draft)], cancellation);
        for (int i = 0; i < rows.Count; i++) answers[drafts[i].Place] = (Answer(answers[drafts[i].Place].Outcome, drafts[i].Draft, rows[i]), rows[i]);
        Wake();
        return answers;
    }

    /// <summary>Takes the withdrawal of one of this member's own records.</summary>
    /// <exception cref="RefusalException">The record is not this member's, or not published.</exception>
    public async Task<OutboxWithdrawal> WithdrawAsync(RecordId record, V1.WithdrawalReason reason, CancellationToken cancellation)
    {
        OutboxRow row = await _store.FindOutboxAsync(record, cancellation) ?? throw NotOwn(record);
        if (reason is V1.WithdrawalReason.Unspecified or V1.WithdrawalReason.Rectified)
        {
            throw new RefusalException(Refusal.Invalid("REASON_INVALID", "A withdrawal needs a reason: MISTAKE, OBSOLETE or LEGAL.", "reason", "Give one of these."));
        }

        if (row.State is not (OutboxState.Sealed or OutboxState.Acknowledged or OutboxState.Logged or OutboxState.Closed or OutboxState.Withdrawn))
        {
            throw new RefusalException(Refusal.Precondition("RECORD_NOT_PUBLISHED", "The record is not published.", $"record {record.Prefix}", "There is nothing to withdraw."));
        }

        OutboxWithdrawal withdrawal = WithdrawalOf(row, reason, null);
        _own.Add(record);
        await _store.AddWithdrawalAsync(withdrawal, cancellation);
        Wake();
        return withdrawal;
    }

    /// <summary>Ends when a row is acknowledged, refused or further.</summary>
    public async Task<OutboxRow> WaitAsync(OutboxRow row, CancellationToken cancellation)
    {
        if (IsDone(row.State)) return row;
        Task<OutboxRow> told = _waiting.GetOrAdd(row.Id, _ => new TaskCompletionSource<OutboxRow>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        // It may have come further before anybody waited.
        if (await _store.ReadOutboxRowAsync(row.Id, cancellation) is { } now) Tell(now);
        return await told.WaitAsync(cancellation);
    }

    /// <summary>Tells those who wait that a row has come further.</summary>
    public void Tell(OutboxRow row)
    {
        if (IsDone(row.State) && _waiting.TryRemove(row.Id, out TaskCompletionSource<OutboxRow>? waiting)) waiting.TrySetResult(row);
    }

    /// <summary>Tells those who wait what another process has done about their rows.</summary>
    public async Task TellOthersAsync(CancellationToken cancellation)
    {
        foreach (long id in _waiting.Keys)
        {
            if (await _store.ReadOutboxRowAsync(id, cancellation) is { } row) Tell(row);
        }
    }

    /// <summary>Tells those who wait for records that the feed brought before the broker's answer came, or instead of it.</summary>
    public async Task TellLoggedAsync(CancellationToken cancellation)
    {
        while (_logged.TryPeek(out RecordId id))
        {
            if (!_waiting.IsEmpty && await _store.FindOutboxAsync(id, cancellation) is { } row) Tell(row);
            _logged.TryDequeue(out _);
        }
    }

    /// <summary>What to tell about a row.</summary>
    public static V1.ContributionOutcome Describe(OutboxRow row)
    {
        V1.ContributionOutcome outcome = new() { Reference = row.Reference, State = StateOf(row.State) };
        if (row.RecordId is { } id) outcome.RecordId = ByteString.CopyFrom(id.ToArray());
        if (row.Receipt is not null) outcome.Index = V1.Receipt.Parser.ParseFrom(row.Receipt).Index;
        if (row.Refusal is not null) outcome.Error = V1.ErrorDetail.Parser.ParseFrom(row.Refusal);
        return outcome;
    }

    /// <summary>Wakes whoever works the outbox off.</summary>
    public void Wake()
    {
        lock (_signals)
        {
            foreach (WorkSignal signal in _signals) signal.Set();
        }
    }

    /// <summary>A signal that is set whenever there may be work. Each worker has its own: with one for all a worker would take another's.</summary>
    public WorkSignal NewSignal()
    {
        WorkSignal signal = new(_time);
        lock (_signals) _signals.Add(signal);
        return signal;
    }

    /// <inheritdoc/>
    public void Dispose() => _own.Logged -= OnLogged;

    // The outcome takes why not.
    private OutboxRow? DraftOf(V1.Contribution contribution, NetworkState state, V1.ContributionOutcome outcome)
    {
        if (_rules.Judge(contribution, state, out Refusal? refusal) is not { } accepted)
        {
            Refuse(outcome, refusal!);
            return null;
        }

        outcome.RejectedFields.AddRange(accepted.Keys.Rejections.Select(rejection => Screening.Translation.ToMessage(rejection, contribution.Reference)));
        return new OutboxRow
        {
            Circle = accepted.Circle.Id,
            Reference = contribution.Reference,
            ContentHash = _cache.DigestOf(contribution.ToByteArray()), // As stated: an expiry that is filled in moves with the calendar.
            State = OutboxState.Draft,
            Draft = _cache.SealDraft(accepted.Contribution.ToByteArray()),
            CreatedAt = _time.GetUtcNow(),
        };
    }

    private void OnLogged(IReadOnlyList<RecordId> records)
    {
        foreach (RecordId record in records) _logged.Enqueue(record);
        Wake();
    }

    private static V1.ContributionOutcome Answer(V1.ContributionOutcome outcome, OutboxRow asked, OutboxRow stored)
    {
        if (!stored.ContentHash.AsSpan().SequenceEqual(asked.ContentHash))
        {
            Refuse(outcome, new Refusal(Grpc.Core.StatusCode.AlreadyExists, "REFERENCE_TAKEN", "This reference was published before with other content.", "reference", "Withdraw that record first, or use another reference."));
            return outcome;
        }

        V1.ContributionOutcome described = Describe(stored);
        described.RejectedFields.AddRange(outcome.RejectedFields);
        described.AlreadyKnown = stored.CreatedAt < asked.CreatedAt || stored.State != OutboxState.Draft;
        return described;
    }

    private static void Refuse(V1.ContributionOutcome outcome, Refusal refusal)
    {
        outcome.State = V1.ContributionState.Refused;
        outcome.Error = refusal.ToDetail();
    }

    private static bool IsDone(OutboxState state) => state is not (OutboxState.Draft or OutboxState.Sealed);

    private static V1.ContributionState StateOf(OutboxState state) => state switch
    {
        OutboxState.Draft or OutboxState.Sealed => V1.ContributionState.Queued,
        OutboxState.Refused => V1.ContributionState.Refused,
        OutboxState.Withdrawn => V1.ContributionState.Withdrawn,
        _ => V1.ContributionState.Published,
    };
}
