using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Matching.Scoring;
using Gateway.Node.Disputes;
using Gateway.Node.Feed;
using Gateway.Node.Outcomes;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>Opens the records that a shipment meets, compares them with its parties, and puts what they weigh, and why, into the result.</summary>
internal sealed class HitScoring(HitOpener opener, Scorer scorer, Dismissals dismissals, Func<NodeView> view, TimeProvider time, DisputeBook? disputes, OutcomeGrades? grades)
{
    // The best of them: nobody reads more, and a result must fit into a message.
    private const int MostHits = 100;

    /// <summary>Adds the records that were met, the best first, and says what they make of the shipment.</summary>
    public async Task AddAsync(PreparedShipment prepared, Dictionary<int, List<int>> metByRecord, V1.ScreeningResult result, CancellationToken cancellation)
    {
        List<(OpenedHit Hit, List<int> Met)> opened = [];
        foreach ((int record, List<int> met) in metByRecord)
        {
            Opening opening = await opener.OpenAsync(record, prepared.Met(met), cancellation);
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
}
