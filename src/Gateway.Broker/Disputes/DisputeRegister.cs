using Gateway.Broker.Publishing;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Disputes;

/// <summary>
/// Disputes about records: opened by any member that holds the record's key, decided by a desk of the record's circle that did not contribute it, ended by the clock where nobody decides. Who
/// contributed and who objects is known here alone; what is refused tells it to nobody who does not know it already.
/// </summary>
public sealed class DisputeRegister(NetworkView view, IBrokerStore store, Sequencer sequencer, LogReader reader, Admission admission, ObjectionIntake intake)
{
    /// <summary>Disputes that one member opens on a day.</summary>
    public const int MostOpenedOnADay = 50;

    /// <summary>Opens a dispute about a record, or adds an objection to the one that is open: then the receipt is of that one.</summary>
    /// <exception cref="RefusalException">The caller does not see the record, the record has ended, or the dispute was decided.</exception>
    public async Task<LogReceipt> OpenAsync(MemberId caller, OpenDisputeRequest request, CancellationToken cancellation)
    {
        if (!RecordId.TryFromBytes(request.RecordId.Span, out RecordId id)) throw new RefusalException(Refusal.Invalid("FIELD_LENGTH", $"record_id has {request.RecordId.Length} bytes where {RecordId.Size} are wanted.", "record_id", "Send what the protocol says."));
        using KeyedLock<RecordId>.Holding held = await admission.ReserveAsync(id, cancellation).ConfigureAwait(false);
        (PublishedRecord record, NetworkCircle circle) = await FindAsync(id, caller, cancellation).ConfigureAwait(false);
        if (record.Contributor == caller) throw Refused(Refusal.Precondition("DISPUTE_OWN_RECORD", "The record is this member's own.", Which(id), "Withdraw it, with `gateway withdraw`."));
        if (request.Ground is < DisputeGround.WrongParty or > DisputeGround.Unlawful) throw Refused(Refusal.Invalid("DISPUTE_GROUND", "The dispute states no ground.", "ground", "State one of the grounds of the protocol."));
        DisputeTerms terms = DisputeTerms.Of(circle.Policy);
        IReadOnlyList<StoredObjection> objections = intake.Check(caller, request.Objections, terms.Desks, id);
        StoredDispute? known = await store.Disputes.FindAsync(id, cancellation).ConfigureAwait(false);
        if (known is { State.IsOpen: true })
        {
            await intake.KeepAsync(objections, cancellation).ConfigureAwait(false);
            return await reader.ReceiptOfAsync(known.State.DisputedAt!.Value, cancellation).ConfigureAwait(false);
        }

        // Whoever decided may look at new evidence; nobody else reopens what was decided.
        if (known is not null && !terms.Desks.Contains(caller)) throw Refused(Refusal.Precondition("DISPUTE_DECIDED", "A dispute about the record was decided; only the circle's dispute desk opens it again.", Which(id), "Send new evidence to the desk: `gateway dispute file`."));
        UtcDay today = view.Current.Day;
        if (await store.Disputes.CountOpenedAsync(caller, today, cancellation).ConfigureAwait(false) >= MostOpenedOnADay)
        {
            throw Refused(Refusal.Exhausted("DISPUTES_TOO_MANY", $"This member has opened {MostOpenedOnADay} disputes today.", "disputes", "Go on tomorrow."));
        }

        await intake.KeepAsync(objections, cancellation).ConfigureAwait(false);
        StoredDispute opening = new(known?.State ?? new DisputeState(id, record.Circle, record.Epoch), caller, today);
        IReadOnlyList<LogReceipt> receipts = await sequencer.DisputeAsync(opening, state => [new Entry { RecordDisputed = EntryOf(record, request.Ground, state) }]).ConfigureAwait(false);
        return receipts[0];
    }

