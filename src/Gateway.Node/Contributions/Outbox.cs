using System.Security.Cryptography;
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
public sealed class Outbox(INodeStore store, KnownCache cache, ContributionRules rules, OwnRecords own, Protocol.Keys.MemberKeys keys, Func<NodeView> view, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, TaskCompletionSource<OutboxRow>> _waiting = [];
    private readonly Dictionary<long, OutboxRow> _told = [];
    private int _adding;
    private readonly SemaphoreSlim _work = new(0);

    /// <summary>Takes contributions.</summary>
    /// <returns>For each: what became of it, and where it is on its way the task that ends when it is acknowledged, refused or further.</returns>
    public async Task<IReadOnlyList<(V1.ContributionOutcome Outcome, Task<OutboxRow>? Done)>> AddAsync(IReadOnlyList<V1.Contribution> contributions, CancellationToken cancellation)
    {
        NetworkState state = view().State;
        (V1.ContributionOutcome Outcome, Task<OutboxRow>? Done)[] answers = new (V1.ContributionOutcome, Task<OutboxRow>?)[contributions.Count];
        List<(int Place, OutboxRow Draft)> drafts = [];
        for (int i = 0; i < answers.Length; i++)
        {
            V1.ContributionOutcome outcome = new() { Reference = contributions[i].Reference };
            answers[i] = (outcome, null);
            if (rules.Judge(contributions[i], state, out Refusal? refusal) is not { } accepted)
            {
                Refuse(outcome, refusal!);
                continue;
            }

            outcome.RejectedFields.AddRange(accepted.Keys.Rejections.Select(rejection => Screening.Translation.ToMessage(rejection, contributions[i].Reference)));
            byte[] content = accepted.Contribution.ToByteArray();
            drafts.Add((i, new OutboxRow
            {
                Circle = accepted.Circle.Id,
                Reference = contributions[i].Reference,
                ContentHash = SHA256.HashData(contributions[i].ToByteArray()), // As stated: an expiry that is filled in moves with the calendar.
                State = OutboxState.Draft,
                Draft = cache.SealDraft(content),
                CreatedAt = time.GetUtcNow(),
            }));
        }

        lock (_gate) _adding++;
        try
        {
            IReadOnlyList<OutboxRow> rows = await store.AddDraftsAsync([.. drafts.Select(draft => draft.Draft)], cancellation);
            for (int i = 0; i < rows.Count; i++)
            {
                V1.ContributionOutcome outcome = Answer(answers[drafts[i].Place].Outcome, drafts[i].Draft, rows[i]);
                answers[drafts[i].Place] = (outcome, outcome.State == V1.ContributionState.Queued ? WhenDone(rows[i]) : null);
            }
        }
        finally
        {
            lock (_gate)
            {
                if (--_adding == 0) _told.Clear();
            }
        }

        Wake();
        return answers;
    }

    /// <summary>Takes the withdrawal of one of this member's own records.</summary>
    /// <exception cref="RefusalException">The record is not this member's, or not published.</exception>
    public async Task<OutboxWithdrawal> WithdrawAsync(RecordId record, V1.WithdrawalReason reason, CancellationToken cancellation)
    {
        OutboxRow row = await store.FindOutboxAsync(record, cancellation)
            ?? throw new RefusalException(Refusal.NotFound("RECORD_NOT_OWN", "This member has not contributed a record with this id.", $"record {record.Prefix}", "See `gateway records --mine`."));
        if (reason is V1.WithdrawalReason.Unspecified or V1.WithdrawalReason.Rectified)
        {
            throw new RefusalException(Refusal.Invalid("REASON_INVALID", "A withdrawal needs a reason: MISTAKE, OBSOLETE or LEGAL.", "reason", "Give one of these."));
        }

        if (row.State is not (OutboxState.Sealed or OutboxState.Acknowledged or OutboxState.Closed or OutboxState.Withdrawn))
        {
            throw new RefusalException(Refusal.Precondition("RECORD_NOT_PUBLISHED", "The record is not published.", $"record {record.Prefix}", "There is nothing to withdraw."));
        }

        using Protocol.Keys.RecordKeys recordKeys = keys.ForRecord(row.RecordSalt);
        V1.WithdrawRequest request = new()
        {
            RecordId = ByteString.CopyFrom(record.ToArray()),
            Reason = reason,
            Signature = ByteString.CopyFrom(recordKeys.Signing.Sign(RecordFormat.WithdrawMessage(record, reason, null))),
        };
        OutboxWithdrawal withdrawal = new(record, request.ToByteArray(), null, null, time.GetUtcNow());
        own.Add(record);
        await store.AddWithdrawalAsync(withdrawal, cancellation);
        Wake();
        return withdrawal;
    }

    /// <summary>Tells those who wait that a row has come further. The row is in the store before.</summary>
    public void Tell(OutboxRow row)
    {
        if (!IsDone(row.State)) return;
        lock (_gate)
        {
            // Between a draft's commit and the wait for it a running publisher may have finished it.
            if (_adding > 0) _told[row.Id] = row;
            if (_waiting.Remove(row.Id, out TaskCompletionSource<OutboxRow>? waiting)) waiting.TrySetResult(row);
        }
    }

    private Task<OutboxRow> WhenDone(OutboxRow row)
    {
        lock (_gate)
        {
            if (_told.TryGetValue(row.Id, out OutboxRow? told)) return Task.FromResult(told);
            if (!_waiting.TryGetValue(row.Id, out TaskCompletionSource<OutboxRow>? waiting)) _waiting[row.Id] = waiting = new TaskCompletionSource<OutboxRow>(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task;
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

    /// <summary>Wakes the publisher.</summary>
    public void Wake()
    {
        if (_work.CurrentCount == 0) _work.Release();
    }

    /// <inheritdoc/>
    public void Dispose() => _work.Dispose();

    /// <summary>Waits for work, or until some time has passed.</summary>
    public Task WaitForWorkAsync(TimeSpan most, CancellationToken cancellation) => _work.WaitAsync(most, cancellation);

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
