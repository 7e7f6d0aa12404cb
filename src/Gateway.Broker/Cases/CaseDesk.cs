using System.Globalization;
using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Cases;

/// <summary>
/// Passes on sealed messages between the two ends of a thread. The broker knows who contributed the record that a question is about; neither end hears it from here. A contributor that has left the network is
/// not told apart from one that is away: else a refusal would name it.
/// </summary>
public sealed class CaseDesk(NetworkView view, IBrokerStore store, CaseOptions options, TimeProvider time)
{
    private const int PageBytes = 768 * 1_024;

    private readonly RateLimiter<MemberId> _messages = new("case messages", options.MessagesPerHour, options.MessagesPerHour / 3_600.0, time);
    private readonly RateLimiter<MemberId> _chunks = new("case chunks", options.ChunksPerHour, options.ChunksPerHour / 3_600.0, time);

    /// <summary>Takes a message. The same again gives the same answer, whatever has happened to the record since.</summary>
    /// <exception cref="RefusalException">The caller may not write there, or has too much waiting.</exception>
    public async Task<CaseDelivery> SendAsync(MemberId caller, SendCaseMessageRequest request, CancellationToken cancellation)
    {
        ThreadId thread = ThreadOf(request.Thread);
        if (!CaseFormat.IsSealedSize(request.Sealed.Length)) throw Refused(Refusal.Invalid("CASE_MESSAGE_SIZE", $"A sealed message does not have {request.Sealed.Length:N0} bytes.", "sealed", "Seal it as the protocol says."));
        byte[] hash = CaseFormat.HashOf(request.Sealed.Span);
        if (await store.Cases.FindSentAsync(caller, hash, cancellation).ConfigureAwait(false) is { } known) return DeliveryOf(known, hash);
        CaseThread ends = await EndsOfAsync(caller, thread, request, cancellation).ConfigureAwait(false);
        if (_messages.TryTake(caller, 1) is { } slow) throw Refused(slow);
        MemberId recipient = ends.Opener == caller ? ends.Other : ends.Opener;
        DateTimeOffset now = time.GetUtcNow();
        RelayedMessage message = new()
        {
            Hash = hash,
            Sender = caller,
            Recipient = recipient,
            Thread = thread,
            Record = ends.Opener == caller ? ends.Record : null,
            Sealed = request.Sealed.ToByteArray(),
            ExpiresAt = now + options.MessageLifetime,
        };
        RelayedMessage? kept = await store.Cases.AddMessageAsync(ends, message, now, options.WaitingBytesPerMember, cancellation).ConfigureAwait(false);
        return kept is null ? throw Refused(TooMuch()) : DeliveryOf(kept, hash);
    }

    /// <summary>What waits for a member.</summary>
    public async Task<FetchCaseMessagesResponse> FetchAsync(MemberId caller, ulong after, CancellationToken cancellation)
    {
        FetchCaseMessagesResponse response = new();
        foreach (RelayedMessage message in await store.Cases.ReadWaitingAsync(caller, (long)Math.Min(after, long.MaxValue), PageBytes, cancellation).ConfigureAwait(false))
        {
            response.Messages.Add(new WaitingCaseMessage
            {
                Number = (ulong)message.Number,
                Thread = ByteString.CopyFrom(message.Thread.ToArray()),
                RecordId = message.Record is { } record ? record.ToByteString() : ByteString.Empty,
                Sealed = UnsafeByteOperations.UnsafeWrap(message.Sealed),
            });
        }

        return response;
    }

    /// <summary>Deletes what a member has safe.</summary>
    public async Task AcknowledgeAsync(MemberId caller, AcknowledgeCaseMessagesRequest request, CancellationToken cancellation)
    {
        RequireHashes(request.MessageHashes, "message_hashes");
        RequireHashes(request.ChunkHashes, "chunk_hashes");
        await store.Cases.AcknowledgeAsync(caller, [.. request.MessageHashes.Select(hash => hash.Memory)], [.. request.ChunkHashes.Select(hash => hash.Memory)], cancellation).ConfigureAwait(false);
    }

