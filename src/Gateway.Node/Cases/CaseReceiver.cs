using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>What became of a message that came.</summary>
public enum CaseArrival
{
    /// <summary>It is safe here, and was before where it came again; or it asks about a record that has ended and whose keys are gone, or comes from a member that has left the circle: the broker may delete it.</summary>
    Taken,

    /// <summary>Who wrote it is not in this node's log yet, or too much of the case's files is on its way already: it is looked at again later.</summary>
    Deferred,

    /// <summary>It does not hold: an alarm was raised, and the broker may delete it.</summary>
    Refused,
}

/// <summary>Opens and verifies messages that came, and keeps them: each once, with its case and the entries of the audit chain, in one transaction.</summary>
public sealed class CaseReceiver(INodeStore store, CaseVault vault, MemberKeys keys, CaseSignals signals, Func<NodeView> view, AlarmBell alarms, TimeProvider time, ILogger<CaseReceiver> logger)
{
    /// <summary>Chunks of a case that are on their way here at once, at most: those of four messages with all the files they can have.</summary>
    public const int MostOpenChunks = 1_056;

    /// <summary>Takes a message.</summary>
    public async Task<CaseArrival> TakeAsync(V1.WaitingCaseMessage waiting, CancellationToken cancellation)
    {
        byte[] hash = CaseFormat.HashOf(waiting.Sealed.Span);
        if (await store.Cases.HasSeenAsync(hash, cancellation)) return CaseArrival.Taken;
        if (!ThreadId.TryFromBytes(waiting.Thread.Span, out ThreadId thread)) return await RefuseAsync("The broker names no thread.", waiting, cancellation);
        StoredCase? row = await store.Cases.FindCaseAsync(thread, cancellation);
        Opening opening = !waiting.RecordId.IsEmpty ? await OpenQuestionAsync(waiting, thread, row, cancellation)
            : row is { Role: (int)V1.CaseRole.Asker } ? OpenAnswer(waiting, row)
            : row is { Role: (int)V1.CaseRole.Contributor } ? Opening.Bad("An answer came to who contributed the record.")
            : OpenReferral(waiting, thread, row);
        if (opening.IsDeferred) return CaseArrival.Deferred;
        if (opening.IsLate) return CaseArrival.Taken;
        if (opening.Fault is { } fault) return await RefuseAsync(fault, waiting, cancellation);
        if (opening.Row is { } open && opening.Message!.Body.Attachments.Count > 0)
        {
            int named = opening.Message.Body.Attachments.Sum(attachment => attachment.ChunkHashes.Count);
            if (await store.Cases.CountOpenChunksAsync(open.Id, cancellation) + named > MostOpenChunks) return CaseArrival.Deferred;
        }

        await KeepAsync(opening, hash, cancellation);
        signals.Arrived();
        NodeEvents.CaseMessageArrived(logger, opening.Message!.Kind.ToString(), opening.Message.Record.Prefix);
        return CaseArrival.Taken;
    }

    private async Task<Opening> OpenQuestionAsync(V1.WaitingCaseMessage waiting, ThreadId thread, StoredCase? row, CancellationToken cancellation)
    {
        if (!RecordId.TryFromBytes(waiting.RecordId.Span, out RecordId record) || (row is not null && (row.Role != (int)V1.CaseRole.Contributor || row.Record != record))) return Opening.Bad("The broker names another record than the thread's.");
        V1.RememberedCase? held = row is null ? null : vault.Open(row);
        OutboxRow? contributed = held is null ? await store.FindOutboxAsync(record, cancellation) : null;
        byte[]? salt = held?.RecordSalt.ToByteArray() ?? contributed?.RecordSalt;
        if (salt is null)
        {
            // Its keys go when the case is contributed anew after a withdrawal. Who asked meanwhile reads of the withdrawal in its own log.
            return await store.FindRecordAsync(record, cancellation) is { State: NodeRecordState.Withdrawn or NodeRecordState.Expired } ? Opening.Late : Opening.Bad("A question came about a record that is not this member's.");
        }

        CircleId circle = contributed?.Circle ?? CircleId.FromBytes(held!.CircleId.Span);
        using RecordKeys recordKeys = keys.ForRecord(salt);
        NodeView now = view();
        bool unknown = false, gone = false;
        bool opens = CaseSealer.TryOpen(
            waiting.Sealed.Span,
            recordKeys.Reply,
            now.State.GenesisHash.Span,
            message =>
            {
                if (message.Kind != CaseMessageKind.Question || message.Record != record || message.Thread != thread) return null;

                // Who was let into the circle is in the broker's log first; who is not in it is not answered, whatever the broker passes on.
                unknown = !now.State.Members.ContainsKey(message.Sender!.Value) || !now.State.Circles.TryGetValue(circle, out NetworkCircle? joined) || !joined.Members.Contains(message.Sender.Value);
                gone = unknown && now.History.HasLeft(circle, message.Sender.Value); // It asked when it still read there, and reads no answer any more.
                return unknown ? null : now.State.Members[message.Sender.Value].MemberKey;
            },
            out CaseMessage? question,
            out byte[]? statement,
            out string? fault);
        if (!opens) return gone ? Opening.Late : unknown ? Opening.Deferred : Opening.Bad(fault!);
        V1.RememberedCase content = new()
        {
            RecordPk = ByteString.CopyFrom(recordKeys.Signing.PublicKey.ToArray()),
            RecordSalt = ByteString.CopyFrom(salt),
            MemberId = question!.Sender!.Value.ToByteString(),
            RecipientPk = ByteString.CopyFrom(question.ReturnKey!.Value.ToArray()),
            CircleId = circle.ToByteString(),
            Reference = held?.Reference ?? contributed!.Reference,
        };
        return held is not null && (!held.MemberId.Equals(content.MemberId) || !held.RecipientPk.Equals(content.RecipientPk))
            ? Opening.Bad("A question came in another member's thread, or with another return key.")
            : new Opening(row, V1.CaseRole.Contributor, content, question, statement!, recordKeys.Reply.PublicKey);
    }

