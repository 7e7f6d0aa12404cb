using System.Globalization;
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
using Google.Protobuf.Collections;
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
public sealed class Screener(NodeMatcher matcher, KnownCache cache, Pseudonymiser pseudonymiser, HitOpener opener, Scorer scorer, Func<NodeView> view, MemberId member, TimeProvider time)
{
    // The best of them: nobody reads more, and a result must fit into a message.
    private const int MostHits = 100;

    private readonly PartyMemo _parties = new(cache);
    private volatile ScopeOf? _scope;
    private readonly BestOfMany _bestOfMany = new(opener, matcher, scorer, time);

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
    public PreparedShipment Prepare(V1.Shipment shipment)
    {
        ScreeningScope scope = ScopeNow();

        // Where two parties have one role, what both state counts once: that is seen only by taking them together.
        if (SharesRoles(shipment.Parties))
        {
            Shipment plain = Translation.ToShipment(shipment);
            return Together(plain, KeysOf.Of(plain, scope));
        }

        PartyKeys[] parts = new PartyKeys[shipment.Parties.Count + 1];
        (PartyRole, Party)[] parties = new (PartyRole, Party)[shipment.Parties.Count];
        for (int i = 0; i < parties.Length; i++)
        {
            PartyRole role = (PartyRole)shipment.Parties[i].Role;
            parts[i + 1] = shipment.Parties[i].Party is { } party ? _parties.Of(party, role, scope) : PartyKeys.None(new Party());
            parties[i] = (role, parts[i + 1].Party!);
        }

        Shipment translated = Translation.ToShipment(shipment, parties);
        parts[0] = translated.References.Count == 0 ? PartyKeys.None(null) : ReferenceKeys(translated.References);
        return Joined(translated, parts);
    }

    private static PreparedShipment Joined(Shipment shipment, PartyKeys[] parts)
    {
        int identifiers = 0, rejections = 0, last = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            identifiers += parts[i].Hashes.Length;
            rejections += parts[i].Keys.Rejections.Count;
            last = parts[i].Hashes.Length > 0 ? i : last;
        }

        // One sender and nothing else: nothing is to be joined.
        if (parts[last].Hashes.Length == identifiers && parts[last].Keys.Rejections.Count == rejections) return new PreparedShipment(shipment, parts[last].Keys, parts[last].Hashes);
        DerivedIdentifier[] derived = new DerivedIdentifier[identifiers];
        UInt128[] hashes = new UInt128[identifiers];
        Rejection[] rejected = rejections == 0 ? [] : new Rejection[rejections];
        identifiers = rejections = 0;
        foreach (PartyKeys part in parts)
        {
            for (int i = 0; i < part.Hashes.Length; i++) (derived[identifiers], hashes[identifiers++]) = (part.Keys.Identifiers[i], part.Hashes[i]);
            for (int i = 0; i < part.Keys.Rejections.Count; i++) rejected[rejections++] = part.Keys.Rejections[i];
        }

