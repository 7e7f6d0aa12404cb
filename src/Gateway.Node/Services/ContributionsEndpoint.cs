using Gateway.Node.Contributions;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>A member's own contributions and the state of its node (contributions.proto).</summary>
public sealed class ContributionsEndpoint(Outbox outbox, RecordList records, NodeStatus status, LogAudit audit, INodeStore store, TimeProvider time) : ContributionsService.ContributionsServiceBase
{
    private const int MostContributions = 500;

    private static readonly TimeSpan WithdrawalPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WithdrawalPoll = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public override async Task Contribute(IAsyncStreamReader<ContributeRequest> requestStream, IServerStreamWriter<ContributeResponse> responseStream, ServerCallContext context)
    {
        List<Task<OutboxRow>> open = [];
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            Google.Protobuf.Collections.RepeatedField<Contribution> contributions = requestStream.Current.Contributions;
            if (contributions.Count > MostContributions)
            {
                throw new RefusalException(Refusal.Invalid("TOO_MANY_CONTRIBUTIONS", $"A message holds {contributions.Count} contributions, more than {MostContributions}.", "contributions", "Send them in several messages."));
            }

            IReadOnlyList<(ContributionOutcome Outcome, OutboxRow? Row)> taken = await outbox.AddAsync(contributions, context.CancellationToken);
            ContributeResponse response = new();
            response.Outcomes.AddRange(taken.Select(one => one.Outcome));
            await responseStream.WriteAsync(response, context.CancellationToken);
            open.AddRange(taken.Where(one => one.Outcome.State == ContributionState.Queued).Select(one => outbox.WaitAsync(one.Row!, context.CancellationToken)));
        }

        await foreach (Task<OutboxRow> done in Task.WhenEach(open).WithCancellation(context.CancellationToken))
        {
            await responseStream.WriteAsync(new ContributeResponse { Outcomes = { Outbox.Describe(await done) } }, context.CancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async Task<WithdrawRecordResponse> WithdrawRecord(WithdrawRecordRequest request, ServerCallContext context)
    {
        if (!RecordId.TryFromBytes(request.RecordId.Span, out RecordId id)) throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 32 bytes.", "record_id", "Copy the id from `gateway records`."));
        await outbox.WithdrawAsync(id, request.Reason, context.CancellationToken);

        // Durable here already; the broker's word is waited for a while.
        DateTimeOffset until = time.GetUtcNow() + WithdrawalPatience;
        while (time.GetUtcNow() < until)
        {
            OutboxWithdrawal? withdrawal = await store.FindWithdrawalAsync(id, context.CancellationToken);
            if (withdrawal?.Receipt is { } receipt) return new WithdrawRecordResponse { Index = Receipt.Parser.ParseFrom(receipt).Index };
            if (withdrawal?.Refusal is { } refusal) throw new RefusalException(Refusal.FromDetail(ErrorDetail.Parser.ParseFrom(refusal)));
            await Task.Delay(WithdrawalPoll, time, context.CancellationToken);
        }

        return new WithdrawRecordResponse();
    }

    /// <inheritdoc/>
    public override async Task ListRecords(ListRecordsRequest request, IServerStreamWriter<ListRecordsResponse> responseStream, ServerCallContext context)
    {
        ListRecordsResponse page = new();
        await foreach (RecordLine line in records.ReadAsync(request, context.CancellationToken))
        {
            page.Records.Add(line);
            if (page.Records.Count < 500) continue;
            await responseStream.WriteAsync(page, context.CancellationToken);
            page = new ListRecordsResponse();
        }

        if (page.Records.Count > 0) await responseStream.WriteAsync(page, context.CancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context) => await status.ReadAsync(context.CancellationToken);

    /// <inheritdoc/>
    public override async Task<VerifyLogResponse> VerifyLog(VerifyLogRequest request, ServerCallContext context) => await audit.VerifyAsync(context.CancellationToken);
}