    /// <summary>Logs a desk's decision; the same decision again gives the same receipts.</summary>
    /// <returns>The decision's receipt, and the withdrawal's where the objection was upheld.</returns>
    /// <exception cref="RefusalException">The caller is no desk of the circle, contributed the record, or decides what is not open.</exception>
    public async Task<IReadOnlyList<LogReceipt>> ResolveAsync(MemberId caller, SignedStatement? statement, CancellationToken cancellation)
    {
        NetworkState state = view.Current;
        if (statement is null || !DisputeEntries.TryRead(statement, state, out RecordDisputeResolved? resolved, out MemberId decider) || decider != caller
            || !RecordId.TryFromBytes(resolved.RecordId.Span, out RecordId id) || !DisputeEntries.IsWhole(resolved, ulong.MaxValue))
        {
            throw Refused(Refusal.Invalid("STATEMENT_UNREADABLE", "The statement is not a whole RecordDisputeResolved that the calling member signed.", "decision", "Decide at your own node, with this program."));
        }

        using KeyedLock<RecordId>.Holding held = await admission.ReserveAsync(id, cancellation).ConfigureAwait(false);
        PublishedRecord? record = await store.FindRecordAsync(id, cancellation).ConfigureAwait(false);
        if (record is null || !view.History.HoldsKey(record.Circle, record.Epoch, caller)) throw Unknown(id);
        if (!DisputeTerms.Of(state.Circles[record.Circle].Policy).Desks.Contains(caller)) throw Refused(Refusal.Denied("DISPUTE_DESK_ONLY", "The circle's policy does not name this member to decide disputes.", Which(id), "The circle's dispute desk decides; see `gateway circle show`."));

        // The desk knows that the record is its own; nobody else hears of this refusal.
        if (record.Contributor == caller) throw Refused(Refusal.Denied("DISPUTE_OWN_RECORD", "Nobody decides about a record of its own.", Which(id), "Leave it to another desk of the circle, or withdraw the record."));
        StoredDispute? known = await store.Disputes.FindAsync(id, cancellation).ConfigureAwait(false);
        if (known is null || resolved.DisputedAt != known.State.DisputedAt || resolved.Epoch != record.Epoch || !resolved.CircleId.Span.SequenceEqual(record.Circle.ToArray())) throw NotOpen(id);
        if (!known.State.IsOpen) return await RepeatAsync(known, record, resolved, statement, cancellation).ConfigureAwait(false);
        RequireLive(record, id);
        return await sequencer.DisputeAsync(
            known,
            _ => resolved.Decision == DisputeDecision.Upheld
                ? [new Entry { RecordDisputeResolved = statement }, Withdrawal(record, WithdrawalReason.DisputeUpheld)]
                : [new Entry { RecordDisputeResolved = statement }]).ConfigureAwait(false);
    }

    /// <summary>Withdraws the records whose disputes nobody has decided in time, where their circles do not keep them.</summary>
    /// <returns>How many.</returns>
    public async Task<int> EndOverdueAsync(CancellationToken cancellation)
    {
        int ended = 0;
        UtcDay day = view.Current.Day;
        foreach (StoredDispute listed in await store.Disputes.ListOpenAsync(day, cancellation).ConfigureAwait(false))
        {
            if (!MayEnd(listed, day)) continue;
            using KeyedLock<RecordId>.Holding held = await admission.ReserveAsync(listed.State.Record, cancellation).ConfigureAwait(false);
            PublishedRecord? record = await store.FindRecordAsync(listed.State.Record, cancellation).ConfigureAwait(false);
            StoredDispute? known = await store.Disputes.FindAsync(listed.State.Record, cancellation).ConfigureAwait(false);
            if (record is not { WithdrawnAt: null } || known is null || !MayEnd(known, day)) continue;
            await sequencer.DisputeAsync(known, _ => [Withdrawal(record, WithdrawalReason.DisputeOverdue)]).ConfigureAwait(false);
            ended++;
        }

        return ended;
    }

