using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Matching.Scoring;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Node.Pseudonyms;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using IdentifierClass = Gateway.Matching.Identifiers.IdentifierClass;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>
/// Works the outbox off: drafts are pseudonymised and sealed, sealed records go to the broker until it has answered for each, withdrawals likewise. Every step is stored before the
/// next begins, so that a stop at any point is continued: the same bytes are sent again, and the broker gives the same receipt.
/// </summary>
public sealed class Publisher : BackgroundService
{
    private const int MostDrafts = 128;
    private const int MostSubmissions = 256;
    private const int LargestMessage = 900_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan IdlePause = TimeSpan.FromSeconds(5);

    private readonly Outbox _outbox;
    private readonly INodeStore _store;
    private readonly KnownCache _cache;
    private readonly Pseudonymiser _pseudonymiser;
    private readonly RecordSealer _sealer;
    private readonly OwnRecords _own;
    private readonly MemberKeys _keys;
    private readonly MemberId _member;
    private readonly V1.ExchangeService.ExchangeServiceClient _broker;
    private readonly Func<NodeView> _view;
    private readonly AlarmBell _alarms;
    private readonly TimeProvider _time;
    private readonly ILogger<Publisher> _logger;

    /// <summary>Composes the publisher.</summary>
    public Publisher(
        Outbox outbox, INodeStore store, KnownCache cache, Pseudonymiser pseudonymiser, RecordSealer sealer, OwnRecords own, MemberKeys keys, MemberId member,
        CallInvoker broker, Func<NodeView> view, AlarmBell alarms, TimeProvider time, ILogger<Publisher> logger)
    {
        _outbox = outbox;
        _store = store;
        _cache = cache;
        _pseudonymiser = pseudonymiser;
        _sealer = sealer;
        _own = own;
        _keys = keys;
        _member = member;
        _broker = new V1.ExchangeService.ExchangeServiceClient(broker);
        _view = view;
        _alarms = alarms;
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RunAsync("sealing", SealDraftsAsync, stoppingToken),
        RunAsync("publishing", PublishSealedAsync, stoppingToken),
        RunAsync("withdrawing", WithdrawOpenAsync, stoppingToken));

