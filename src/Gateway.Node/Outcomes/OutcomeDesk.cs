using Gateway.Node.Feed;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Outcomes;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Outcomes;

/// <summary>Takes what officers state of hits' outcomes: checks it, turns the shipment's reference into a digest that means nothing elsewhere, and keeps it for the broker.</summary>
public sealed class OutcomeDesk(INodeStore store, OwnRecords own, OutcomeGrades grades, OutcomeExchange exchange, WatchSeal seal)
{
    /// <summary>Outcomes in one request.</summary>
    public const int MostAtOnce = 500;

    private const int ShortestId = 4, LongestReference = 128;
    private const string Digest = "outcome-shipment";

    /// <summary>Takes outcomes, each accepted or refused by itself; those accepted are safe when this returns.</summary>
    /// <exception cref="RefusalException">There are more than <see cref="MostAtOnce"/>.</exception>
    public async Task<AddOutcomesResponse> AddAsync(AddOutcomesRequest request, CancellationToken cancellation)
    {
        if (request.Outcomes.Count > MostAtOnce) throw new RefusalException(Refusal.Invalid("OUTCOMES_TOO_MANY", $"A message holds {request.Outcomes.Count} outcomes, more than {MostAtOnce}.", "outcomes", "Send them in several messages."));
        Dictionary<ByteString, List<RecordId>> meant = await FindShortAsync(request, cancellation);
        AddOutcomesResponse response = new();
        List<NodeOutcome> taken = [];
        foreach (StatedOutcome stated in request.Outcomes)
        {
            (NodeOutcome? outcome, Refusal? refusal) = await CheckAsync(stated, meant, cancellation);
            if (outcome is not null) taken.Add(outcome);
            response.Outcomes.Add(outcome is not null ? new AddedOutcome { RecordId = outcome.Record.ToByteString() } : new AddedOutcome { RecordId = stated.RecordId, Refusal = refusal!.ToDetail() });
        }

        // The last word about a record and shipment is the one that counts, within a request too.
        await store.AddOutcomesAsync(taken, cancellation);
        exchange.Wake();
        return response;
    }

    /// <summary>The outcomes of this member's own records, and what waits.</summary>
    public async Task<SummariseOutcomesResponse> SummariseAsync(CancellationToken cancellation)
    {
        IReadOnlyDictionary<NodeOutcomeState, int> counts = await store.CountOutcomesAsync(cancellation);
        return new SummariseOutcomesResponse
        {
            Records = { grades.Own },
            Waiting = (uint)counts.GetValueOrDefault(NodeOutcomeState.Waiting),
            Refused = (uint)counts.GetValueOrDefault(NodeOutcomeState.Refused),
            AsOf = grades.AsOf?.ToUnixTimeSeconds() ?? 0,
        };
    }

    private async Task<(NodeOutcome? Outcome, Refusal? Refusal)> CheckAsync(StatedOutcome stated, Dictionary<ByteString, List<RecordId>> meant, CancellationToken cancellation)
    {
        if (stated.Shipment.Length is 0 or > LongestReference) return (null, Refusal.Invalid("SHIPMENT_REFERENCE", $"A shipment's reference has 1 to {LongestReference} characters.", "shipment", "Give the number under which it was screened."));
        if (!OutcomeTerms.Fits(stated.Outcome, stated.Reason)) return (null, Refusal.Invalid("OUTCOME_REASON", "The reason is none of this outcome.", "reason", "See the reasons with `gateway outcome --help`."));
        if (!RecordId.TryFromBytes(stated.RecordId.Span, out RecordId id))
        {
            List<RecordId> found = meant.GetValueOrDefault(stated.RecordId, []);
            if (found.Count > 1) return (null, Refusal.Invalid("RECORD_AMBIGUOUS", $"{found.Count} records begin so.", "record_id", "Give more of the id."));
            if (found.Count == 0) return (null, Unknown(Convert.ToHexStringLower(stated.RecordId.Span)));
            id = found[0];
        }
        else if (await store.FindRecordAsync(id, cancellation) is null)
        {
            return (null, Unknown(id.Prefix));
        }

        return await own.ContainsAsync(id, store, cancellation)
            ? (null, Refusal.Precondition("OUTCOME_OWN_RECORD", "The record is this member's own.", $"record {id.Prefix}", "Publish what you have found as a record of its own."))
            : (new NodeOutcome(id, seal.DigestOf(Digest, stated.Shipment), stated.Outcome, stated.Reason), null);
    }

    // People copy the first digits; one pass over the list serves all of a request.
    private async Task<Dictionary<ByteString, List<RecordId>>> FindShortAsync(AddOutcomesRequest request, CancellationToken cancellation)
    {
        Dictionary<ByteString, List<RecordId>> meant = request.Outcomes.Select(stated => stated.RecordId).Where(id => id.Length is >= ShortestId and < RecordId.Size).Distinct().ToDictionary(id => id, _ => new List<RecordId>());
        if (meant.Count == 0) return meant;
        await foreach (NodeRecord record in store.ListRecordsAsync(null, cancellation))
        {
            byte[] bytes = record.Id.ToArray();
            foreach ((ByteString prefix, List<RecordId> found) in meant)
            {
                if (bytes.AsSpan().StartsWith(prefix.Span) && !found.Contains(record.Id)) found.Add(record.Id);
            }
        }

        return meant;
    }

    private static Refusal Unknown(string id) => Refusal.NotFound("RECORD_UNKNOWN", "This node holds no such record.", $"record {id}", "Copy the id from the hit.");
}
