using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Audit;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>Gives the broker what was written, oldest first, and asks what became of it.</summary>
public sealed class CaseDispatch(INodeStore store, CaseVault vault, CallInvoker broker, AlarmBell alarms, TimeProvider time, ILogger<CaseDispatch> logger)
{
    private const int Page = 64;
    private const int ChunkPage = 8;
    private const int MostHashes = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly V1.CasesService.CasesServiceClient _broker = new(broker);

    /// <summary>Sends messages, then chunks of attachments.</summary>
    /// <exception cref="RpcException">The broker is away, or takes no more now. All answers so far are stored.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        // Of one thread one after the other: where one cannot go now, those behind it wait.
        HashSet<long> held = [];
        RpcException? first = null;
        long after = 0;
        while (await store.Cases.ReadMessagesAsync(CaseMessageStatus.Queued, after, Page, cancellation) is { Count: > 0 } messages)
        {
            after = messages[^1].Id;
            foreach (StoredCaseMessage message in messages.Where(message => !held.Contains(message.CaseId)))
            {
                try
                {
                    await SendAsync(message, cancellation);
                }
                catch (RpcException later) when (IsAboutThis(later))
                {
                    held.Add(message.CaseId);
                    first ??= later;
                    await NoteAsync(message, later.ToRefusal("broker"), cancellation);
                }
                catch (StoreCorruptException damaged)
                {
                    held.Add(message.CaseId);
                    await alarms.RaiseFailureAsync("sending a message of a case", damaged, cancellation);
                }
            }
        }