        return new PreparedShipment(shipment, new DerivedKeys(derived, rejected), hashes);
    }

    /// <summary>Finds a shipment's identifiers, of all parties anew: the twin of <see cref="Prepare(V1.Shipment)"/> that remembers nothing.</summary>
    public PreparedShipment Prepare(Shipment shipment) => Together(shipment, KeysOf.Of(shipment, ScopeNow()));

    /// <summary>Finds the identifiers of one party, asked for by hand.</summary>
    public PreparedShipment Prepare(Party party)
    {
        return Together(new Shipment { Id = "", Parties = [(PartyRole.Unknown, party)] }, KeysOf.Of(party));
    }

    /// <summary>Asks for the evaluation of a shipment's unknown identifiers.</summary>
    /// <returns>Ends when all are known; null when all are known already.</returns>
    public Task? WantUnknown(PreparedShipment prepared)
    {
        KnownState[] states = StatesOf(prepared, out bool allKnown);
        if (allKnown) return null;
        List<Task> waiting = [];
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i] == KnownState.Unknown) waiting.Add(pseudonymiser.WantAsync(prepared.Hashes[i], prepared.Keys.Identifiers[i].Identifier));
        }

        return Task.WhenAll(waiting);
    }

    /// <summary>Decides by what is known now.</summary>
    public ValueTask<V1.ScreeningResult> DecideAsync(PreparedShipment prepared, CancellationToken cancellation)
    {
        V1.ScreeningResult result = new() { ShipmentId = prepared.Shipment.Id, Final = true, Lane = V1.Lane.Green, Decision = V1.ScreeningDecision.Cleared };
        foreach (Rejection rejection in prepared.Keys.Rejections) result.RejectedFields.Add(Translation.ToMessage(rejection, prepared.Shipment.Id));
        if (prepared.Hashes.Length == 0)
        {
            Refuse(result, prepared.Shipment.Id);
            return ValueTask.FromResult(result);
        }

        KnownState[] states = StatesOf(prepared, out _);
        return states.AsSpan().ContainsAny(KnownState.Hit, KnownState.StopValue) ? DecideAsync(prepared, states, result, cancellation) : ValueTask.FromResult(Concluded(prepared, states, result, false));
    }

    private async ValueTask<V1.ScreeningResult> DecideAsync(PreparedShipment prepared, KnownState[] states, V1.ScreeningResult result, CancellationToken cancellation)
    {
        Dictionary<int, List<int>> metByRecord = [];
        bool stopped = false;
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i] == KnownState.Hit)
            {
                // A hit may have gone between the look-up and here, and the identifier with it.
                int before = metByRecord.Count;
                Meet(matcher.Known.HitsOf(prepared.Hashes[i]), i);
                if (before == metByRecord.Count) states[i] = matcher.Known.Find(prepared.Hashes[i]);
            }

            // A word that many records hold says nothing, not even that one should look (protocol §3).
            if (states[i] != KnownState.StopValue || prepared.Keys.Identifiers[i].Identifier.Class == IdentifierClass.Name) continue;
            stopped = true;
            BestRecords best = await _bestOfMany.OfAsync(prepared.Hashes[i], cancellation);
            Meet(best.Records, i);
            if (best.Unranked > 0) result.PendingIdentifiers++;
            result.RejectedFields.Add(StopValue(prepared.Keys.Identifiers[i], matcher.Known.HitsOf(prepared.Hashes[i]).Length, best.Records.Length));
        }

        if (metByRecord.Count > 0) await AddHitsAsync(prepared, metByRecord, result, cancellation);
        return Concluded(prepared, states, result, stopped);

        void Meet(ReadOnlySpan<int> records, int identifier)
        {
            foreach (int record in records) (metByRecord.TryGetValue(record, out List<int>? met) ? met : metByRecord[record] = []).Add(identifier);
        }
    }

    private static V1.ScreeningResult Concluded(PreparedShipment prepared, KnownState[] states, V1.ScreeningResult result, bool stopped)
    {
        result.PendingIdentifiers += (uint)states.AsSpan().Count(KnownState.Unknown);
        if (result.Hits.Count > 0) result.Decision = V1.ScreeningDecision.Hit;
        else if (result.PendingIdentifiers > 0) (result.Decision, result.Lane) = (V1.ScreeningDecision.Pending, V1.Lane.Unspecified); // No lane before it is known.

        // So many records are no proof of anything, and no reason to wave the shipment through.
        if (stopped && result.Decision != V1.ScreeningDecision.Pending) (result.Decision, result.Lane) = (V1.ScreeningDecision.Hit, result.Lane < V1.Lane.Yellow ? V1.Lane.Yellow : result.Lane);
        return result;
    }

    // All of a shipment's lines are asked for at once: from a table larger than the caches that takes half the time of one look-up after the other.
    private KnownState[] StatesOf(PreparedShipment prepared, out bool allKnown)
    {
        KnownState[] states = new KnownState[prepared.Hashes.Length];
        matcher.Known.Find(prepared.Hashes, states);
        allKnown = !states.AsSpan().Contains(KnownState.Unknown);
        return states;
    }

    private PreparedShipment Together(Shipment shipment, DerivedKeys keys) => new(shipment, keys, _parties.HashesOf(keys));

    private PartyKeys ReferenceKeys(IReadOnlyList<StatedIdentifier> references)
    {
        DerivedKeys keys = KeysOf.Of(references);
        return new PartyKeys(null, keys, _parties.HashesOf(keys));
    }

    private static bool SharesRoles(RepeatedField<V1.ShipmentParty> parties)
    {
        int seen = 1 << (int)PartyRole.Unknown; // The references have it.
        for (int i = 0; i < parties.Count; i++)
        {
            int role = 1 << ((int)parties[i].Role & 31);
            if ((seen & role) != 0) return true;
            seen |= role;
        }

        return false;
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
        if (_scope is { } known && ReferenceEquals(known.State, state)) return known.Scope;
        bool persons = state.Circles.Values.Any(circle => circle.Members.Contains(member) && circle.Policy.ScreensConsigneePersons);
        _scope = new ScopeOf(state, persons ? ScreeningScope.AllParties : ScreeningScope.Default);
        return _scope.Scope;
    }

    private static Evidence EvidenceOf(DerivedIdentifier derived) => new(derived.Role, derived.Field, derived.Identifier.Type);

    private static V1.ErrorDetail StopValue(DerivedIdentifier derived, int records, int compared) => Refusal.Exhausted(
        "STOP_VALUE",
        string.Create(CultureInfo.InvariantCulture, $"This identifier stands in {records:N0} records, more than can mean one party; the {compared} that lead furthest were compared, and {Math.Max(0, records - compared):N0} more are not shown."),
        derived.Field,
        "Look at the shipment by its other fields too.").ToDetail();

    private sealed record ScopeOf(Protocol.Log.NetworkState State, ScreeningScope Scope);
}
