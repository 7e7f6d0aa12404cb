using Gateway.Node.Feed;
using Gateway.Node.Life;
using Gateway.Node.Neutrality;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>Sends sealed records until the broker has answered for each, and checks its receipts. The same bytes are sent again after any stop, and get the same receipt.</summary>
public sealed class RecordUpload(
    Outbox outbox, INodeStore store, ReleaseSchedule schedule, MemberId member, CallInvoker broker, StoreAge age, ForkWatch forks, Func<NodeView> view, TimeProvider time, ILogger<RecordUpload> logger)
{
    private const int MostSubmissions = 256;
    private const int LargestMessage = 900_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A stream is not kept open for ever, however much there is to send: it must have ended before a connection that was renewed is closed.
    private static readonly TimeSpan LongestStream = TimeSpan.FromSeconds(30);

    private readonly V1.ExchangeService.ExchangeServiceClient _broker = new(broker);

    /// <summary>Records that were answered since the node's start.</summary>
    public long Answered { get; private set; }

    /// <summary>Sends what is sealed; nothing while the store is older than the node has been.</summary>
    /// <returns>Whether anything came further.</returns>
    /// <exception cref="ReceiptRefusedException">A receipt does not hold. All other answers are stored.</exception>
    /// <exception cref="RefusalException">The broker cannot take a record now. All other answers are stored.</exception>
    public async Task<bool> RunAsync(CancellationToken stopping)
    {
        await outbox.TellLoggedAsync(stopping);
        if (age.IsBehind) return false;
        IReadOnlyList<OutboxRow> rows = await store.ReadOutboxAsync(OutboxState.Sealed, 0, MostSubmissions, stopping);
        if (rows.Count == 0) return false;
        bool progressed = false;
        using AsyncDuplexStreamingCall<V1.PublishRequest, V1.PublishResponse> call = _broker.Publish(cancellationToken: stopping);
        Exception? fault = null;
        long begun = time.GetTimestamp();
        for (; rows.Count > 0 && time.GetElapsedTime(begun) < LongestStream; rows = await store.ReadOutboxAsync(OutboxState.Sealed, rows.Max(row => row.Id), MostSubmissions, stopping))
        {
            OutboxRow[] shuffled = [.. rows];
            schedule.Shuffle(shuffled);
            foreach (V1.PublishRequest message in MessagesOf(shuffled)) await call.RequestStream.WriteAsync(message, stopping);
            Dictionary<RecordId, OutboxRow> open = rows.ToDictionary(row => row.RecordId!.Value);
            while (open.Count > 0)
            {
                if (!await call.ResponseStream.MoveNext(stopping).WaitAsync(Patience, time, stopping)) throw new RefusalException(Refusal.Unavailable("PEER_UNAVAILABLE", "The broker ended the upload.", "broker", "It is tried again."));
                List<OutboxRow> answered = [];
                foreach (V1.PublishOutcome outcome in call.ResponseStream.Current.Outcomes)
                {
                    if (!RecordId.TryFromBytes(outcome.RecordId.Span, out RecordId id) || !open.Remove(id, out OutboxRow? row)) continue;

                    // What does not hold of one record must not keep the others from being acknowledged.
                    fault = await TakeAsync(row, outcome, answered, stopping) ?? fault;
                }

                foreach (OutboxRow row in await store.AdvanceOutboxAsync(answered, stopping)) outbox.Tell(row);
                if (answered.LastOrDefault(row => row.Receipt is not null)?.Receipt is { } receipt) await forks.CompareReceiptAsync(receipt, stopping);
                progressed |= answered.Count > 0;
                Answered += answered.Count;
            }
        }

        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(stopping).WaitAsync(Patience, time, stopping))
        {
            // Every record was answered above; the stream is read to its end so that it ends in order.
        }

        return fault is null ? progressed : throw fault;
    }

    private static IEnumerable<V1.PublishRequest> MessagesOf(IReadOnlyList<OutboxRow> rows)
    {
        V1.PublishRequest message = new();
        int size = 0;
        foreach (OutboxRow row in rows)
        {
            if (size > 0 && size + row.Submission!.Length > LargestMessage)
            {
                yield return message;
                message = new V1.PublishRequest();
                size = 0;
            }

            message.Submissions.Add(V1.Submission.Parser.ParseFrom(row.Submission));
            size += row.Submission!.Length + 8;
        }

        if (size > 0) yield return message;
    }

    private async Task<Exception?> TakeAsync(OutboxRow row, V1.PublishOutcome outcome, List<OutboxRow> answered, CancellationToken stopping)
    {
        switch (outcome.OutcomeCase)
        {
            case V1.PublishOutcome.OutcomeOneofCase.Receipt:
                if (FaultOf(row, outcome.Receipt) is { } fault) return new ReceiptRefusedException(fault, outcome.Receipt.ToByteArray());
                answered.Add(row with { State = OutboxState.Acknowledged, Receipt = outcome.Receipt.ToByteArray(), Draft = null });
                return null;
            case V1.PublishOutcome.OutcomeOneofCase.Refusal:
                return await TakeRefusalAsync(row, Refusal.FromDetail(outcome.Refusal), answered, stopping);
            default:
                return new RefusalException(Refusal.Unavailable("PEER_FAILED", "The broker's answer is neither a receipt nor a refusal.", $"record {row.RecordId!.Value.Prefix}", "It is tried again."));
        }
    }

    // A broker that proves nothing has not published: the record stays open, and people are told.
    private Refusal? FaultOf(OutboxRow row, V1.Receipt receipt)
    {
        V1.Submission submission = V1.Submission.Parser.ParseFrom(row.Submission);
        NodeView now = view();
        RouteKey route = now.Keyring.FindRouteKey(row.Circle, submission.Epoch) ?? throw new InvalidOperationException($"Record {row.RecordId!.Value.Prefix} was sealed under an epoch whose key is not in the log.");
        return ReceiptCheck.FaultOf(receipt, submission, member, new CircleRoute(row.Circle, submission.Epoch, route), now.State);
    }

    private async Task<Exception?> TakeRefusalAsync(OutboxRow row, Refusal refusal, List<OutboxRow> answered, CancellationToken stopping)
    {
        NodeEvents.RecordRefused(logger, row.RecordId!.Value.Prefix, refusal.Code, refusal.What);
        switch (refusal.Status)
        {
            case StatusCode.FailedPrecondition:
                answered.Add(await ResealAsync(row, refusal, stopping));
                return null;
            case StatusCode.InvalidArgument or StatusCode.PermissionDenied or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.OutOfRange:
                answered.Add(Refusals.For(row, refusal));
                return null;
            default:
                return new RefusalException(refusal);
        }
    }

    // The refusal names this record_id, so its bytes are never sent again: a withdrawal of it has nothing to withdraw, and ends the case here.
    private async Task<OutboxRow> ResealAsync(OutboxRow row, Refusal refusal, CancellationToken stopping)
    {
        if (await store.FindWithdrawalAsync(row.RecordId!.Value, stopping) is not null) return row with { State = OutboxState.Withdrawn, Submission = null, Draft = null };
        V1.Submission submission = V1.Submission.Parser.ParseFrom(row.Submission);

        // Only a reused record key is cured by sealing alone. All else is about an epoch, and under the one refused it would be refused again.
        if (refusal.Code != "RECORD_KEY_REUSED") schedule.RefusedEpoch(row, submission.Epoch);
        return row with { State = OutboxState.Draft, RecordSalt = null, RecordId = null, Submission = null };
    }
}
