using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

public sealed partial class Outbox
{
    /// <summary>
    /// Takes a rectification: the corrected contribution, and that it replaces one of this member's own records. Durable when it returns; the publisher publishes the new record, and once it stands
    /// in the log withdraws the old one naming it. A stop at any point is continued.
    /// </summary>
    /// <returns>What became of the new contribution, and its row where it was taken.</returns>
    /// <exception cref="RefusalException">The record is not this member's, not published, withdrawn already, or of another circle.</exception>
    public async Task<(V1.ContributionOutcome Outcome, OutboxRow? Row)> RectifyAsync(RecordId old, V1.Contribution corrected, CancellationToken cancellation)
    {
        OutboxRow row = await _store.FindOutboxAsync(old, cancellation) ?? throw NotOwn(old);
        if (row.State is not (OutboxState.Acknowledged or OutboxState.Logged or OutboxState.Closed))
        {
            throw new RefusalException(Refusal.Precondition("RECORD_NOT_PUBLISHED", "Only a record that stands in the log is rectified.", $"record {old.Prefix}", "Wait until it is published; one that was withdrawn is published anew instead."));
        }

        bool isWithdrawn = await _store.FindWithdrawalAsync(old, cancellation) is not null
            || await _store.FindRecordAsync(old, cancellation) is { State: NodeRecordState.Withdrawn or NodeRecordState.Expired };
        if (isWithdrawn) throw new RefusalException(Refusal.Precondition("RECORD_ENDED", "The record was withdrawn or has expired.", $"record {old.Prefix}", "Publish the corrected case as a new one."));
        NetworkState state = _view().State;
        string circle = state.Circles[row.Circle].Policy.Name;
        if (corrected.Circle.Length > 0 && corrected.Circle != circle)
        {
            throw new RefusalException(Refusal.Invalid("CIRCLE_DIFFERS", $"The record stands in the circle '{circle}', the correction in '{corrected.Circle}'.", "circle", "Rectify within the circle; for another circle publish the case there."));
        }

        V1.Contribution whole = corrected.Clone();
        whole.Circle = circle;
        if (whole.Reference.Length == 0) whole.Reference = row.Reference;
        V1.ContributionOutcome outcome = new() { Reference = whole.Reference };
        if (DraftOf(whole, state, outcome) is not { } draft) return (outcome, null);
        if (whole.Reference == row.Reference && row.ContentHash.AsSpan().SequenceEqual(draft.ContentHash))
        {
            throw new RefusalException(Refusal.Precondition("NOTHING_RECTIFIED", "The correction says what the record says.", $"record {old.Prefix}", "Change what was wrong; to withdraw the record use `gateway withdraw`."));
        }

        OutboxRow added = await _store.BeginRectificationAsync(old, $"{row.Reference}~{old.Prefix}", draft, cancellation);
        Wake();
        return (Answer(outcome, draft, added), added);
    }

    /// <summary>Takes the rectifications under way one step further.</summary>
    /// <returns>The refusals of those that cannot be carried out; their old records stay.</returns>
    public async Task<IReadOnlyList<Refusal>> AdvanceRectificationsAsync(CancellationToken cancellation)
    {
        List<Refusal> refused = [];
        foreach (StoredRectification rectification in await _store.ReadRectificationsAsync(cancellation))
        {
            OutboxRow? replacement = await _store.ReadOutboxRowAsync(rectification.OutboxId, cancellation);
            OutboxRow? old = await _store.FindOutboxAsync(rectification.Record, cancellation);
            switch (replacement?.State)
            {
                case OutboxState.Draft or OutboxState.Sealed:
                    continue;
                case OutboxState.Acknowledged or OutboxState.Logged or OutboxState.Closed when old is not null:
                    _own.Add(rectification.Record);
                    await _store.EndRectificationAsync(rectification.Record, WithdrawalOf(old, V1.WithdrawalReason.Rectified, replacement.RecordId), cancellation);
                    Wake();
                    continue;
                case OutboxState.Refused:
                    refused.Add(Refusal.Precondition(
                        "RECTIFICATION_REFUSED", $"The correction of a record was refused: {(replacement.Refusal is null ? "for a reason not stated" : V1.ErrorDetail.Parser.ParseFrom(replacement.Refusal).What)} The record stays as it is.",
                        $"record {rectification.Record.Prefix}", "Correct the case and rectify again, or withdraw the record."));
                    break;
            }

            await _store.EndRectificationAsync(rectification.Record, null, cancellation);
        }

        return refused;
    }

    private OutboxWithdrawal WithdrawalOf(OutboxRow row, V1.WithdrawalReason reason, RecordId? replacement)
    {
        RecordId record = row.RecordId!.Value;
        using Protocol.Keys.RecordKeys recordKeys = _keys.ForRecord(row.RecordSalt);
        V1.WithdrawRequest request = new()
        {
            RecordId = ByteString.CopyFrom(record.ToArray()),
            Reason = reason,
            ReplacementId = replacement is { } id ? ByteString.CopyFrom(id.ToArray()) : ByteString.Empty,
            Signature = ByteString.CopyFrom(recordKeys.Signing.Sign(RecordFormat.WithdrawMessage(record, reason, replacement))),
        };
        return new OutboxWithdrawal(record, request.ToByteArray(), null, null, _time.GetUtcNow());
    }

    private static RefusalException NotOwn(RecordId record) =>
        new(Refusal.NotFound("RECORD_NOT_OWN", "This member has not contributed a record with this id.", $"record {record.Prefix}", "See `gateway records --mine`."));
}