        await SendChunksAsync(cancellation);
        if (first is not null) throw first;
    }

    /// <summary>Asks how the messages stand that wait at the broker.</summary>
    public async Task ReadDeliveriesAsync(CancellationToken cancellation)
    {
        long after = 0;
        while (await store.Cases.ReadMessagesAsync(CaseMessageStatus.Waiting, after, MostHashes, cancellation) is { Count: > 0 } messages)
        {
            after = messages[^1].Id;
            V1.GetCaseDeliveriesRequest request = new() { MessageHashes = { messages.Select(message => ByteString.CopyFrom(message.Hash)) } };
            V1.GetCaseDeliveriesResponse response = await _broker.GetCaseDeliveriesAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            foreach ((StoredCaseMessage message, V1.CaseDelivery delivery) in messages.Zip(response.Deliveries))
            {
                try
                {
                    await KeepAsync(message, delivery, cancellation);
                }
                catch (StoreCorruptException damaged)
                {
                    await alarms.RaiseFailureAsync("noting what became of a message of a case", damaged, cancellation);
                }
            }
        }
    }

    private async Task SendAsync(StoredCaseMessage message, CancellationToken cancellation)
    {
        if (await store.Cases.FindCaseAsync(message.CaseId, cancellation) is not { } row || message.Outgoing is null) return;
        V1.RememberedCase content = vault.Open(row);
        V1.SendCaseMessageRequest request = new() { Thread = ByteString.CopyFrom(row.Thread.ToArray()), Sealed = UnsafeByteOperations.UnsafeWrap(message.Outgoing) };
        if (row.Role == (int)V1.CaseRole.Asker) request.RecordId = Protocol.ByteStrings.ToByteString(row.Record);
        if (row.Role == (int)V1.CaseRole.Referrer) request.MemberId = content.MemberId;
        try
        {
            V1.SendCaseMessageResponse response = await _broker.SendCaseMessageAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            await KeepAsync(message, response.Delivery, cancellation);
        }
        catch (RpcException refused) when (IsFinal(refused))
        {
            await RefuseAsync(row, message, null, refused.ToRefusal("broker"), cancellation);
        }
    }

    // Also where a part of an attachment was refused: the other end will not have all of it, whatever became of the words.
    private async Task RefuseAsync(StoredCase row, StoredCaseMessage message, StoredCaseChunk? chunk, Refusal refusal, CancellationToken cancellation)
    {
        NodeEvents.CaseMessageRefused(logger, refusal.Code, refusal.What);
        (_, CaseMessage said) = vault.Open(message);
        AuditEvent failure = chunk is null
            ? DisclosureLog.FailureOf(said, message.Hash, OtherEndOf(row), refusal.Code, time.GetUtcNow())
            : DisclosureLog.FailureOf(said, said.Body.Attachments[chunk.Attachment], OtherEndOf(row), refusal.Code, time.GetUtcNow());
        await store.Cases.SetStateAsync(message.Id, CaseMessageStatus.Refused, refusal.ToDetail().ToByteArray(), [failure], cancellation);
    }

    private string? OtherEndOf(StoredCase row) => vault.Open(row).MemberId is { IsEmpty: false } id ? Convert.ToHexStringLower(id.Span) : null;

    private async Task KeepAsync(StoredCaseMessage message, V1.CaseDelivery? delivery, CancellationToken cancellation)
    {
        CaseMessageStatus state = delivery?.State switch
        {
            V1.CaseDeliveryState.Waiting => CaseMessageStatus.Waiting,
            V1.CaseDeliveryState.Delivered => CaseMessageStatus.Delivered,
            V1.CaseDeliveryState.Expired => CaseMessageStatus.Expired,
            _ => message.State,
        };
        if (state == message.State) return;
        if (state != CaseMessageStatus.Expired)
        {
            await store.Cases.SetStateAsync(message.Id, state, null, [], cancellation);
            return;
        }

        (V1.RememberedCaseMessage _, CaseMessage said) = vault.Open(message);
        string? otherEnd = await store.Cases.FindCaseAsync(message.CaseId, cancellation) is { } row ? OtherEndOf(row) : null;
        await store.Cases.SetStateAsync(message.Id, state, null, [DisclosureLog.FailureOf(said, message.Hash, otherEnd, "CASE_MESSAGE_EXPIRED", time.GetUtcNow())], cancellation);
    }

    private async Task SendChunksAsync(CancellationToken cancellation)
    {
        long after = 0;
        while (await store.Cases.ReadOpenChunksAsync(own: true, after, ChunkPage, cancellation) is { Count: > 0 } chunks)
        {
            foreach (StoredCaseChunk chunk in chunks)
            {
                after = chunk.Id;
                try
                {
                    await SendAsync(chunk, cancellation);
                }
                catch (StoreCorruptException damaged)
                {
                    await alarms.RaiseFailureAsync("sending an attachment of a case", damaged, cancellation);
                }
            }
        }
    }

    private async Task SendAsync(StoredCaseChunk chunk, CancellationToken cancellation)
    {
        StoredCaseMessage? message = await store.Cases.FindMessageAsync(chunk.Message, cancellation);
        StoredCase? row = message is null ? null : await store.Cases.FindCaseAsync(message.CaseId, cancellation);
        if (row is null || message!.State == CaseMessageStatus.Queued) return; // The thread has to be there first.
        if (message.State is not (CaseMessageStatus.Refused or CaseMessageStatus.Expired))
        {
            try
            {
                await _broker.PutCaseChunkAsync(new V1.PutCaseChunkRequest { Thread = ByteString.CopyFrom(row.Thread.ToArray()), Chunk = UnsafeByteOperations.UnsafeWrap(chunk.Chunk) }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
                if (message.Refusal is not null) await store.Cases.SetStateAsync(message.Id, message.State, null, [], cancellation); // It was for a while.
            }
            catch (RpcException refused) when (IsFinal(refused))
            {
                await RefuseAsync(row, message, chunk, refused.ToRefusal("broker"), cancellation);
            }
            catch (RpcException later)
            {
                if (IsAboutThis(later)) await NoteAsync(message, later.ToRefusal("broker"), cancellation);
                throw;
            }
        }

        await store.Cases.FinishChunkAsync(chunk, cancellation);
    }

    // Shown beside the message, which stays where it is.
    private async Task NoteAsync(StoredCaseMessage message, Refusal refusal, CancellationToken cancellation)
    {
        if (message.Refusal is { } noted && V1.ErrorDetail.Parser.ParseFrom(noted).Code == refusal.Code) return;
        await store.Cases.SetStateAsync(message.Id, message.State, refusal.ToDetail().ToByteArray(), [], cancellation);
    }

    // A quota is filled again. That this member is suspended ends as well.
    private static bool IsAboutThis(RpcException fault) => fault.StatusCode == StatusCode.ResourceExhausted;

    private static bool IsFinal(RpcException fault) => fault.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.FailedPrecondition
        || (fault.StatusCode == StatusCode.PermissionDenied && fault.ToRefusal("broker").Code.StartsWith("CASE_", StringComparison.Ordinal));
}
