using Gateway.Node.Contributions;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Grpc.Core;

namespace Gateway.Node.Life;

/// <summary>What becomes of records after their publication, for a member's own people (life.proto).</summary>
public sealed class LifeEndpoint(Outbox outbox, SubjectSearch subjects, INodeStore store, CallInvoker broker, TimeProvider time) : LifeService.LifeServiceBase
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly AcknowledgementsService.AcknowledgementsServiceClient _broker = new(broker);

    /// <inheritdoc/>
    public override async Task<RectifyResponse> Rectify(RectifyRequest request, ServerCallContext context)
    {
        if (!RecordId.TryFromBytes(request.RecordId.Span, out RecordId old)) throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 32 bytes.", "record_id", "Copy the id from `gateway records`."));
        Contribution corrected = request.Contribution ?? throw new RefusalException(Refusal.Invalid("FIELD_MISSING", "The request is empty.", "contribution", "Fill in the field."));
        (ContributionOutcome outcome, OutboxRow? row) = await outbox.RectifyAsync(old, corrected, context.CancellationToken);
        if (row is null) return new RectifyResponse { Outcome = outcome };

        // Durable here already; the log's word is waited for a while.
        DateTimeOffset until = time.GetUtcNow() + Patience;
        RectifyResponse response = new() { Outcome = outcome };
        while (time.GetUtcNow() < until)
        {
            row = await store.ReadOutboxRowAsync(row.Id, context.CancellationToken) ?? row;
            ContributionOutcome now = Outbox.Describe(row);
            now.RejectedFields.AddRange(outcome.RejectedFields);
            response.Outcome = now;
            if (row.State == OutboxState.Refused) return response;
            if (await store.FindWithdrawalAsync(old, context.CancellationToken) is { Receipt: { } receipt })
            {
                response.WithdrawalIndex = Receipt.Parser.ParseFrom(receipt).Index;
                return response;
            }

            await Task.Delay(Poll, time, context.CancellationToken);
        }

        return response;
    }

    /// <inheritdoc/>
    public override async Task<GetRecordDeletionsResponse> GetRecordDeletions(GetRecordDeletionsRequest request, ServerCallContext context)
    {
        GetDeletionsRequest asked = new();
        asked.RecordIds.AddRange(request.RecordIds);
        try
        {
            GetDeletionsResponse known = await _broker.GetDeletionsAsync(asked, deadline: CallDeadline.After(Patience), cancellationToken: context.CancellationToken);
            return new GetRecordDeletionsResponse { Records = { known.Records } };
        }
        catch (RpcException fault)
        {
            throw new RefusalException(fault.ToRefusal("broker"));
        }
    }

    /// <inheritdoc/>
    public override Task<FindSubjectResponse> FindSubject(FindSubjectRequest request, ServerCallContext context) => subjects.FindAsync(request, context.CancellationToken);
}
