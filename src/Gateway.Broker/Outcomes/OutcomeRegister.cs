using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.Outcomes;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Outcomes;

/// <summary>Takes members' reports on what came of hits, and gives figures of them: to a record's contributor, and as grades of all of a circle's records at once to its readers.</summary>
public sealed class OutcomeRegister
{
    /// <summary>Reports in one request.</summary>
    public const int MostAtOnce = 500;

    /// <summary>Outcomes of one record that are kept of one member. The first few count; the rest is room for corrections of what was reported by mistake.</summary>
    public const int MostOfMember = 100;

    /// <summary>Records in one answer.</summary>
    public const int Page = 10_000;

    private const int ShipmentSize = 32, ReportBurst = 5_000, ReadBurst = 60;

    private readonly NetworkView _view;
    private readonly IBrokerStore _store;
    private readonly RateLimiter<MemberId> _reports;
    private readonly RateLimiter<MemberId> _reads;

    /// <summary>A register over the broker's store.</summary>
    public OutcomeRegister(NetworkView view, IBrokerStore store, TimeProvider time)
    {
        _view = view;
        _store = store;
        _reports = new RateLimiter<MemberId>("outcomes", ReportBurst, 5, time);
        _reads = new RateLimiter<MemberId>("questions for outcomes", ReadBurst, ReadBurst / 3_600.0, time);
    }

    /// <summary>Takes reports, each accepted or refused by itself.</summary>
    public async Task<ReportOutcomesResponse> ReportAsync(MemberId caller, ReportOutcomesRequest request, CancellationToken cancellation)
    {
        if (request.Reports.Count > MostAtOnce) throw new RefusalException(Refusal.Invalid("OUTCOMES_TOO_MANY", $"A request holds {request.Reports.Count} reports, more than {MostAtOnce}.", "reports", "Send them in several requests."));
        if (_reports.TryTake(caller, Math.Max(1, request.Reports.Count)) is { } limited) throw new RefusalException(limited);
        List<StoredOutcome> taken = [];
        ReportOutcomesResponse response = new();
        foreach (OutcomeReport report in request.Reports)
        {
            (StoredOutcome? outcome, Refusal? refusal) = await CheckAsync(caller, report, taken, cancellation).ConfigureAwait(false);
            if (outcome is not null) taken.Add(outcome);
            response.Answers.Add(refusal is null ? new OutcomeAnswer() : new OutcomeAnswer { Refusal = refusal.ToDetail() });
        }

        if (taken.Count > 0) await _store.Outcomes.SaveAsync(taken, cancellation).ConfigureAwait(false);
        return response;
    }

    /// <summary>The grades of a circle's records: all of them, so that nobody's interest in one shows.</summary>
    /// <exception cref="RefusalException">The caller does not read in the circle, or asks too often.</exception>
    public async Task<ListOutcomeGradesResponse> GradesAsync(MemberId caller, ListOutcomeGradesRequest request, CancellationToken cancellation)
    {
        NetworkState state = _view.Current;
        if (!CircleId.TryFromBytes(request.CircleId.Span, out CircleId id) || !state.Circles.TryGetValue(id, out NetworkCircle? circle) || !state.Members.TryGetValue(caller, out NetworkMember? member) || !circle.MayRead(member))
        {
            throw new RefusalException(Refusal.Denied("NOT_IN_CIRCLE", "The member does not read in the circle.", "circle_id", "Ask the circle's steward to be admitted."));
        }

        ListOutcomeGradesResponse response = new();
        await foreach ((RecordId record, OutcomeFigures? figures, _) in ReadAsync(caller, request.After, after => _store.Outcomes.ReadCircleAsync(id, after, cancellation)).ConfigureAwait(false))
        {
            if (figures is null || figures.Grade == OutcomeGrade.None) continue;
            response.Records.Add(new GradedRecord { RecordId = record.ToByteString(), Grade = figures.Grade });
            if (response.Records.Count == Page) break;
        }

        return response;
    }

