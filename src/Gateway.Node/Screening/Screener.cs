using Gateway.Matching.Identifiers;
using Gateway.Matching.Index;
using Gateway.Matching.Keys;
using Gateway.Matching.Scoring;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Node.Pseudonyms;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>A shipment on its way through screening.</summary>
/// <param name="Shipment">The shipment.</param>
/// <param name="Keys">Its identifiers and rejected fields.</param>
/// <param name="Hashes">The identifiers' local hashes, in order.</param>
public sealed record PreparedShipment(Shipment Shipment, DerivedKeys Keys, UInt128[] Hashes);

/// <summary>
/// Screens shipments against what this node knows (matching.md, the path of a shipment): keys, one look-up each, then cleared, pending or opened and scored. Never waits by itself:
/// who asks decides whether to wait for pending identifiers and ask again.
/// </summary>
public sealed class Screener(NodeMatcher matcher, KnownCache cache, Pseudonymiser pseudonymiser, HitOpener opener, Scorer scorer, Func<NodeView> view, MemberId member, TimeProvider time, NodeMetrics? metrics = null)
{
    // The best of them: nobody reads more, and a result must fit into a message.
    private const int MostHits = 100;

    /// <summary>A node that holds no circle's key has nothing to compare with, and must not clear anybody.</summary>
    /// <exception cref="RefusalException">This member reads in no circle yet, or the node has not read the log.</exception>
    public void RequireCircle()
    {
        if (!view().Keyring.Keys.Any())
        {
            throw new RefusalException(Refusal.Precondition(
                "NO_CIRCLE_READ", "This node holds the key of no circle, so there is nothing to compare with and nothing was cleared.", "circles", "Wait until the node has read the log, and see `gateway node status` for its circles."));
        }
    }

    /// <summary>Finds a shipment's identifiers.</summary>
    public PreparedShipment Prepare(Shipment shipment)
    {
        DerivedKeys keys = KeysOf.Of(shipment, ScopeNow());
        return new PreparedShipment(shipment, keys, [.. keys.Identifiers.Select(derived => cache.HashOf(derived.Identifier))]);
    }

    /// <summary>Finds the identifiers of one party, asked for by hand.</summary>
    public PreparedShipment Prepare(Party party)
    {
        DerivedKeys keys = KeysOf.Of(party);
        return new PreparedShipment(new Shipment { Id = "", Parties = [(PartyRole.Unknown, party)] }, keys, [.. keys.Identifiers.Select(derived => cache.HashOf(derived.Identifier))]);
    }

    /// <summary>Asks for the evaluation of a shipment's unknown identifiers.</summary>
    /// <returns>Ends when all are known; null when all are known already.</returns>
    public Task? WantUnknown(PreparedShipment prepared)
    {
        List<Task>? waiting = null;
        for (int i = 0; i < prepared.Hashes.Length; i++)
        {
            if (matcher.Known.Find(prepared.Hashes[i]) == KnownState.Unknown) (waiting ??= []).Add(pseudonymiser.WantAsync(prepared.Hashes[i], prepared.Keys.Identifiers[i].Identifier));
        }

        return waiting is null ? null : Task.WhenAll(waiting);
    }

    /// <summary>Decides by what is known now.</summary>
    public async ValueTask<V1.ScreeningResult> DecideAsync(PreparedShipment prepared, CancellationToken cancellation)
    {
        V1.ScreeningResult result = new() { ShipmentId = prepared.Shipment.Id, Final = true, Lane = V1.Lane.Green, Decision = V1.ScreeningDecision.Cleared };
        result.RejectedFields.AddRange(prepared.Keys.Rejections.Select(rejection => Translation.ToMessage(rejection, prepared.Shipment.Id)));
        Dictionary<int, List<int>> metByRecord = [];
        bool stopped = false;
        for (int i = 0; i < prepared.Hashes.Length; i++)
        {
            switch (matcher.Known.Find(prepared.Hashes[i]))
            {
                case KnownState.Unknown:
                    result.PendingIdentifiers++;
                    break;
                case KnownState.StopValue:
                    stopped = true;
                    result.RejectedFields.Add(StopValue(prepared.Keys.Identifiers[i]));
                    break;
                case KnownState.Hit:
                    foreach (int record in matcher.Known.HitsOf(prepared.Hashes[i])) (metByRecord.TryGetValue(record, out List<int>? met) ? met : metByRecord[record] = []).Add(i);
                    break;
                case KnownState.Clear:
                    break;
            }
        }

        if (metByRecord.Count > 0) await AddHitsAsync(prepared, metByRecord, result, cancellation);
        if (prepared.Hashes.Length == 0) Refuse(result, prepared.Shipment.Id);
        else if (result.Hits.Count > 0) result.Decision = V1.ScreeningDecision.Hit;
        else if (result.PendingIdentifiers > 0) (result.Decision, result.Lane) = (V1.ScreeningDecision.Pending, V1.Lane.Unspecified); // No lane before it is known.
        else if (stopped) (result.Decision, result.Lane) = (V1.ScreeningDecision.Hit, V1.Lane.Yellow);
        metrics?.Decided(result.Decision);
        return result;
    }

