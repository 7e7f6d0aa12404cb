using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>Writes messages of cases: signed, sealed and durable in the node's outbox, with the entries of the audit chain, before anybody hears that they were taken. The courier does the rest.</summary>
public sealed class CaseWriter(INodeStore store, CaseTargets targets, CaseVault vault, CaseFiles files, MemberKeys keys, MemberId member, RandomSource random, CaseSignals signals, Func<NodeView> view, TimeProvider time) : IDisposable
{
    private const int LongestName = 128;

    // One after the other: each message of a thread takes the next counter.
    private readonly SemaphoreSlim _writing = new(1, 1);

    /// <summary>Writes a message.</summary>
    /// <param name="draft">What and where.</param>
    /// <param name="contents">The files' bytes, in the draft's order.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The numbers of case and message.</returns>
    /// <exception cref="RefusalException">It cannot be written: nothing was.</exception>
    public async Task<(long Case, long Message)> WriteAsync(V1.CaseDraft draft, IReadOnlyList<byte[]> contents, CancellationToken cancellation)
    {
        Dismissals.RequireText(draft.By, LongestName, "by", "Say who writes.");
        await _writing.WaitAsync(cancellation);
        try
        {
            V1.CaseBody body = new() { Text = draft.Text, Identifiers = { draft.Identifiers } };
            List<(string Name, byte[] File)> attached = [.. draft.Files.Zip(contents, (file, content) => (file.Name, content))];
            CaseTarget target = draft.TargetCase switch
            {
                V1.CaseDraft.TargetOneofCase.RecordId => await targets.OpenAsync(RecordOf(draft.RecordId), cancellation),
                V1.CaseDraft.TargetOneofCase.AlertId => throw new InvalidOperationException("The record of an alert is looked up before."),
                V1.CaseDraft.TargetOneofCase.CaseId => targets.Continue(await RequireOpenAsync(draft.CaseId, cancellation)),
                V1.CaseDraft.TargetOneofCase.Referral => await ReferAsync(draft.Referral, body, attached, cancellation),
                _ => throw new RefusalException(Refusal.Invalid("CASE_MESSAGE_INVALID", "The message says neither about which record nor in which case it is.", "target", "Name a record, a case, or a referral.")),
            };
            return await AddAsync(target, body, attached, draft.By, cancellation);
        }
        catch (Storage.StoreMovedException)
        {
            throw Elsewhere(); // Nothing was written.
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Closes a case and tells the other end. Of a closed one nothing changes.</summary>
    /// <exception cref="RefusalException">There is no such case.</exception>
    public async Task CloseAsync(ulong caseId, string text, string by, CancellationToken cancellation)
    {
        Dismissals.RequireText(by, LongestName, "by", "Say who closes it.");
        await _writing.WaitAsync(cancellation);
        try
        {
            StoredCase row = await RequireAsync(caseId, cancellation);
            if (row.Closing != 0) return;
            await AddAsync(targets.Continue(row with { Closing = (int)V1.CaseClosing.ByThisMember }), new V1.CaseBody { Text = text, Closes = true }, [], by, cancellation);
        }
        catch (Storage.StoreMovedException)
        {
            throw Elsewhere();
        }
        finally
        {
            _writing.Release();
        }
    }

    private static RefusalException Elsewhere() => new(Refusal.Unavailable("CASE_CHANGED", "Another process of this node wrote in the case at the same moment; nothing of this message was taken.", "case", "Send it again."));

    /// <summary>A case, open or closed.</summary>
    /// <exception cref="RefusalException">There is none of this number.</exception>
    public async Task<StoredCase> RequireAsync(ulong caseId, CancellationToken cancellation) => (caseId > long.MaxValue ? null : await store.Cases.FindCaseAsync((long)caseId, cancellation))
        ?? throw new RefusalException(Refusal.NotFound("CASE_UNKNOWN", "There is no case of this number.", $"case {caseId}", "See `gateway case list --all`."));

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    private async Task<(long Case, long Message)> AddAsync(CaseTarget target, V1.CaseBody body, List<(string Name, byte[] File)> attached, string by, CancellationToken cancellation)
    {
        List<StoredCaseChunk> chunks = [];
        RequireFiles(attached);
        for (int i = 0; i < attached.Count; i++)
        {
            (V1.CaseAttachment attachment, IReadOnlyList<byte[]> parts) = CaseAttachments.Seal(attached[i].Name, attached[i].File, random);
            body.Attachments.Add(attachment);
            for (int position = 0; position < parts.Count; position++) chunks.Add(new StoredCaseChunk { Attachment = i, Position = position, Own = true, Hash = attachment.ChunkHashes[position].ToByteArray(), Chunk = parts[position] });
        }

        if (CaseBodyRules.FindFault(body, target.Kind) is { } fault) throw new RefusalException(Refusal.Invalid("CASE_MESSAGE_INVALID", fault, "message", "Change it; nothing was sent."));
        RequireSize(body);
        DateTimeOffset now = time.GetUtcNow();
        (SealedCaseMessage sealedMessage, CaseMessage message) = Seal(target, body, now);
        byte[] hash = CaseFormat.HashOf(sealedMessage.Sealed);
        StoredCaseMessage row = new()
        {
            Own = true,
            Counter = message.Counter,
            State = CaseMessageStatus.Queued,
            Hash = hash,
            Sealed = vault.Seal(hash, new V1.RememberedCaseMessage { Statement = ByteString.CopyFrom(sealedMessage.Statement), By = by, RecipientPk = target.Content.RecipientPk }),
            Outgoing = sealedMessage.Sealed,
            At = now,
        };
        (StoredCase written, StoredCaseMessage added) = await store.Cases.AddOwnAsync(target.Row, row, chunks, DisclosureLog.EventsOf(message, hash, target.OtherEnd, by, now), cancellation);
        signals.Written.Set();
        return (written.Id, added.Id);
    }

    private (SealedCaseMessage Sealed, CaseMessage Message) Seal(CaseTarget target, V1.CaseBody body, DateTimeOffset now)
    {
        bool asks = target.Kind == CaseMessageKind.Question;
        using BoxKey? returnKey = asks ? keys.ForThread(target.Row.Thread) : null;
        CaseMessage message = new(
            target.Kind, target.Row.Record, target.Row.Thread, target.Row.LastCounter + 1, (ulong)now.ToUnixTimeSeconds(), target.Kind == CaseMessageKind.Answer ? null : member, returnKey?.PublicKey, body);
        using RecordKeys? recordKeys = target.Kind == CaseMessageKind.Answer ? keys.ForRecord(target.Content.RecordSalt.Span) : null;
        return (CaseSealer.Seal(message, recordKeys?.Signing ?? keys.Member, BoxPublicKey.FromBytes(target.Content.RecipientPk.Span), view().State.GenesisHash.Span), message);
    }

    // What is handed on is what was signed, so that the police member can check it; files are sealed anew, for it alone.
    private async Task<CaseTarget> ReferAsync(V1.CaseReferralDraft draft, V1.CaseBody body, List<(string Name, byte[] File)> attached, CancellationToken cancellation)
    {
        StoredCase referred = await RequireAsync(draft.CaseId, cancellation);
        V1.RememberedCase content = vault.Open(referred);
        CaseTarget target = targets.Refer(referred, content, draft.To);
        body.Referral = new V1.CaseReferral { RecordPk = content.RecordPk };
        if (targets.FindSummary(await store.FindRecordAsync(referred.Record, cancellation)) is { } summary) body.Referral.Summary = ByteString.CopyFrom(summary);
        HashSet<ulong> chosen = [.. draft.MessageIds];
        List<(long Message, int Position, V1.CaseAttachment Attachment)> handedOn = [];
        await foreach (StoredCaseMessage row in store.Cases.ReadMessagesAsync(referred.Id, cancellation))
        {
            if (draft.MessageIds.Count > 0 && !chosen.Remove((ulong)row.Id)) continue;
            (V1.RememberedCaseMessage kept, CaseMessage message) = vault.Open(row);
            if (message.Body.Referral is not null) continue; // What was referred here is not handed on once more in one piece.
            body.Referral.Messages.Add(new V1.ReferredCaseMessage { Statement = kept.Statement, RecipientPk = kept.RecipientPk });
            handedOn.AddRange(message.Body.Attachments.Select((attachment, position) => (row.Id, position, attachment)));

            // Before the next is read, and before any file is: a long case is not loaded to be refused in the end.
            RequireCount(attached.Count + handedOn.Count);
            RequireSize(body);
        }

        if (chosen.Count > 0) throw new RefusalException(Refusal.NotFound("CASE_MESSAGE_UNKNOWN", "The case has no such message.", $"message {chosen.First()}", "See `gateway case show`."));
        foreach ((long message, int position, V1.CaseAttachment attachment) in handedOn) attached.Add((attachment.Name, await files.ReadWholeAsync(message, position, attachment, cancellation)));
        return target;
    }

    private static void RequireSize(V1.CaseBody body)
    {
        if (body.CalculateSize() > CaseFormat.MaximumBody)
        {
            throw new RefusalException(Refusal.Invalid("CASE_MESSAGE_INVALID", $"The message has more than {CaseFormat.MaximumBody:N0} bytes.", "message", "Write several messages; of a referral, choose fewer of the case's messages."));
        }
    }

    private static void RequireCount(int attachments)
    {
        if (attachments > CaseFormat.MaximumAttachments) throw WrongFiles($"There are {attachments} attachments, more than {CaseFormat.MaximumAttachments}.");
    }

    private static void RequireFiles(List<(string Name, byte[] File)> attached)
    {
        RequireCount(attached.Count);
        foreach ((string name, byte[] file) in attached)
        {
            if (!CaseBodyRules.IsFileName(name)) throw WrongFiles("An attachment's name is empty, too long, or holds a folder or a control character.");
            if (file.Length is 0 or > CaseFormat.MaximumAttachment) throw WrongFiles($"An attachment has {file.Length:N0} bytes; 1 to {CaseFormat.MaximumAttachment:N0} are allowed.");
        }
    }

    private static RefusalException WrongFiles(string what) => new(Refusal.Invalid("CASE_ATTACHMENT_INVALID", what, "attachments", "Attach other files, or write several messages."));

    private async Task<StoredCase> RequireOpenAsync(ulong caseId, CancellationToken cancellation)
    {
        StoredCase row = await RequireAsync(caseId, cancellation);
        return row.Closing == 0 ? row : throw new RefusalException(Refusal.Precondition("CASE_CLOSED", "The case is closed.", $"case {caseId}", "Open another one, where the record still stands."));
    }

    private static RecordId RecordOf(ByteString bytes) =>
        RecordId.TryFromBytes(bytes.Span, out RecordId id) ? id : throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 32 bytes.", "record_id", "Copy the id from the hit."));
}
