using Gateway.Cryptography;
using Gateway.Node.Contributions;
using Gateway.Node.Feed;
using Gateway.Node.Replicas;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Outcomes;

/// <summary>
/// Sends the officers' outcomes to the broker until it has answered for each, and fetches once an hour what it tells: the grades of all records of each circle, whatever was met here, and the
/// figures of this member's own.
/// </summary>
public sealed class OutcomeExchange(INodeStore store, OutcomeGrades grades, MemberId member, CallInvoker broker, Func<NodeView> view, AlarmBell alarms, RandomSource random, TimeProvider time, Leadership? leadership = null)
    : RepeatedWork("exchanging outcomes", new Pauses(Round, FirstPause, LongestPause), alarms, random, time)
{
    private const int MostAtOnce = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Round = TimeSpan.FromHours(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly OutcomesService.OutcomesServiceClient _broker = new(broker);
    private readonly WorkSignal _signal = new(time);
    private readonly Dictionary<ByteString, uint> _reminded = [];
    private DateTimeOffset _nextFetch;
    private Fetch? _fetch;

    /// <summary>There is something to send.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Sends outcomes that wait.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> SendAsync(CancellationToken cancellation)
    {
        IReadOnlyList<NodeOutcome> waiting = await store.ReadWaitingOutcomesAsync(MostAtOnce, cancellation);
        if (waiting.Count == 0) return false;
        ReportOutcomesRequest request = new()
        {
            Reports = { waiting.Select(outcome => new OutcomeReport { RecordId = outcome.Record.ToByteString(), Shipment = ByteString.CopyFrom(outcome.Shipment), Outcome = outcome.Outcome, Reason = outcome.Reason }) },
        };
        ReportOutcomesResponse response = await _broker.ReportOutcomesAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        List<(NodeOutcome, NodeOutcomeState)> answered = [];
        foreach ((NodeOutcome outcome, OutcomeAnswer answer) in waiting.Zip(response.Answers))
        {
            answered.Add((outcome, answer.Refusal is null ? NodeOutcomeState.Sent : NodeOutcomeState.Refused));
            if (answer.Refusal is { } refusal) await Alarms.RaiseOnceAsync(Refusal.FromDetail(refusal) with { Which = $"outcome of record {outcome.Record.Prefix}" }, cancellation);
        }

        await store.AnswerOutcomesAsync(answered, cancellation);
        return answered.Count == waiting.Count && waiting.Count == MostAtOnce;
    }

    /// <summary>Fetches grades and figures. What was fetched before the broker went away is not asked for again within the hour.</summary>
    public async Task FetchAsync(CancellationToken cancellation)
    {
        NodeView now = view();
        if (_fetch is null || Time.GetUtcNow() - _fetch.Begun >= Round) _fetch = new Fetch(Time.GetUtcNow(), new Queue<CircleId>(now.State.Circles.Keys));
        Fetch fetch = _fetch;
        while (fetch.Circles.TryPeek(out CircleId circle))
        {
            ListOutcomeGradesResponse page = now.Reads(member, circle, Time)
                ? await _broker.ListOutcomeGradesAsync(new ListOutcomeGradesRequest { CircleId = circle.ToByteString(), After = fetch.After }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation)
                : new ListOutcomeGradesResponse();
            bool isLast = page.Records.Count == 0 || page.Records[^1].RecordId == fetch.After;
            if (isLast) fetch.Circles.Dequeue();
            else fetch.Graded.AddRange(page.Records);
            fetch.After = isLast ? ByteString.Empty : page.Records[^1].RecordId;
        }

        while (true)
        {
            ListOwnOutcomesResponse page = await _broker.ListOwnOutcomesAsync(new ListOwnOutcomesRequest { After = fetch.After }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            if (page.Records.Count == 0 || page.Records[^1].RecordId == fetch.After) break;
            fetch.Own.AddRange(page.Records);
            fetch.After = page.Records[^1].RecordId;
        }

        _fetch = null;
        grades.Set(fetch.Graded, fetch.Own, Time.GetUtcNow());
        foreach (OwnOutcomes record in grades.Own.Where(record => record.Remind)) await RemindAsync(record, cancellation);

        // Spread, so that a circle's members do not all ask at once.
        _nextFetch = Time.GetUtcNow() + (Round * 0.8) + Random.Around(Round * 0.2);
    }

    /// <inheritdoc/>
    protected override async Task RoundAsync(CancellationToken cancellation)
    {
        if (leadership?.IsHeld ?? true) await SendAllAsync(cancellation);
        if (Time.GetUtcNow() >= _nextFetch) await FetchAsync(cancellation);
    }

    /// <inheritdoc/>
    protected override Task WaitAsync(CancellationToken cancellation) => _nextFetch - Time.GetUtcNow() is var left && left > TimeSpan.Zero ? _signal.WaitAsync(left < Round ? left : Round, cancellation) : Task.CompletedTask;

    // Grades each process of a node has in its own memory; what officers stated one alone sends, so that the last word about a shipment arrives last.
    private async Task SendAllAsync(CancellationToken stopping)
    {
        using IDisposable? acting = leadership?.Act();
        while (await SendAsync(stopping))
        {
            // Until nothing waits.
        }
    }

    // Once for each figure; what follows is the contributor's to decide.
    private async Task RemindAsync(OwnOutcomes record, CancellationToken cancellation)
    {
        if (_reminded.GetValueOrDefault(record.RecordId) == record.FalsePositives) return;
        _reminded[record.RecordId] = record.FalsePositives;
        string prefix = Convert.ToHexStringLower(record.RecordId.Span)[..8];
        await Alarms.RaiseOnceAsync(
            Refusal.Precondition("OUTCOMES_FALSE", $"Of {record.Seized + record.Released + record.FalsePositives} outcomes of a record of this member's own, {record.FalsePositives} were false positives.", $"record {prefix}", "Look at its evidence and identifiers; withdraw or rectify it if it is wrong."),
            cancellation);
    }

    // A fetch under way: the circles still to be asked about, the one at the front from a record on; then this member's own.
    private sealed class Fetch(DateTimeOffset begun, Queue<CircleId> circles)
    {
        public DateTimeOffset Begun => begun;

        public Queue<CircleId> Circles => circles;

        public ByteString After { get; set; } = ByteString.Empty;

        public List<GradedRecord> Graded { get; } = [];

        public List<OwnOutcomes> Own { get; } = [];
    }
}