    private Opening OpenAnswer(V1.WaitingCaseMessage waiting, StoredCase row)
    {
        V1.RememberedCase content = vault.Open(row);
        using BoxKey returnKey = keys.ForThread(row.Thread);
        VerifyingKey? SignerOf(CaseMessage message) =>
            message.Kind == CaseMessageKind.Answer && message.Record == row.Record && message.Thread == row.Thread && VerifyingKey.TryFromBytes(content.RecordPk.Span, out VerifyingKey key) ? key : null;
        return CaseSealer.TryOpen(waiting.Sealed.Span, returnKey, view().State.GenesisHash.Span, SignerOf, out CaseMessage? answer, out byte[]? statement, out string? fault)
            ? new Opening(row, V1.CaseRole.Asker, content, answer, statement, returnKey.PublicKey)
            : Opening.Bad(fault);
    }

    private Opening OpenReferral(V1.WaitingCaseMessage waiting, ThreadId thread, StoredCase? row)
    {
        V1.RememberedCase? held = row is null ? null : vault.Open(row);
        NetworkState state = view().State;
        bool unknown = false;
        bool opens = CaseSealer.TryOpen(
            waiting.Sealed.Span,
            keys.Box,
            state.GenesisHash.Span,
            message =>
            {
                if (message.Kind != CaseMessageKind.Referral || message.Thread != thread || (row is not null && (message.Record != row.Record || !held!.MemberId.Equals(message.Sender!.Value.ToByteString())))) return null;
                unknown = !state.Members.ContainsKey(message.Sender!.Value);
                return unknown ? null : state.Members[message.Sender.Value].MemberKey;
            },
            out CaseMessage? referral,
            out byte[]? statement,
            out string? fault);
        if (!opens) return unknown ? Opening.Deferred : Opening.Bad(fault!);
        if (row is null == (referral!.Body.Referral is null)) return Opening.Bad("A referral begins with what is handed on, and only then has it.");
        V1.RememberedCase content = held ?? new V1.RememberedCase
        {
            RecordPk = referral.Body.Referral!.RecordPk,
            MemberId = referral.Sender!.Value.ToByteString(),
            RecipientPk = ByteString.CopyFrom(state.Members[referral.Sender.Value].BoxKey.ToArray()),
        };
        return new Opening(row, row is null ? V1.CaseRole.Referred : (V1.CaseRole)row.Role, content, referral, statement!, keys.Box.PublicKey);
    }

    private async Task KeepAsync(Opening opening, byte[] hash, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        CaseMessage message = opening.Message!;
        StoredCase row = opening.Row ?? new StoredCase { Thread = message.Thread, Role = (int)opening.Role, Record = message.Record, Sealed = vault.Seal(message.Thread, opening.Content!), OpenedAt = now, ChangedAt = now };
        if (message.Body.Closes) row = row with { Closing = (int)V1.CaseClosing.ByTheOtherEnd };
        StoredCaseMessage kept = new()
        {
            Own = false,
            Counter = message.Counter,
            State = CaseMessageStatus.Unread,
            Hash = hash,
            Sealed = vault.Seal(hash, new V1.RememberedCaseMessage { Statement = ByteString.CopyFrom(opening.Statement), RecipientPk = ByteString.CopyFrom(opening.SealedTo.ToArray()) }),
            At = now,
        };
        List<StoredCaseChunk> chunks = [];
        for (int i = 0; i < message.Body.Attachments.Count; i++)
        {
            chunks.AddRange(message.Body.Attachments[i].ChunkHashes.Select((chunk, position) => new StoredCaseChunk { Attachment = i, Position = position, Own = false, Hash = chunk.ToByteArray() }));
        }

        string? otherEnd = opening.Content!.MemberId.IsEmpty ? null : Convert.ToHexStringLower(opening.Content.MemberId.Span);
        await store.Cases.AddReceivedAsync(row, kept, chunks, DisclosureLog.EventsOf(message, hash, otherEnd, null, now), cancellation);
    }

    // By record or thread, and not by the message: else whoever can send makes an alarm of each.
    private async Task<CaseArrival> RefuseAsync(string fault, V1.WaitingCaseMessage waiting, CancellationToken cancellation)
    {
        string which = waiting.RecordId.IsEmpty ? $"thread {Prefix(waiting.Thread)}" : $"record {Prefix(waiting.RecordId)}";
        await alarms.RaiseOnceAsync(
            Refusal.DataLoss("CASE_MESSAGE_UNVERIFIED", $"A message of a case was not taken: {fault}", which, "Its sender's node is set wrong, or somebody has altered it on the way. Tell the broker's operator if it goes on."),
            cancellation);
        return CaseArrival.Refused;

        static string Prefix(ByteString id) => Convert.ToHexStringLower(id.Span[..Math.Min(4, id.Length)]);
    }

    private sealed record Opening(StoredCase? Row, V1.CaseRole Role, V1.RememberedCase? Content, CaseMessage? Message, byte[] Statement, BoxPublicKey SealedTo)
    {
        public string? Fault { get; private init; }

        public bool IsDeferred { get; private init; }

        public bool IsLate { get; private init; }

        public static Opening Deferred { get; } = new(null, default, null, null, [], default) { IsDeferred = true };

        public static Opening Late { get; } = new(null, default, null, null, [], default) { IsLate = true };

        public static Opening Bad(string fault) => new(null, default, null, null, [], default) { Fault = fault };
    }
}