    /// <summary>How messages of a member stand.</summary>
    public async Task<GetCaseDeliveriesResponse> ReadDeliveriesAsync(MemberId caller, GetCaseDeliveriesRequest request, CancellationToken cancellation)
    {
        RequireHashes(request.MessageHashes, "message_hashes");
        GetCaseDeliveriesResponse response = new();
        foreach (ByteString hash in request.MessageHashes) response.Deliveries.Add(DeliveryOf(await store.Cases.FindSentAsync(caller, hash.Memory, cancellation).ConfigureAwait(false), hash.ToByteArray()));
        return response;
    }

    /// <summary>Takes a chunk for the other end of a thread.</summary>
    /// <exception cref="RefusalException">There is no such thread of the caller's, or it has too much waiting.</exception>
    public async Task PutChunkAsync(MemberId caller, PutCaseChunkRequest request, CancellationToken cancellation)
    {
        CaseThread? ends = await store.Cases.FindThreadAsync(ThreadOf(request.Thread), cancellation).ConfigureAwait(false);
        if (ends is null || (ends.Opener != caller && ends.Other != caller)) throw Refused(UnknownThread(request.Thread));
        if (!CaseFormat.IsSealedSize(request.Chunk.Length)) throw Refused(Refusal.Invalid("CASE_MESSAGE_SIZE", $"A chunk does not have {request.Chunk.Length:N0} bytes.", "chunk", "Seal it as the protocol says."));
        if (_chunks.TryTake(caller, 1) is { } slow) throw Refused(slow);
        RelayedChunk chunk = new(CaseFormat.HashOf(request.Chunk.Span), caller, ends.Opener == caller ? ends.Other : ends.Opener, request.Chunk.ToByteArray(), time.GetUtcNow() + options.MessageLifetime);
        if (!await store.Cases.AddChunkAsync(chunk, options.WaitingBytesPerMember, cancellation).ConfigureAwait(false)) throw Refused(TooMuch());
    }