    private async Task AddHitsAsync(PreparedShipment prepared, Dictionary<int, List<int>> metByRecord, V1.ScreeningResult result, CancellationToken cancellation)
    {
        List<(OpenedHit Hit, List<int> Met)> opened = [];
        foreach ((int record, List<int> met) in metByRecord)
        {
            MetIdentifier[] identifiers = [.. met.Select(i => new MetIdentifier((ushort)prepared.Keys.Identifiers[i].Identifier.Type, prepared.Hashes[i]))];
            Opening opening = await opener.OpenAsync(record, identifiers, cancellation);
            if (opening.Hit is { } hit) opened.Add((hit, met));
            else if (opening.IsDeferred) result.PendingIdentifiers += (uint)met.Count;
        }

        if (opened.Count == 0) return;
        RecordMatch[] matches = [.. opened.Select(pair => new RecordMatch(Translation.FactsOf(pair.Hit.Record.Record.Summary), [.. pair.Met.Select(i => EvidenceOf(prepared.Keys.Identifiers[i]))]))];
        ShipmentAssessment assessment = scorer.Assess(Translation.FactsOf(prepared.Shipment, UtcDay.Of(time.GetUtcNow())), matches);
        result.Lane = Translation.ToMessage(assessment.Lane);
        result.Score = (uint)assessment.Score;
        for (int i = 0; i < opened.Count; i++) result.Hits.Add(HitOf(opened[i].Hit, assessment.Records[i], SourcesOf(opened, i)));
        V1.Hit[] ranked = [.. result.Hits.OrderByDescending(hit => hit.Lane).ThenByDescending(hit => hit.Bits).Take(MostHits)];
        result.Hits.Clear();
        result.Hits.AddRange(ranked);
    }

    private V1.Hit HitOf(OpenedHit opened, Assessment assessment, uint sources)
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
        };
        hit.Reasons.AddRange(assessment.Reasons.OrderByDescending(reason => Math.Abs(reason.Bits)).Select(reason => new V1.Reason
        {
            Field = reason.Met?.Field ?? "",
            IdentifierType = (uint)(reason.Met?.RecordType ?? 0),
            Bits = reason.Bits,
            Text = reason.Sentence,
        }));
        return hit;
    }

    // Two records that give one identifier the same source have one contributor: an echo counts once (protocol §5).
    private static uint SourcesOf(List<(OpenedHit Hit, List<int> Met)> opened, int of)
    {
        (OpenedHit hit, List<int> met) = opened[of];
        return (uint)met.Max(identifier => opened
            .Where(other => other.Hit.Circle == hit.Circle)
            .Select(other => other.Met.IndexOf(identifier) is var place and >= 0 ? other.Hit.Sources[place] : null)
            .OfType<string>()
            .Distinct()
            .Count());
    }

    // Nothing found in nothing clears nobody: or one wrong digit in each number would be the way through.
    private static void Refuse(V1.ScreeningResult result, string shipment)
    {
        (result.Decision, result.Lane) = (V1.ScreeningDecision.NotScreened, V1.Lane.Yellow);
        result.RejectedFields.Add(Refusal.Invalid(
            "NOTHING_TO_SCREEN", "Nothing in the shipment identifies a party that is screened.", shipment.Length == 0 ? "party" : shipment, "Look at the documents; correct the fields that were rejected.").ToDetail());
    }

    private ScreeningScope ScopeNow()
    {
        Protocol.Log.NetworkState state = view().State;
        bool persons = state.Circles.Values.Any(circle => circle.Members.Contains(member) && circle.Policy.ScreensConsigneePersons);
        return persons ? ScreeningScope.AllParties : ScreeningScope.Default;
    }

    private static Evidence EvidenceOf(DerivedIdentifier derived) => new(derived.Role, derived.Field, derived.Identifier.Type);

    private static V1.ErrorDetail StopValue(DerivedIdentifier derived) => Refusal.Exhausted(
        "STOP_VALUE", "This identifier stands in more records than can mean one party; it was not used.", derived.Field, "Look at the shipment by its other fields.").ToDetail();
}