    /// <summary>The outcomes of the caller's own records.</summary>
    /// <exception cref="RefusalException">The caller asks too often.</exception>
    public async Task<ListOwnOutcomesResponse> OwnAsync(MemberId caller, ListOwnOutcomesRequest request, CancellationToken cancellation)
    {
        ListOwnOutcomesResponse response = new();
        await foreach ((RecordId record, OutcomeFigures? figures, OutcomeTerms terms) in ReadAsync(caller, request.After, after => _store.Outcomes.ReadContributorAsync(caller, after, cancellation)).ConfigureAwait(false))
        {
            if (figures is null) continue; // Not even that there is a report: in a circle of two that names who met the record.
            response.Records.Add(new OwnOutcomes
            {
                RecordId = record.ToByteString(),
                Seized = (uint)figures.Seized,
                Released = (uint)figures.Released,
                FalsePositives = (uint)figures.FalsePositives,
                NotFound = (uint)figures.NotFound,
                Grade = figures.Grade,
                Remind = figures.AreTooOftenFalse(terms),
            });
            if (response.Records.Count == Page) break;
        }

        return response;
    }

    private async Task<(StoredOutcome? Outcome, Refusal? Refusal)> CheckAsync(MemberId caller, OutcomeReport report, List<StoredOutcome> taken, CancellationToken cancellation)
    {
        if (!RecordId.TryFromBytes(report.RecordId.Span, out RecordId id) || report.Shipment.Length != ShipmentSize) return (null, Refusal.Invalid("FIELD_LENGTH", "A report names a record and a shipment by 32 bytes each.", "report", "Send what the protocol says."));
        if (!OutcomeTerms.Fits(report.Outcome, report.Reason)) return (null, Refusal.Invalid("OUTCOME_REASON", "The reason is none of this outcome.", $"record {id.Prefix}", "See the reasons with `gateway outcome --help`."));
        PublishedRecord? record = await _store.FindRecordAsync(id, cancellation).ConfigureAwait(false);
        if (record is null || !_view.History.HoldsKey(record.Circle, record.Epoch, caller)) return (null, Refusal.NotFound("RECORD_UNKNOWN", "There is no such record in the log.", $"record {id.Prefix}", "Check the id."));

        // Nobody grades himself; who asks knows that the record is his.
        if (record.Contributor == caller) return (null, Refusal.Precondition("OUTCOME_OWN_RECORD", "The record is this member's own.", $"record {id.Prefix}", "Publish what you have found as a record of its own."));
        if (record.WithdrawnAt is not null || record.Expiry < _view.Current.Day) return (null, Refusal.Precondition("RECORD_ENDED", "The record has been withdrawn or has expired.", $"record {id.Prefix}", "Nothing: what comes of an ended record is not counted."));
        HashSet<string> known = [.. (await _store.Outcomes.ReadMemberAsync(id, caller, cancellation).ConfigureAwait(false)).Concat(taken.Where(one => one.Record == id)).Select(one => Convert.ToHexString(one.Shipment))];
        if (known.Count >= MostOfMember && !known.Contains(Convert.ToHexString(report.Shipment.Span)))
        {
            return (null, Refusal.Exhausted("OUTCOMES_OF_RECORD", $"This member has reported {MostOfMember} outcomes of the record.", $"record {id.Prefix}", "Nothing: more of one member do not count."));
        }

        return (new StoredOutcome(id, record.Circle, record.Contributor, caller, report.Shipment.ToByteArray(), report.Outcome, report.Reason), null);
    }

    private async IAsyncEnumerable<(RecordId Record, OutcomeFigures? Figures, OutcomeTerms Terms)> ReadAsync(MemberId caller, ByteString after, Func<RecordId?, IAsyncEnumerable<StoredOutcome>> read)
    {
        if (_reads.TryTake(caller, 1) is { } limited) throw new RefusalException(limited);
        RecordId? from = RecordId.TryFromBytes(after.Span, out RecordId id) ? id : after.IsEmpty ? null : throw new RefusalException(Refusal.Invalid("FIELD_LENGTH", $"after has {after.Length} bytes where {RecordId.Size} or none are wanted.", "after", "Send what the protocol says."));
        NetworkState state = _view.Current;
        List<StoredOutcome> group = [];
        await foreach (StoredOutcome outcome in read(from).ConfigureAwait(false))
        {
            if (group.Count > 0 && group[0].Record != outcome.Record)
            {
                yield return Figures(group, state, caller);
                group.Clear();
            }

            group.Add(outcome);
        }

        if (group.Count > 0) yield return Figures(group, state, caller);
    }

    private static (RecordId Record, OutcomeFigures? Figures, OutcomeTerms Terms) Figures(List<StoredOutcome> group, NetworkState state, MemberId caller)
    {
        OutcomeTerms terms = OutcomeTerms.Of(state.Circles[group[0].Circle].Policy);
        return (group[0].Record, OutcomeFigures.Of(group, terms, caller), terms);
    }
}