    /// <summary>How disputes stand, for operators: counts alone.</summary>
    public async Task<DisputeStatus> StatusAsync(CancellationToken cancellation)
    {
        const uint soon = 7;
        UtcDay day = view.Current.Day;
        IReadOnlyList<StoredDispute> open = await store.Disputes.ListOpenAsync(day, cancellation).ConfigureAwait(false);
        IReadOnlyDictionary<MemberId, int> waiting = await store.Disputes.CountObjectionsAsync(cancellation).ConfigureAwait(false);
        return new DisputeStatus
        {
            Open = (uint)open.Count,
            Overdue = (uint)open.Count(dispute => dispute.State.IsOverdue(day)),
            DueSoon = (uint)open.Count(dispute => !dispute.State.IsOverdue(day) && dispute.State.Deadline < day.AddDays(soon + 1)),
            NextDeadlineDay = open.Count == 0 ? 0 : open[0].State.Deadline.Number,
            ObjectionsWaiting = (uint)waiting.Values.Sum(),
        };
    }

    private bool MayEnd(StoredDispute dispute, UtcDay day) =>
        view.Current.Circles.TryGetValue(dispute.State.Circle, out NetworkCircle? circle) && dispute.State.Ends(WithdrawalReason.DisputeOverdue, day, DisputeTerms.Of(circle.Policy));

    private async Task<(PublishedRecord Record, NetworkCircle Circle)> FindAsync(RecordId id, MemberId caller, CancellationToken cancellation)
    {
        PublishedRecord? record = await store.FindRecordAsync(id, cancellation).ConfigureAwait(false);

        // Only who may see the record's entry learns that it exists.
        if (record is null || !view.History.HoldsKey(record.Circle, record.Epoch, caller)) throw Unknown(id);
        RequireLive(record, id);
        return (record, view.Current.Circles[record.Circle]);
    }

    private void RequireLive(PublishedRecord record, RecordId id)
    {
        if (record.WithdrawnAt is null && record.Expiry >= view.Current.Day) return;
        throw Refused(Refusal.Precondition("RECORD_ENDED", "The record has been withdrawn or has expired.", Which(id), "Nothing is left to dispute."));
    }

    // An answer may be lost: what was decided just so is answered as it was.
    private async Task<IReadOnlyList<LogReceipt>> RepeatAsync(StoredDispute known, PublishedRecord record, RecordDisputeResolved resolved, SignedStatement statement, CancellationToken cancellation)
    {
        LogReceipt receipt = await reader.ReceiptOfAsync(known.State.DecidedAt!.Value, cancellation).ConfigureAwait(false);
        if (!Entry.Parser.ParseFrom(receipt.Entry).RecordDisputeResolved.Equals(statement)) throw NotOpen(known.State.Record);
        return resolved.Decision == DisputeDecision.Upheld && record.WithdrawnAt is { } withdrawn ? [receipt, await reader.ReceiptOfAsync(withdrawn, cancellation).ConfigureAwait(false)] : [receipt];
    }

    private static RecordDisputed EntryOf(PublishedRecord record, DisputeGround ground, NetworkState state) => new()
    {
        RecordId = record.Id.ToByteString(),
        CircleId = record.Circle.ToByteString(),
        Epoch = record.Epoch,
        Ground = ground,
        DeadlineDay = state.Day.AddDays(DisputeTerms.Of(state.Circles[record.Circle].Policy).DeadlineDays).Number,
    };

    private static Entry Withdrawal(PublishedRecord record, WithdrawalReason reason) => new()
    {
        RecordWithdrawn = new RecordWithdrawn { RecordId = record.Id.ToByteString(), Reason = reason, CircleId = record.Circle.ToByteString(), Epoch = record.Epoch },
    };

    private static RefusalException Unknown(RecordId id) => Refused(Refusal.NotFound("RECORD_UNKNOWN", "There is no such record in the log.", Which(id), "Check the id."));

    private static RefusalException NotOpen(RecordId id) => Refused(Refusal.Precondition("DISPUTE_NOT_OPEN", "There is no such dispute, or it is decided.", Which(id), "See `gateway dispute list`."));

    private static RefusalException Refused(Refusal refusal) => new(refusal);

    private static string Which(RecordId id) => $"record {id.Prefix}";
}