    /// <summary>A chunk that waits for a member.</summary>
    /// <exception cref="RefusalException">None of this hash does.</exception>
    public async Task<GetCaseChunkResponse> GetChunkAsync(MemberId caller, GetCaseChunkRequest request, CancellationToken cancellation) =>
        await store.Cases.FindChunkAsync(caller, request.ChunkHash.Memory, cancellation).ConfigureAwait(false) is { } chunk
            ? new GetCaseChunkResponse { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) }
            : throw Refused(Refusal.NotFound("CASE_CHUNK_UNKNOWN", "No such chunk waits for this member.", "chunk_hash", "Its sender has not sent it yet, or it has expired: try again later, or ask for it anew."));

    /// <summary>Deletes what has expired.</summary>
    /// <returns>How many messages went undelivered.</returns>
    public ValueTask<int> ExpireAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        return store.Cases.ExpireAsync(now, now - options.ThreadLifetime, cancellation);
    }

    private async ValueTask<CaseThread> EndsOfAsync(MemberId caller, ThreadId thread, SendCaseMessageRequest request, CancellationToken cancellation)
    {
        CaseThread? known = await store.Cases.FindThreadAsync(thread, cancellation).ConfigureAwait(false);
        CaseThread wanted = !request.RecordId.IsEmpty ? await AskAsync(caller, thread, request, cancellation).ConfigureAwait(false)
            : !request.MemberId.IsEmpty ? Refer(caller, thread, request.MemberId)
            : known is not null && (known.Opener == caller || known.Other == caller) ? known
            : throw Refused(UnknownThread(request.Thread));
        if (known is not null && known != wanted) throw Refused(Refusal.Denied("CASE_THREAD_TAKEN", "The thread is another one.", $"thread {thread.Prefix}", "Draw a fresh id for a new thread."));

        // In a thread about a record who asks says so each time, since only the question is judged by the right to read.
        if (request.RecordId.IsEmpty && wanted.Record is { } record)
        {
            if (wanted.Other != caller) throw Refused(Refusal.Invalid("FIELD_LENGTH", "A question names its record.", "record_id", "Send what the protocol says."));
            if (await store.FindRecordAsync(record, cancellation).ConfigureAwait(false) is { } asked) RequireLive(asked);
        }

        // Who asked, or was referred to, is known to the other end by its name; so is that it has gone.
        bool isNamed = wanted.Record is null || wanted.Opener != caller;
        MemberId recipient = wanted.Opener == caller ? wanted.Other : wanted.Opener;
        if (isNamed && (!view.Current.Members.TryGetValue(recipient, out NetworkMember? other) || other.IsGone))
        {
            throw Refused(Refusal.Precondition("CASE_MEMBER_GONE", "The other end is no member of the network any more.", $"member {recipient.Prefix}", "Nobody is there to read it; close the case."));
        }

        return wanted;
    }

    private async ValueTask<CaseThread> AskAsync(MemberId caller, ThreadId thread, SendCaseMessageRequest request, CancellationToken cancellation)
    {
        if (!RecordId.TryFromBytes(request.RecordId.Span, out RecordId id) || !request.MemberId.IsEmpty) throw Refused(WrongLength("record_id"));
        NetworkState state = view.Current;
        PublishedRecord? record = await store.FindRecordAsync(id, cancellation).ConfigureAwait(false);
        bool reads = record is not null && state.Members.TryGetValue(caller, out NetworkMember? member) && state.Circles.TryGetValue(record.Circle, out NetworkCircle? circle)
            && circle.MayRead(member) && view.History.HoldsKey(record.Circle, record.Epoch, caller);
        if (!reads) throw Refused(Refusal.NotFound("RECORD_UNKNOWN", "There is no such record for this member.", $"record {id.Prefix}", "Check the id; only who reads in the record's circle can ask about it."));
        if (record!.Contributor == caller) throw Refused(Refusal.Invalid("CASE_OWN_RECORD", "The record is the caller's own.", $"record {id.Prefix}", "There is nobody to ask."));
        RequireLive(record);
        return new CaseThread(thread, caller, record.Contributor, id);
    }

    private CaseThread Refer(MemberId caller, ThreadId thread, ByteString to)
    {
        if (!MemberId.TryFromBytes(to.Span, out MemberId id)) throw Refused(WrongLength("member_id"));
        return view.Current.Members.TryGetValue(id, out NetworkMember? police) && police.Role == MemberRole.Police && id != caller
            ? new CaseThread(thread, caller, id, null)
            : throw Refused(Refusal.Denied("CASE_NOT_POLICE", "A case is referred to a police member.", $"member {id.Prefix}", "See `gateway member list`."));
    }

    private void RequireLive(PublishedRecord record)
    {
        if (record.WithdrawnAt is not null || record.Expiry < view.Current.Day)
        {
            throw Refused(Refusal.Precondition("CASE_RECORD_ENDED", "The record was withdrawn or has expired: its cases are closed.", $"record {record.Id.Prefix}", "There is nothing left to ask about."));
        }
    }

    private static CaseDelivery DeliveryOf(RelayedMessage? message, byte[] hash) => new()
    {
        MessageHash = UnsafeByteOperations.UnsafeWrap(hash),
        State = message is null ? CaseDeliveryState.Expired : message.Sealed is null ? CaseDeliveryState.Delivered : CaseDeliveryState.Waiting,
        ExpiresAt = message?.Sealed is null ? 0 : message.ExpiresAt.ToUnixTimeSeconds(),
    };

    private Refusal TooMuch() => Refusal.Exhausted(
        "CASE_QUOTA", string.Create(CultureInfo.InvariantCulture, $"More than {options.WaitingBytesPerMember:N0} bytes of this member would wait for others."), "cases waiting bytes", "It goes as soon as others have fetched what waits for them, or that has expired.") with { RetryAfter = TimeSpan.FromMinutes(10) };

    private static Refusal UnknownThread(ByteString thread) =>
        Refusal.NotFound("CASE_THREAD_UNKNOWN", "There is no such thread of this member's.", $"thread {Convert.ToHexStringLower(thread.Span[..Math.Min(4, thread.Length)])}", "A thread begins with a question about a record, or with a referral.");

    private static ThreadId ThreadOf(ByteString thread) => ThreadId.TryFromBytes(thread.Span, out ThreadId id) ? id : throw Refused(WrongLength("thread"));

    private static Refusal WrongLength(string field) => Refusal.Invalid("FIELD_LENGTH", "The field has another length than it should, or stands where it should not.", field, "Send what the protocol says.");

    private static void RequireHashes(Google.Protobuf.Collections.RepeatedField<ByteString> hashes, string field)
    {
        if (hashes.Count > 256 || hashes.Any(hash => hash.Length != 32)) throw Refused(Refusal.Invalid("FIELD_LENGTH", "Hashes have 32 bytes each, and there are at most 256.", field, "Send what the protocol says."));
    }

    private static RefusalException Refused(Refusal refusal) => new(refusal);
}
