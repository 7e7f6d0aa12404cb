using Gateway.Broker.Access;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Services;

/// <summary>Takes reports of records that fail a check at their opening. The broker cannot repeat the check, which takes keys it does not hold; it counts who says so, and how often it concerns one contributor, whom it does not name.</summary>
public sealed class MisbindingService(NetworkView view, IBrokerStore store, TimeProvider time, ILogger<MisbindingService> log) : Gateway.Protocol.V1.MisbindingService.MisbindingServiceBase
{
    private const int MostListed = 1_000;

    /// <inheritdoc/>
    public override async Task<ReportMisboundResponse> ReportMisbound(ReportMisboundRequest request, ServerCallContext context)
    {
        MemberId member = Peer.Of(context).RequireMember();
        NetworkState state = view.Current;
        if (!Enum.IsDefined(request.Check) || request.Check == MisbindCheck.Unspecified) throw new RefusalException(Refusal.Invalid("MISBIND_CHECK_UNKNOWN", "The report names no check of the protocol.", "check", "Name the check that failed."));
        if (!RecordId.TryFromBytes(request.RecordId.Span, out RecordId id) || await store.FindRecordAsync(id, context.CancellationToken).ConfigureAwait(false) is not { } record || !view.History.HoldsKey(record.Circle, record.Epoch, member))
        {
            throw new RefusalException(Refusal.NotFound("RECORD_UNKNOWN", "There is no such record in the log.", "record_id", "Report a record of one of your circles."));
        }

        if (!state.Members[member].NodeKey.Verify(RecordFormat.MisbindMessage(id, request.Check), request.Signature.Span))
        {
            throw new RefusalException(Refusal.Denied("MISBIND_SIGNATURE", "The report is not signed by the member's node key.", $"record {id.Prefix}", "Report from the node whose seed the member joined with."));
        }

        if (await store.AddMisbindAsync(new StoredMisbind(id, member, (int)request.Check, time.GetUtcNow()), context.CancellationToken).ConfigureAwait(false)) Log.MisboundReported(log, id.Prefix, request.Check);
        return new ReportMisboundResponse();
    }

    /// <inheritdoc/>
    public override async Task<ListMisboundResponse> ListMisbound(ListMisboundRequest request, ServerCallContext context)
    {
        NetworkState state = view.Current;
        IReadOnlyList<MisbindTally> tallies = await store.ListMisbindsAsync(MostListed, context.CancellationToken).ConfigureAwait(false);
        Dictionary<MemberId, int> byContributor = tallies.GroupBy(tally => tally.Record.Contributor).ToDictionary(of => of.Key, of => of.Count());
        ListMisboundResponse response = new();
        foreach (MisbindTally tally in tallies)
        {
            MisboundRecord line = new()
            {
                RecordId = ByteString.CopyFrom(tally.Record.Id.ToArray()),
                CircleName = state.Circles.TryGetValue(tally.Record.Circle, out NetworkCircle? circle) ? circle.Policy.Name : "",
                Reports = (uint)tally.Checks.Count,
                ReportedAt = tally.At.ToUnixTimeSeconds(),
                OfSameContributor = (uint)byContributor[tally.Record.Contributor],
                Withdrawn = tally.Record.WithdrawnAt is not null,
            };
            line.Checks.AddRange(tally.Checks.Distinct().Order().Select(check => (MisbindCheck)check));
            response.Records.Add(line);
        }

        return response;
    }
}