    private async Task RunAsync(string work, Func<CancellationToken, Task<bool>> step, CancellationToken stopping)
    {
        await Task.Yield();
        TimeSpan pause = TimeSpan.FromMilliseconds(200);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                bool more = await step(stopping);
                pause = TimeSpan.FromMilliseconds(200);
                if (!more) await _outbox.WaitForWorkAsync(IdlePause, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (ReceiptRefusedException fault)
            {
                await _alarms.RaiseOnceAsync(fault.Refusal, stopping, fault.Evidence);
                await Task.Delay(IdlePause, _time, stopping);
            }
            catch (Exception fault) when (fault is RpcException or RefusalException or StoreUnavailableException or TimeoutException)
            {
                string what = fault is RpcException rpc ? rpc.ToRefusal("broker").What : fault.Message;
                NodeEvents.WorkFailed(_logger, work, what);
                await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), _time, stopping);
                pause = pause * 2 < IdlePause ? pause * 2 : IdlePause;
            }
        }
    }

    private async Task<bool> SealDraftsAsync(CancellationToken stopping)
    {
        bool any = false;
        long after = 0;
        while (await _store.ReadOutboxAsync(OutboxState.Draft, after, MostDrafts, stopping) is { Count: > 0 } drafts)
        {
            after = drafts[^1].Id;
            OutboxRow[] rows = await SealAsync(drafts, stopping);
            await _store.UpdateOutboxAsync(rows, stopping);
            foreach (OutboxRow row in rows) _outbox.Tell(row);
            any |= rows.Any(row => row.State != OutboxState.Draft);
            if (any) _outbox.Wake();
        }

        return any;
    }

    private async Task<OutboxRow[]> SealAsync(IReadOnlyList<OutboxRow> drafts, CancellationToken stopping)
    {
        // All identifiers of all drafts at once, so that the evaluators get full batches.
        (OutboxRow Row, V1.Contribution? Contribution, IReadOnlyList<Identifier> Identifiers)[] open = [.. drafts.Select(Open)];
        byte[][] evaluations = await _pseudonymiser.EvaluateAsync([.. open.SelectMany(draft => draft.Identifiers)], stopping);
        OutboxRow[] rows = new OutboxRow[open.Length];
        int next = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int count = open[i].Identifiers.Count;
            rows[i] = SealOne(open[i].Row, open[i].Contribution, open[i].Identifiers, evaluations.AsSpan(next, count));
            next += count;
        }

        return rows;
    }

    private (OutboxRow Row, V1.Contribution? Contribution, IReadOnlyList<Identifier> Identifiers) Open(OutboxRow row)
    {
        if (row.Draft is null || !_cache.TryOpenDraft(row.Draft, out byte[]? bytes)) return (row, null, []);
        V1.Contribution contribution = V1.Contribution.Parser.ParseFrom(bytes);
        return (row, contribution, [.. ContributionRules.KeysIn(contribution).Identifiers.Select(derived => derived.Identifier).Distinct()]);
    }

    private OutboxRow SealOne(OutboxRow row, V1.Contribution? contribution, IReadOnlyList<Identifier> identifiers, ReadOnlySpan<byte[]> evaluations)
    {
        NodeView view = _view();
        if (contribution is null) return Refused(row, Refusal.DataLoss("DRAFT_UNREADABLE", "The draft cannot be opened with this node's keys.", $"reference {row.Reference}", "Contribute the case again."));
        CircleKey? circle = view.Keyring.Newest(row.Circle);
        if (circle is null) return row; // Its key comes with the log.
        List<SealIdentifier> sealable = new(identifiers.Count);
        for (int i = 0; i < identifiers.Count; i++) sealable.Add(new SealIdentifier((ushort)identifiers[i].Type, evaluations[i], OpensRecord: identifiers[i].Class != IdentifierClass.Name));
        try
        {
            SealedRecord record = _sealer.Seal(new SealRequest
            {
                Circle = circle,
                OprfVersion = view.State.OprfKeys!.Version,
                Member = _member,
                Keys = _keys,
                Summary = contribution.Summary,
                Identifiers = sealable,
                FillBody = (body, textKey) => FillBody(body, contribution, textKey),
            });
            _own.Add(record.Id);
            return row with { State = OutboxState.Sealed, RecordSalt = record.Salt, RecordId = record.Id, Submission = record.Submission.ToByteArray() };
        }
        catch (RefusalException refused)
        {
            return Refused(row, refused.Refusal);
        }
    }

    private static void FillBody(V1.RecordBody body, V1.Contribution contribution, byte[] textKey)
    {
        V1.Party subject = contribution.Subject;
        body.SubjectKind = subject.Kind;
        body.IncidentCount = contribution.IncidentCount;
        foreach (string name in subject.Aliases.Prepend(subject.Name).Take(16)) body.Texts.Add(Encoded(V1.EncodedTextKind.Name, name, textKey));
        string address = string.Join(' ', new[] { subject.Street, subject.Postcode, subject.City }.Where(part => part.Length > 0));
        if (address.Length > 0) body.Texts.Add(Encoded(V1.EncodedTextKind.Address, address, textKey));
    }

    private static V1.EncodedText Encoded(V1.EncodedTextKind kind, string text, byte[] key) => new() { Kind = kind, Clk = ByteString.CopyFrom(Clk.Encode(key, text)) };

    private async Task<bool> PublishSealedAsync(CancellationToken stopping)
    {
        bool progressed = false;
        IReadOnlyList<OutboxRow> rows = await _store.ReadOutboxAsync(OutboxState.Sealed, 0, MostSubmissions, stopping);
        if (rows.Count == 0) return false;
        using AsyncDuplexStreamingCall<V1.PublishRequest, V1.PublishResponse> call = _broker.Publish(cancellationToken: stopping);
        for (; rows.Count > 0; rows = await _store.ReadOutboxAsync(OutboxState.Sealed, rows[^1].Id, MostSubmissions, stopping))
        {
            Dictionary<RecordId, OutboxRow> open = rows.ToDictionary(row => row.RecordId!.Value);
            foreach (V1.PublishRequest message in MessagesOf(rows)) await call.RequestStream.WriteAsync(message, stopping);
            while (open.Count > 0)
            {
                if (!await call.ResponseStream.MoveNext(stopping).WaitAsync(Patience, _time, stopping)) throw new RefusalException(Refusal.Unavailable("PEER_UNAVAILABLE", "The broker ended the upload.", "broker", "It is tried again."));
                OutboxRow[] answered = [.. call.ResponseStream.Current.Outcomes.Select(outcome => Take(outcome, open)).OfType<OutboxRow>()];
                await _store.UpdateOutboxAsync(answered, stopping);
                foreach (OutboxRow row in answered) _outbox.Tell(row);
                progressed |= answered.Any(row => row.State != OutboxState.Sealed);
            }
        }

        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(stopping))
        {
            // Every record was answered above; the stream is read to its end so that it ends in order.
        }

        return progressed;
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

    private OutboxRow? Take(V1.PublishOutcome outcome, Dictionary<RecordId, OutboxRow> open)
    {
        if (!RecordId.TryFromBytes(outcome.RecordId.Span, out RecordId id) || !open.Remove(id, out OutboxRow? row)) return null;
        if (outcome.OutcomeCase != V1.PublishOutcome.OutcomeOneofCase.Receipt) return TakeRefusal(row, Refusal.FromDetail(outcome.Refusal ?? new V1.ErrorDetail()));
        V1.Submission submission = V1.Submission.Parser.ParseFrom(row.Submission);
        NodeView view = _view();
        CircleKey? circle = view.Keyring.Find(row.Circle, submission.Epoch);
        Refusal? fault = circle is null ? null : ReceiptCheck.FaultOf(outcome.Receipt, submission, _member, circle, view.State);
        if (fault is null) return row with { State = OutboxState.Acknowledged, Receipt = outcome.Receipt.ToByteArray(), Draft = null };

        // A broker that proves nothing has not published: the record stays open, and people are told.
        throw new ReceiptRefusedException(fault, outcome.Receipt.Checkpoint.ToByteArray());
    }

    private OutboxRow TakeRefusal(OutboxRow row, Refusal refusal)
    {
        NodeEvents.RecordRefused(_logger, row.RecordId!.Value.Prefix, refusal.Code, refusal.What);
        return refusal.Status switch
        {
            // Another epoch has begun: sealed anew once this node has read it. The refusal names this record_id, so the old bytes are never sent again.
            StatusCode.FailedPrecondition => row with { State = OutboxState.Draft, RecordSalt = null, RecordId = null, Submission = null },
            StatusCode.ResourceExhausted or StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown => throw new RefusalException(refusal),
            _ => Refused(row, refusal),
        };
    }

    private static OutboxRow Refused(OutboxRow row, Refusal refusal) => row with { State = OutboxState.Refused, Refusal = refusal.ToDetail().ToByteArray(), Submission = null, Draft = null };

    private async Task<bool> WithdrawOpenAsync(CancellationToken stopping)
    {
        bool progressed = false;
        foreach (OutboxWithdrawal withdrawal in await _store.ReadOpenWithdrawalsAsync(stopping))
        {
            V1.WithdrawRequest request = V1.WithdrawRequest.Parser.ParseFrom(withdrawal.Request);
            OutboxWithdrawal answered;
            try
            {
                V1.WithdrawResponse response = await _broker.WithdrawAsync(request, deadline: _time.GetUtcNow().UtcDateTime + Patience, cancellationToken: stopping);
                await CheckAsync(withdrawal.Record, request, response.Receipt, stopping);
                answered = withdrawal with { Receipt = response.Receipt.ToByteArray() };
            }
            catch (RpcException fault) when (fault.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.PermissionDenied)
            {
                if (await IsSealedAsync(withdrawal.Record, stopping)) continue; // Its publication is still under way and comes first.
                answered = withdrawal with { Refusal = fault.ToRefusal("broker").ToDetail().ToByteArray() };
            }

            await _store.UpdateWithdrawalAsync(answered, stopping);
            progressed = true;
        }

        return progressed;
    }

    private async Task CheckAsync(RecordId record, V1.WithdrawRequest request, V1.Receipt receipt, CancellationToken stopping)
    {
        OutboxRow? row = await _store.FindOutboxAsync(record, stopping);
        V1.Entry entry = V1.Entry.Parser.ParseFrom(receipt.Entry);
        NodeView view = _view();
        CircleKey? circle = row is null ? null : view.Keyring.Find(row.Circle, entry.RecordWithdrawn?.Epoch ?? 0);
        Refusal? fault = circle is null ? null : ReceiptCheck.FaultOf(receipt, request, circle, view.State);
        if (fault is not null) throw new ReceiptRefusedException(fault, receipt.Checkpoint.ToByteArray());
    }

    private async Task<bool> IsSealedAsync(RecordId record, CancellationToken stopping) => await _store.FindOutboxAsync(record, stopping) is { State: OutboxState.Sealed };

    /// <summary>A receipt that does not hold: an alarm, and the work is tried again.</summary>
    private sealed class ReceiptRefusedException(Refusal refusal, byte[] evidence) : Exception(refusal.ToString())
    {
        public Refusal Refusal { get; } = refusal;

        public byte[] Evidence { get; } = evidence;
    }
}
