using System.Globalization;
using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Index;
using Gateway.Matching.Keys;
using Gateway.Matching.Scoring;
using Gateway.Node.Disputes;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Node.Outcomes;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>
/// Screens shipments against what this node knows (matching.md, the path of a shipment): keys, one look-up each, then cleared, pending or opened and scored. Never waits by itself:
/// who asks decides whether to wait for pending identifiers and ask again.
/// </summary>
public sealed class Screener(
    NodeMatcher matcher, KnownCache cache, Pseudonymiser pseudonymiser, HitOpener opener, Scorer scorer, Dismissals dismissals, NameSimilarity similarity, Func<NodeView> view, MemberId member, TimeProvider time, NodeMetrics? metrics = null,
    DisputeBook? disputes = null, OutcomeGrades? grades = null)
{
    private readonly Preparer _preparer = new(cache, similarity, view, member, time);
    private readonly MeetingFinder _meetings = new(matcher, new BestOfMany(opener, matcher, scorer, time));
    private readonly HitScoring _scoring = new(opener, scorer, dismissals, view, time, disputes, grades);
    private volatile Reading? _reading;

    /// <summary>A node that holds no circle's key has nothing to compare with, and must not clear anybody.</summary>
    /// <exception cref="RefusalException">This member reads in no circle yet, or the node has not read the log.</exception>
    public void RequireCircle()
    {
        if (!ReadsInACircle(view())) throw new RefusalException(NoCircleRead());
    }

    /// <summary>Finds a shipment's identifiers.</summary>
    public PreparedShipment Prepare(V1.Shipment shipment) => _preparer.Prepare(shipment);

    /// <summary>The same, all parties anew: the twin of <see cref="Prepare(V1.Shipment)"/> that remembers nothing.</summary>
    public PreparedShipment Prepare(Shipment shipment) => _preparer.Prepare(shipment);

    /// <summary>Finds the identifiers of one party, asked for by hand.</summary>
    public PreparedShipment Prepare(Party party) => _preparer.Prepare(party);

    /// <summary>The parts of a new stream of batches.</summary>
    public ShipmentParts NewParts() => new(_preparer);

    /// <summary>A shipment of a batch, ready to be decided.</summary>
    public PreparedShipment Prepare(ShipmentColumns columns, int shipment) => columns.Prepare(shipment, _preparer.Prepare);

    /// <summary>A search for cleared shipments: for one thread, and for as many batches as it likes.</summary>
    internal ClearedShipments NewSearch() => new(matcher.Known, similarity);

    /// <summary>Which shipments of a part of a batch are cleared with nothing more to say; the others are to be decided one by one.</summary>
    /// <returns>How many are cleared.</returns>
    internal int Clear(ClearedShipments search, ShipmentColumns columns, int first, int end, Span<bool> cleared)
    {
        int found = search.Find(columns, first, end, cleared);

        // Compared with nothing: each says so by itself.
        if (found > 0 && !ReadsInACircle(view()))
        {
            cleared[first..end].Clear();
            return 0;
        }

        if (found > 0) metrics?.Decided(V1.ScreeningDecision.Cleared, found);
        return found;
    }

    /// <summary>Asks for the evaluation of a shipment's unknown identifiers.</summary>
    /// <returns>Ends when all are known; null when all are known already.</returns>
    public Task? WantUnknown(PreparedShipment prepared)
    {
        KnownState[] states = StatesOf(prepared);
        bool namesKnown = similarity.AreKnown(prepared.Names);
        if (namesKnown && !states.AsSpan().Contains(KnownState.Unknown)) return null;
        List<Task> waiting = [];
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i] == KnownState.Unknown) waiting.Add(pseudonymiser.WantAsync(prepared.Hashes[i], prepared.Keys.Identifiers[i].Identifier));
        }

        foreach ((UInt128 hash, Identifier identifier) in similarity.UnknownOf(prepared.Names)) waiting.Add(pseudonymiser.WantAsync(hash, identifier));
        return waiting.Count == 0 ? null : Task.WhenAll(waiting);
    }

    /// <summary>Decides when all identifiers are known, or after some time by what is known then.</summary>
    public async ValueTask<V1.ScreeningResult> DecideAfterAsync(PreparedShipment prepared, TimeSpan wait, TimeProvider clock, CancellationToken cancellation)
    {
        Task? unknown = WantUnknown(prepared);
        if (unknown is not null && wait > TimeSpan.Zero)
        {
            await unknown.WaitAsync(wait, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }

        return await DecideAsync(prepared, cancellation);
    }

    /// <summary>Places of the identifiers that meet a record; none where the record is not met or cannot be opened.</summary>
    public async ValueTask<IReadOnlyList<int>> FindMetAsync(PreparedShipment prepared, RecordId record, CancellationToken cancellation)
    {
        foreach ((int number, List<int> met) in (await _meetings.FindAsync(prepared.Hashes, StatesOf(prepared), cancellation)).ByRecord)
        {
            if ((await opener.OpenAsync(number, prepared.Met(met), cancellation)).Hit is { } hit && hit.Record.Record.Id == record) return met;
        }

        return [];
    }

    /// <summary>Which records identifiers meet now. Of a stop value those that lead furthest, as in a decision: many records are no reason to tell of none.</summary>
    public async ValueTask<List<StoredHit>> MeetingsOfAsync(IEnumerable<UInt128> hashes, CancellationToken cancellation)
    {
        UInt128[] met = [.. hashes.Where(hash => matcher.Known.Find(hash) is KnownState.Hit or KnownState.StopValue)];
        if (met.Length == 0) return [];
        KnownState[] states = new KnownState[met.Length];
        matcher.Known.Find(met, states);
        return [.. (await _meetings.FindAsync(met, states, cancellation)).ByRecord.SelectMany(record => record.Value.Select(place => new StoredHit(met[place], record.Key)))];
    }

    /// <summary>Decides by what is known now.</summary>
    public ValueTask<V1.ScreeningResult> DecideAsync(PreparedShipment prepared, CancellationToken cancellation)
    {
        V1.ScreeningResult result = new() { ShipmentId = prepared.Shipment.Id, Final = true, Lane = V1.Lane.Green, Decision = V1.ScreeningDecision.Cleared };
        for (int i = 0; i < prepared.Keys.Rejections.Count; i++) result.RejectedFields.Add(Translation.ToMessage(prepared.Keys.Rejections[i], prepared.Shipment.Id));
        KnownState[] states = StatesOf(prepared);
        return states.AsSpan().ContainsAny(KnownState.Hit, KnownState.StopValue) || !similarity.IsNothingNear(prepared.Names)
            ? DecideAsync(prepared, states, result, cancellation)
            : ValueTask.FromResult(Concluded(prepared, states, result, stopped: false));
    }

    private async ValueTask<V1.ScreeningResult> DecideAsync(PreparedShipment prepared, KnownState[] states, V1.ScreeningResult result, CancellationToken cancellation)
    {
        Meetings meetings = await _meetings.FindAsync(prepared.Hashes, states, cancellation);
        foreach ((int place, BestRecords best) in meetings.OfStopValues)
        {
            if (best.Unranked > 0) result.PendingIdentifiers++;
            result.RejectedFields.Add(StopValue(prepared.Keys.Identifiers[place], matcher.Known.HitsOf(prepared.Hashes[place]).Length, best.Records.Length));
        }

        if (meetings.ByRecord.Count > 0) await _scoring.AddAsync(prepared, meetings.ByRecord, result, cancellation);
        if (prepared.Names.Count > 0) result.SimilarNames.AddRange(await similarity.FindAsync(prepared.Names, [.. result.Hits.Select(hit => hit.RecordId)], cancellation));
        return Concluded(prepared, states, result, meetings.OfStopValues.Count > 0);
    }

    private V1.ScreeningResult Concluded(PreparedShipment prepared, KnownState[] states, V1.ScreeningResult result, bool stopped)
    {
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i] != KnownState.Unknown) continue;
            result.PendingIdentifiers++;
            if (!result.PendingFields.Contains(prepared.Keys.Identifiers[i].Field)) result.PendingFields.Add(prepared.Keys.Identifiers[i].Field);
        }

        if (!similarity.AreKnown(prepared.Names)) result.PendingIdentifiers += (uint)similarity.UnknownOf(prepared.Names).Count();
        if (prepared.Hashes.Length == 0) Refuse(result, prepared.Shipment.Id);
        else if (result.Hits.Count > 0 && (result.Lane > V1.Lane.Green || result.PendingIdentifiers == 0)) result.Decision = V1.ScreeningDecision.Hit;
        else if (result.PendingIdentifiers > 0) (result.Decision, result.Lane) = (V1.ScreeningDecision.Pending, V1.Lane.Unspecified); // No lane before it is known.
        else if (result.SimilarNames.Count > 0 && similarity.AskForDocuments(result.SimilarNames)) result.Lane = V1.Lane.Yellow;

        // So many records are no proof of anything, and no reason to wave the shipment through.
        if (stopped && result.Decision != V1.ScreeningDecision.Pending) (result.Decision, result.Lane) = (V1.ScreeningDecision.Hit, result.Lane < V1.Lane.Yellow ? V1.Lane.Yellow : result.Lane);

        // A stream, or a wait for evaluations, may outlast the member's last circle: what then met nothing was compared with nothing.
        if (result.Decision == V1.ScreeningDecision.Cleared && !ReadsInACircle(view())) NotScreened(result, NoCircleRead());
        metrics?.Decided(result.Decision);
        return result;
    }

    // Asked for every shipment that is cleared: the answer changes with the view alone, and with the day.
    private bool ReadsInACircle(NodeView now)
    {
        Reading? known = _reading;
        if (known is not null && ReferenceEquals(known.View, now) && known.Day == now.ExpiryDay(time)) return known.Reads;
        Reading read = new(now, now.ExpiryDay(time), now.Keyring.Keys.Any(key => now.Reads(member, key.Circle, time)));
        _reading = read;
        return read.Reads;
    }

    private static Refusal NoCircleRead() => Refusal.Precondition(
        "NO_CIRCLE_READ", "This node reads in no circle now, so there is nothing to compare with and nothing was cleared.", "circles", "Wait until the node has read the log, and see `gateway node status` for its circles.");

    // All of a shipment's lines are asked for at once: from a table larger than the caches that takes half the time of one look-up after the other.
    private KnownState[] StatesOf(PreparedShipment prepared)
    {
        if (prepared.Hashes.Length == 0) return [];
        KnownState[] states = new KnownState[prepared.Hashes.Length];
        matcher.Known.Find(prepared.Hashes, states);
        return states;
    }

    // Nothing found in nothing clears nobody: or one wrong digit in each number would be the way through.
    private static void Refuse(V1.ScreeningResult result, string shipment) =>
        NotScreened(result, Refusal.Invalid("NOTHING_TO_SCREEN", "Nothing in the shipment identifies a party that is screened.", shipment.Length == 0 ? "party" : shipment, "Look at the documents; correct the fields that were rejected."));

    private static void NotScreened(V1.ScreeningResult result, Refusal why)
    {
        (result.Decision, result.Lane) = (V1.ScreeningDecision.NotScreened, V1.Lane.Yellow);
        result.RejectedFields.Add(why.ToDetail());
    }

    private static V1.ErrorDetail StopValue(DerivedIdentifier derived, int records, int compared) => Refusal.Exhausted(
        "STOP_VALUE",
        string.Create(CultureInfo.InvariantCulture, $"This identifier stands in {records:N0} records, more than can mean one party; the {compared} that lead furthest were compared, and {Math.Max(0, records - compared):N0} more are not shown."),
        derived.Field,
        "Look at the shipment by its other fields too.").ToDetail();

    private sealed record Reading(NodeView View, UtcDay Day, bool Reads);
}
