using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Publishing;

/// <summary>
/// The checks of protocol §6, in its order, before a record or a withdrawal goes to the sequencer. While one is on its way, its record_id and record_pk are reserved here, so that
/// what the store answers about them stays true until the commit: the same record sent twice at once gets the same receipt, and a second record under one key is refused.
/// </summary>
public sealed class Admission(NetworkView view, IBrokerStore store, Sequencer sequencer, LogReader reader, QuotaLedger quotas)
{
    private readonly KeyedLock<RecordId> _ids = new();
    private readonly KeyedLock<RecordKey> _keys = new();

    /// <summary>Reserves what nobody else works on, and looks all of it up in one question to the store.</summary>
    /// <param name="submissions">What is about to be published.</param>
    /// <param name="cancellation">Cancels the question.</param>
    /// <returns>As many as there are submissions; null where its id or key is malformed, or somebody is at one of them.</returns>
    internal async Task<Reservation?[]> TryReserveAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation)
    {
        Reservation?[] all = [.. submissions.Select(TryReserve)];
        Reservation[] reserved = [.. all.OfType<Reservation>()];
        if (reserved.Length == 0) return all;
        try
        {
            IReadOnlyCollection<PublishedRecord> found = await store.FindRecordsAsync([.. reserved.Select(one => (one.Id, one.Key!.Value))], cancellation).ConfigureAwait(false);
            foreach (Reservation one in reserved) one.Take(found);
            return all;
        }
        catch
        {
            foreach (Reservation one in reserved) one.Dispose();
            throw;
        }
    }

    /// <summary>Publishes a record, or says which rule refuses it.</summary>
    /// <param name="contributor">The peer.</param>
    /// <param name="submission">What it submits.</param>
    /// <param name="reservation">Of its id and key, given back in the end; null where it is still to be made.</param>
    /// <param name="cancellation">Cancels the checks; once the record is with the sequencer it goes its way.</param>
    internal async Task<PublishResult> PublishAsync(MemberId contributor, Submission submission, Reservation? reservation, CancellationToken cancellation)
    {
        if (!RecordId.TryFromBytes(submission.RecordId.Span, out RecordId id)) return WrongLength("record_id", submission.RecordId, RecordId.Size);
        using Reservation held = reservation ?? await ReserveAsync(id, KeyOf(submission), cancellation).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested(); // Here, where what was reserved is given back.
        PublishedRecord? known = held.Found.FirstOrDefault(record => record.Id == id);
        if (known is not null && known.Contributor == contributor) return await reader.ReceiptOfAsync(known, cancellation).ConfigureAwait(false);

        NetworkState state = view.Current;
        if (!CircleId.TryFromBytes(submission.CircleId.Span, out CircleId circleId)) return WrongLength("circle_id", submission.CircleId, CircleId.Size);
        if (CircleAccess.FindPublisher(state, contributor, circleId, submission.Epoch, out NetworkMember? member, out NetworkCircle? circle) is { } denied) return denied;

        // Told only to who belongs to the circle: the record's id is the circle's business.
        if (known is not null) return new Refusal(Grpc.Core.StatusCode.AlreadyExists, "RECORD_OF_ANOTHER", "Another member has published this very record.", Which(id), "Publish what you have seen yourself; seal it anew.");
        if (quotas.TryTake(contributor, Quota.Records, 1, out UtcDay takenOn) is { } exhausted) return exhausted;
        bool published = false;
        try
        {
            PublishResult result = await CheckAndSequenceAsync(held, submission, state, member!, circle!).ConfigureAwait(false);
            published = result.Receipt is not null;
            return result;
        }
        catch (RefusalException refused)
        {
            return refused.Refusal;
        }
        finally
        {
            if (!published) quotas.GiveBack(contributor, Quota.Records, 1, takenOn);
        }
    }

    /// <summary>Withdraws a record. Asking again gives the same receipt.</summary>
    /// <exception cref="RefusalException">There is no such record for this caller, a field is malformed, or the signature is not the record key's.</exception>
    public async Task<LogReceipt> WithdrawAsync(MemberId caller, WithdrawRequest request, CancellationToken cancellation)
    {
        if (!RecordId.TryFromBytes(request.RecordId.Span, out RecordId id)) throw new RefusalException(WrongLength("record_id", request.RecordId, RecordId.Size));
        using KeyedLock<RecordId>.Holding held = await _ids.EnterAsync(id, cancellation).ConfigureAwait(false);
        PublishedRecord? record = await store.FindRecordAsync(id, cancellation).ConfigureAwait(false);

        // Only who may see the record's entry learns that it exists; who has left a circle still withdraws what it contributed.
        if (record is null || (record.Contributor != caller && !view.History.HoldsKey(record.Circle, record.Epoch, caller)))
        {
            throw new RefusalException(Refusal.NotFound("RECORD_UNKNOWN", "There is no such record in the log.", Which(id), "Check the id; a record that was refused at publication needs no withdrawal."));
        }

        if (record.WithdrawnAt is { } withdrawnAt) return await reader.ReceiptOfAsync(withdrawnAt, cancellation).ConfigureAwait(false);
        if (request.Reason is < WithdrawalReason.Mistake or > WithdrawalReason.Legal)
        {
            throw new RefusalException(Refusal.Invalid("REASON_INVALID", "The withdrawal states no reason.", "reason", "State one of the reasons of the protocol."));
        }

        RecordId? replacement = null;
        if (!request.ReplacementId.IsEmpty)
        {
            if (!RecordId.TryFromBytes(request.ReplacementId.Span, out RecordId given)) throw new RefusalException(WrongLength("replacement_id", request.ReplacementId, RecordId.Size));
            replacement = given;
        }

        if (request.Reason == WithdrawalReason.Rectified != replacement.HasValue)
        {
            throw new RefusalException(Refusal.Invalid("REPLACEMENT_INVALID", "A rectification names the record that takes its place, and nothing else does.", "replacement_id", "Name the replacement with reason RECTIFIED, and only then."));
        }

        byte[] key = new byte[VerifyingKey.Size];
        record.RecordKey.CopyTo(key);
        if (!VerifyingKey.FromBytes(key).Verify(RecordFormat.WithdrawMessage(id, request.Reason, replacement), request.Signature.Span))
        {
            throw new RefusalException(Refusal.Denied("WITHDRAWAL_SIGNATURE", "The signature is not the record key's over this withdrawal.", Which(id), "Only who published the record can withdraw it, with the key derived from its seed."));
        }

        return await sequencer.WithdrawAsync(id, new RecordWithdrawn
        {
            RecordId = request.RecordId,
            Reason = request.Reason,
            ReplacementId = request.ReplacementId,
            Signature = request.Signature,
            CircleId = ByteString.CopyFrom(record.Circle.ToArray()),
            Epoch = record.Epoch,
        }).ConfigureAwait(false);
    }

    /// <summary>Reserves a record's id: until it is given back, nobody else publishes, withdraws or disputes the record.</summary>
    internal ValueTask<KeyedLock<RecordId>.Holding> ReserveAsync(RecordId id, CancellationToken cancellation) => _ids.EnterAsync(id, cancellation);

    private Reservation? TryReserve(Submission submission)
    {
        if (!RecordId.TryFromBytes(submission.RecordId.Span, out RecordId id) || KeyOf(submission) is not { } key || _ids.TryEnter(id) is not { } idHeld) return null;
        if (_keys.TryEnter(key) is { } keyHeld) return new Reservation(id, idHeld, key, keyHeld);
        idHeld.Dispose();
        return null;
    }

    // Nothing is waited for while anything is held: who makes up a key and queues for it could hold up whatever is to be done with a record of somebody else's.
    private async ValueTask<Reservation> ReserveAsync(RecordId id, RecordKey? key, CancellationToken cancellation)
    {
        while (true)
        {
            KeyedLock<RecordId>.Holding idHeld = await _ids.EnterAsync(id, cancellation).ConfigureAwait(false);
            KeyedLock<RecordKey>.Holding? keyHeld = key is { } wanted ? _keys.TryEnter(wanted) : null;
            Reservation reserved = new(id, idHeld, key, keyHeld);
            if (key is null || keyHeld is not null)
            {
                try
                {
                    reserved.Take(await FindAsync(id, key, cancellation).ConfigureAwait(false));
                    return reserved;
                }
                catch
                {
                    reserved.Dispose();
                    throw;
                }
            }

            reserved.Dispose();
            (await _keys.EnterAsync(key.Value, cancellation).ConfigureAwait(false)).Dispose();
        }
    }

    private async ValueTask<IReadOnlyCollection<PublishedRecord>> FindAsync(RecordId id, RecordKey? key, CancellationToken cancellation) => key is { } given
        ? await store.FindRecordsAsync([(id, given)], cancellation).ConfigureAwait(false)
        : await store.FindRecordAsync(id, cancellation).ConfigureAwait(false) is { } found ? [found] : [];

    private static RecordKey? KeyOf(Submission submission) => submission.RecordPk.Length == VerifyingKey.Size ? RecordKey.FromBytes(submission.RecordPk.Span) : null;

    private async ValueTask<PublishResult> CheckAndSequenceAsync(Reservation reserved, Submission submission, NetworkState state, NetworkMember member, NetworkCircle circle)
    {
        RecordId id = reserved.Id;
        if (CheckSizes(submission) is { } size) return size;
        if (CheckExpiry(submission, state.Day, circle) is { } expiry) return expiry;

        // The issuance is computed from the salt, so the record's signature holds only if it covers that very commitment.
        byte[] issuance = RecordFormat.IssuanceOf(submission.IssuanceSalt.Span, member.Id, submission.RecordPk.Span, submission.MemberSignature.Span);
        RecordPublished entry = new()
        {
            RecordId = submission.RecordId,
            CircleId = submission.CircleId,
            Epoch = submission.Epoch,
            RecordPk = submission.RecordPk,
            Signature = submission.Signature,
            Issuance = UnsafeByteOperations.UnsafeWrap(issuance),
            ExpiryDay = submission.ExpiryDay,
        };
        if (!RecordOpener.TryVerify(entry, submission.Item.Span, out RecordFault? fault)) return Explain(fault, id);
        if (!member.MemberKey.Verify(RecordFormat.IssueMessage(id, submission.RecordPk.Span), submission.MemberSignature.Span))
        {
            return Refusal.Denied("MEMBER_SIGNATURE", "The issuance is not signed by the peer's member key.", Which(id), "Publish from the node whose seed sealed the record.");
        }

        // Told only to who holds the key.
        if (reserved.Found.Count > 0) return Refusal.Precondition("RECORD_KEY_REUSED", "The record key has published another record.", Which(id), "Seal the record again: a fresh rec_salt gives a fresh key.");
        return await sequencer.PublishAsync(new AdmittedRecord(id, circle.Id, reserved.Key!.Value, member.Id, issuance, submission)).ConfigureAwait(false);
    }

    private static Refusal? CheckSizes(Submission submission)
    {
        if (submission.Item.Length > RecordFormat.MaximumItem)
        {
            return Refusal.Invalid("ITEM_TOO_LARGE", $"The item has {submission.Item.Length:N0} bytes, more than the {RecordFormat.MaximumItem:N0} allowed.", "item", "Split the case into records that link to each other.");
        }

        if (submission.RecordPk.Length != VerifyingKey.Size) return WrongLength("record_pk", submission.RecordPk, VerifyingKey.Size);
        if (submission.MemberSignature.Length != SigningKey.SignatureSize) return WrongLength("member_signature", submission.MemberSignature, SigningKey.SignatureSize);
        if (submission.IssuanceSalt.Length != 32) return WrongLength("issuance_salt", submission.IssuanceSalt, 32);
        return submission.Signature.Length != SigningKey.SignatureSize ? WrongLength("signature", submission.Signature, SigningKey.SignatureSize) : null;
    }

    private static Refusal? CheckExpiry(Submission submission, UtcDay today, NetworkCircle circle)
    {
        UtcDay expiry = new(submission.ExpiryDay);
        if (expiry < today) return Refusal.Invalid("EXPIRY_PAST", $"The record expired on {expiry}; the log's day is {today}.", "expiry_day", "Seal it again with a later expiry, or leave it.");
        return expiry.Number - today.Number > circle.Policy.MaximumRetentionDays
            ? Refusal.Invalid("EXPIRY_TOO_LATE", $"The record expires on {expiry}, later than the circle's {circle.Policy.MaximumRetentionDays} days from {today}.", "expiry_day", "Seal it again with an earlier expiry.")
            : null;
    }

    private static Refusal Explain(RecordFault fault, RecordId id) => fault.Check switch
    {
        RecordCheck.ItemSize => Refusal.Invalid("ITEM_SIZE", fault.What, Which(id), "Seal the record with this program's version of the format."),
        RecordCheck.RecordId => Refusal.Invalid("RECORD_ID_MISMATCH", fault.What, Which(id), "Seal the record again."),
        _ => Refusal.Invalid("RECORD_SIGNATURE", "The record key's signature over id, expiry and issuance does not hold.", Which(id), "Seal the record again; the issuance must be computed from the salt that is sent."),
    };

    private static Refusal WrongLength(string field, ByteString value, int wanted) =>
        Refusal.Invalid("FIELD_LENGTH", $"The field has {value.Length} bytes where {wanted} are wanted.", field, "Send what the protocol says.");

    private static string Which(RecordId id) => $"record {id.Prefix}";
}
