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

/// <summary>A shipment on its way through screening.</summary>
/// <param name="Shipment">The shipment.</param>
/// <param name="Keys">Its identifiers and rejected fields.</param>
/// <param name="Hashes">The identifiers' local hashes, in order.</param>
public sealed record PreparedShipment(Shipment Shipment, DerivedKeys Keys, UInt128[] Hashes)
{
    /// <summary>The names of its parties, where a circle of this member compares names by words. They stand apart: they decide nothing.</summary>
    public IReadOnlyList<PreparedName> Names { get; init; } = [];
}

/// <summary>
/// Screens shipments against what this node knows (matching.md, the path of a shipment): keys, one look-up each, then cleared, pending or opened and scored. Never waits by itself:
/// who asks decides whether to wait for pending identifiers and ask again.
/// </summary>
public sealed class Screener(
    NodeMatcher matcher, KnownCache cache, Pseudonymiser pseudonymiser, HitOpener opener, Scorer scorer, Dismissals dismissals, NameSimilarity similarity, Func<NodeView> view, MemberId member, TimeProvider time, NodeMetrics? metrics = null,
    DisputeBook? disputes = null, OutcomeGrades? grades = null)
{
    // The best of them: nobody reads more, and a result must fit into a message.
    private const int MostHits = 100;

    private readonly Preparer _preparer = new(cache, similarity, view, member, time);
    private readonly BestOfMany _bestOfMany = new(opener, matcher, scorer, time);
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
        foreach ((int number, List<int> met) in (await MeetAsync(prepared.Hashes, StatesOf(prepared), cancellation)).ByRecord)
        {
            if ((await opener.OpenAsync(number, Identifiers(prepared, met), cancellation)).Hit is { } hit && hit.Record.Record.Id == record) return met;
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
        return [.. (await MeetAsync(met, states, cancellation)).ByRecord.SelectMany(record => record.Value.Select(place => new StoredHit(met[place], record.Key)))];
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
        Meetings meetings = await MeetAsync(prepared.Hashes, states, cancellation);
        foreach ((int place, BestRecords best) in meetings.OfStopValues)
        {
            if (best.Unranked > 0) result.PendingIdentifiers++;
            result.RejectedFields.Add(StopValue(prepared.Keys.Identifiers[place], matcher.Known.HitsOf(prepared.Hashes[place]).Length, best.Records.Length));
        }

        if (meetings.ByRecord.Count > 0) await AddHitsAsync(prepared, meetings.ByRecord, result, cancellation);
        if (prepared.Names.Count > 0) result.SimilarNames.AddRange(await similarity.FindAsync(prepared.Names, [.. result.Hits.Select(hit => hit.RecordId)], cancellation));
        return Concluded(prepared, states, result, meetings.OfStopValues.Count > 0);
    }

    // The one place that tells which records identifiers bring up.
    private async ValueTask<Meetings> MeetAsync(UInt128[] hashes, KnownState[] states, CancellationToken cancellation)
    {
        Meetings meetings = new([], []);
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i] == KnownState.Hit)
            {
                ReadOnlySpan<int> records = matcher.Known.HitsOf(hashes[i]);
                Meet(records, i);

                // The hits may have gone between the look-up and here, and the identifier with them.
                if (records.IsEmpty) states[i] = matcher.Known.Find(hashes[i]);
            }

            if (states[i] != KnownState.StopValue) continue;
            BestRecords best = await _bestOfMany.OfAsync(hashes[i], cancellation);
            meetings.OfStopValues.Add((i, best));
            Meet(best.Records, i);
        }

        return meetings;

        void Meet(ReadOnlySpan<int> records, int identifier)
        {
            foreach (int record in records) (meetings.ByRecord.TryGetValue(record, out List<int>? met) ? met : meetings.ByRecord[record] = []).Add(identifier);
        }
    }

    private static MetIdentifier[] Identifiers(PreparedShipment prepared, List<int> met) => [.. met.Select(i => new MetIdentifier((ushort)prepared.Keys.Identifiers[i].Identifier.Type, prepared.Hashes[i]))];

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

    private async Task AddHitsAsync(PreparedShipment prepared, Dictionary<int, List<int>> metByRecord, V1.ScreeningResult result, CancellationToken cancellation)
    {
        List<(OpenedHit Hit, List<int> Met)> opened = [];
        foreach ((int record, List<int> met) in metByRecord)
        {
            Opening opening = await opener.OpenAsync(record, Identifiers(prepared, met), cancellation);
            if (opening.Hit is { } hit) opened.Add((hit, met));
            else if (opening.IsDeferred) result.PendingIdentifiers += (uint)met.Count;
        }

        if (opened.Count == 0) return;
        RecordMatch[] matches = [.. opened.Select(pair => MatchOf(prepared, pair.Hit, pair.Met))];
        ShipmentFacts facts = Translation.FactsOf(prepared.Shipment, UtcDay.Of(time.GetUtcNow()));
        ShipmentAssessment assessment = scorer.Assess(facts, matches);
        ShipmentAssessment undisputed = matches.Any(match => match.Record.Disputed) ? scorer.Assess(facts, [.. matches.Select(match => match with { Record = match.Record with { Disputed = false } })]) : assessment;
        MetRecord[] records = [.. opened.Select(pair => MetOf(pair.Hit, pair.Met))];
        for (int i = 0; i < opened.Count; i++) result.Hits.Add(Heard(HitOf(opened[i].Hit, assessment.Records[i], undisputed.Records[i].Lane, Corroboration.Of(records, i)), opened[i].Hit.Record.Record.Id, prepared, opened[i].Met));
        result.Lane = result.Hits.Max(hit => hit.Lane);
        result.Score = result.Lane == V1.Lane.Green ? 0 : result.Hits.Where(hit => hit.Lane == result.Lane).Max(hit => hit.Score);
        V1.Hit[] ranked = [.. result.Hits.OrderByDescending(hit => hit.Lane).ThenByDescending(hit => hit.Bits).Take(MostHits)];
        result.Hits.Clear();
        result.Hits.AddRange(ranked);
    }

    // Parties that met the record in anything are compared with it: what only shares a shipment with them is not.
    private RecordMatch MatchOf(PreparedShipment prepared, OpenedHit hit, List<int> met)
    {
        V1.RecordBody body = hit.Record.Body;
        IReadOnlyList<EncodedText> texts = Translation.TextsOf(body);
        HashSet<PartyRole> roles = [.. met.Select(i => prepared.Keys.Identifiers[i].Role)];
        return new RecordMatch(Translation.FactsOf(hit.Record.Record.Summary) with { Disputed = IsDisputed(hit) }, [.. met.Select(i => new Evidence(prepared.Keys.Identifiers[i].Role, prepared.Keys.Identifiers[i].Field, prepared.Keys.Identifiers[i].Identifier.Type) { Place = i + 1 })])
        {
            Circle = view().State.Circles.TryGetValue(hit.Circle, out Protocol.Log.NetworkCircle? circle) ? Translation.LanesOf(circle.Policy.Lanes) : null,
            Fits =
            [
                .. prepared.Shipment.Parties.Where(party => roles.Contains(party.Role))
                    .Select(party => new PartyFit(party.Role, PartyComparison.Compare(party.Party, (PartyKind)body.SubjectKind, texts, hit.Record.TextKey))),
            ],
        };
    }

    private V1.Hit HitOf(OpenedHit opened, Assessment assessment, Lane undisputed, uint sources)
    {
        V1.Hit hit = new()
        {
            RecordId = ByteString.CopyFrom(opened.Record.Record.Id.ToArray()),
            CircleId = ByteString.CopyFrom(opened.Circle.ToArray()),
            Circle = view().State.Circles.TryGetValue(opened.Circle, out Protocol.Log.NetworkCircle? circle) ? circle.Policy.Name : "",
            Summary = opened.Record.Record.Summary,
            Lane = Translation.ToMessage(assessment.Lane),
            Score = (uint)assessment.Score,
            Bits = assessment.Bits,
            Sources = sources,
            UndisputedLane = undisputed == assessment.Lane ? V1.Lane.Unspecified : Translation.ToMessage(undisputed),
        };
        hit.Reasons.AddRange(assessment.Reasons.Select(reason => new V1.Reason
        {
            Field = reason.Field,
            IdentifierType = (uint)(reason.Met?.RecordType ?? 0),
            Bits = reason.Bits,
            Text = reason.Sentence,
        }));
        if (Corroboration.SentenceOf(sources) is { } confirmed) hit.Reasons.Add(new V1.Reason { Text = confirmed });
        grades?.Heed(hit);
        return disputes?.Heed(hit) ?? hit;
    }

    private MetRecord MetOf(OpenedHit opened, List<int> met)
    {
        V1.RecordKind kind = opened.Record.Record.Summary.Kind;
        return new MetRecord(opened.Circle, kind is V1.RecordKind.AuthorisedTrader or V1.RecordKind.Right, !IsDisputed(opened), [.. met.Zip(opened.Sources).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!))]);
    }

    private bool IsDisputed(OpenedHit hit) => disputes?.Find(hit.Record.Record.Id) is { IsOpen: true };

    // A dismissed record goes on being shown, and counts for nothing.
    private V1.Hit Heard(V1.Hit hit, RecordId record, PreparedShipment prepared, List<int> met)
    {
        if (dismissals.Find(record, prepared, met) is not { } dismissal) return hit;
        hit.Dismissal = dismissal;
        hit.Lane = V1.Lane.Green;
        hit.Reasons.Add(new V1.Reason { Text = $"Dismissed on {new UtcDay(dismissal.Day)} by {dismissal.By}: {dismissal.Reason}" });
        return hit;
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

    // Places of identifiers by the record's number, and the places of stop values with what was chosen among their records.
    private readonly record struct Meetings(Dictionary<int, List<int>> ByRecord, List<(int Place, BestRecords Best)> OfStopValues);
}
