using Gateway.Matching.Identifiers;
using Gateway.Matching.Index;
using Gateway.Matching.Names;
using Gateway.Matching.Scoring;
using Gateway.Node.Contributions;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>A name of a party with the local hashes of its NAME identifiers.</summary>
/// <param name="Role">The part the party plays.</param>
/// <param name="Field">The column, e.g. consignor_name.</param>
/// <param name="Party">The party.</param>
/// <param name="Name">The name.</param>
/// <param name="Hashes">The hash of each identifier.</param>
public sealed record PreparedName(PartyRole Role, string Field, Party Party, KeyedName Name, IReadOnlyDictionary<Identifier, UInt128> Hashes)
{
    private volatile Compared? _earlier;

    /// <summary>What came of comparing it the last time, when all its words were known.</summary>
    internal Compared? Earlier
    {
        get => _earlier;
        set => _earlier = value;
    }

    /// <summary>The role alone: a name is personal data.</summary>
    public override string ToString() => $"name of {Role}";
}

/// <summary>
/// Compares names by their words, in circles whose policy allows it. Tags tell which records share words; the layout in their summaries tells how, without opening anything. What comes of it
/// is a note: it opens nothing and decides nothing.
/// </summary>
public sealed class NameSimilarity(NodeMatcher matcher, KnownCache cache, HitOpener opener, NodeSettings settings, Func<NodeView> view, MemberId member)
{
    // A record is looked at if it shares words worth so much, and shown if the whole name is so much alike.
    private const double LeastShared = 10, LeastBits = 12, LeastLikeness = 0.7;
    private const int MostCandidates = 50, MostShown = 20, MostNames = 4;

    // A tag stands for its records, a hash for those its identifier meets.
    private readonly TagFrequencies _frequencies = new(
        tagOrHash => matcher.Known.Find(tagOrHash) is KnownState.Hit or KnownState.StopValue ? matcher.Known.HitsOf(tagOrHash).Length : matcher.RecordsWith(tagOrHash), () => matcher.LiveRecords);

    private volatile PolicySet? _policies;

    /// <summary>Whether names alone, like those of records of these circles, ask for a shipment's documents: as the office says, else as a circle does.</summary>
    public bool AskForDocuments(IEnumerable<V1.SimilarName> similar) => settings.Lanes?.NamesAloneAskForDocuments
        ?? similar.Any(one => view().State.Circles.TryGetValue(CircleId.FromBytes(one.CircleId.Span), out NetworkCircle? circle) && circle.Policy.Lanes is { NamesAloneAskForDocuments: true });

    /// <summary>The names of parties that some circle of this member compares by words; none where no circle does.</summary>
    public IReadOnlyList<PreparedName> Prepare(IEnumerable<(PartyRole Role, string Field, Party Party)> parties)
    {
        V1.NameMatching[] policies = PoliciesNow();
        if (policies.Length == 0) return [];
        List<PreparedName> names = [];
        foreach ((PartyRole role, string field, Party party) in parties.Where(party => policies.Any(policy => NameTagPlan.Matches(policy, party.Party))))
        {
            foreach (string text in party.Aliases.Prepend(party.Name).Distinct(StringComparer.Ordinal).Take(MostNames))
            {
                KeyedName name = NameKeys.Of(text, party.Kind);
                if (name.Words.Count > 0) names.Add(new PreparedName(role, field, party, name, HashesOf(name)));
            }
        }

        return names;
    }

    private Dictionary<Identifier, UInt128> HashesOf(KeyedName name)
    {
        Identifier[] identifiers = [.. name.Identifiers];
        UInt128[] hashes = cache.HashesOf(identifiers, static identifier => identifier);
        Dictionary<Identifier, UInt128> hashOf = new(identifiers.Length);
        for (int i = 0; i < identifiers.Length; i++) hashOf.Add(identifiers[i], hashes[i]);
        return hashOf;
    }

    /// <summary>Whether every NAME identifier is evaluated. Remembered for a name that comes again, until something changes.</summary>
    public bool AreKnown(IReadOnlyList<PreparedName> names)
    {
        for (int i = 0; i < names.Count; i++)
        {
            Compared? earlier = names[i].Earlier;
            if (earlier is not null && earlier.Generation == matcher.Generation && ReferenceEquals(earlier.View, view())) continue;
            foreach (UInt128 hash in names[i].Hashes.Values)
            {
                if (matcher.Known.Find(hash) == KnownState.Unknown) return false;
            }
        }

        return true;
    }

    /// <summary>NAME identifiers that are not evaluated yet, each once.</summary>
    public IEnumerable<(UInt128 Hash, Identifier Identifier)> UnknownOf(IEnumerable<PreparedName> names) => names
        .SelectMany(name => name.Hashes).Where(pair => matcher.Known.Find(pair.Value) == KnownState.Unknown).DistinctBy(pair => pair.Value).Select(pair => (pair.Value, pair.Key));

    /// <summary>Whether comparing these names has found nothing the last time, and nothing has changed since: then there is nothing to ask.</summary>
    public bool IsNothingNear(IReadOnlyList<PreparedName> names)
    {
        if (names.Count == 0) return true;
        long generation = matcher.Generation;
        NodeView now = view();
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i].Earlier is not { Similar.Count: 0 } earlier || earlier.Generation != generation || !ReferenceEquals(earlier.View, now)) return false;
        }

        return true;
    }

    /// <summary>The records with names like those of the parties, most alike first.</summary>
    /// <param name="names">The names.</param>
    /// <param name="shown">Records that identifiers met: they are hits, and not only similar.</param>
    /// <param name="cancellation">Ends the comparing.</param>
    public async ValueTask<IReadOnlyList<V1.SimilarName>> FindAsync(IReadOnlyList<PreparedName> names, IReadOnlyCollection<ByteString> shown, CancellationToken cancellation)
    {
        Dictionary<ByteString, V1.SimilarName> similar = [];
        foreach (PreparedName name in names)
        {
            foreach (V1.SimilarName one in await CompareAsync(name, cancellation))
            {
                if (!shown.Contains(one.RecordId) && !(similar.TryGetValue(one.RecordId, out V1.SimilarName? other) && other.Bits >= one.Bits)) similar[one.RecordId] = one;
            }
        }

        return [.. similar.Values.OrderByDescending(one => one.Bits).Take(MostShown)];
    }

    // Of a sender that comes again the answer of the first time stands for as long as nothing changes at all.
    private async ValueTask<IReadOnlyList<V1.SimilarName>> CompareAsync(PreparedName name, CancellationToken cancellation)
    {
        long generation = matcher.Generation;
        NodeView now = view();
        if (name.Earlier is { } earlier && earlier.Generation == generation && ReferenceEquals(earlier.View, now)) return earlier.Similar;
        bool isKnown = AreKnown([name]);
        List<V1.SimilarName> similar = [];
        foreach (int number in CandidatesOf(name))
        {
            if (await opener.ReadAsync(number, cancellation) is not (var circle, { } record) || ScoreOf(name, circle, record) is not { } score) continue;
            if (score.Bits < LeastBits || score.Likeness < LeastLikeness) continue;
            similar.Add(new V1.SimilarName
            {
                RecordId = ByteString.CopyFrom(record.Id.ToArray()),
                CircleId = ByteString.CopyFrom(circle.ToArray()),
                Circle = now.State.Circles.TryGetValue(circle, out NetworkCircle? of) ? of.Policy.Name : "",
                Summary = record.Summary,
                Field = name.Field,
                Likeness = (uint)Math.Round(100 * Math.Clamp(score.Likeness, 0, 1)),
                Bits = score.Bits,
                Text = $"Unverified name similarity: {name.Field}: {score.Sentence}",
            });
        }

        if (isKnown) name.Earlier = new Compared(generation, now, similar); // With words pending there may be more to find.
        return similar;
    }

    // For each shipment asked, and changed by the log alone.
    private V1.NameMatching[] PoliciesNow()
    {
        NetworkState state = view().State;
        if (_policies is { } kept && ReferenceEquals(kept.State, state)) return kept.Policies;
        V1.NameMatching[] policies = [.. state.Circles.Values.Where(circle => circle.Members.Contains(member)).Select(circle => circle.Policy.NameMatching).Where(policy => policy is V1.NameMatching.FuzzyOrganisations or V1.NameMatching.FuzzyAll).Distinct()];
        _policies = new PolicySet(state, policies);
        return policies;
    }

    // Cheap: by the words' hits alone, each word once by its rarest meeting.
    private IEnumerable<int> CandidatesOf(PreparedName name)
    {
        Dictionary<int, (int Words, double Bits)> shared = [];
        foreach (KeyedWord word in name.Name.Words)
        {
            Dictionary<int, double> met = [];
            foreach (Identifier identifier in (IEnumerable<Identifier>)[word.Exact, .. word.Spellings, .. word.JoinedWithNext, .. word.Skeletons, .. word.Deletions])
            {
                // A word of more records than can mean one party tells nothing by itself.
                if (matcher.Known.Find(name.Hashes[identifier]) != KnownState.Hit) continue;
                double worth = _frequencies.Bits(name.Hashes[identifier]);
                foreach (int record in matcher.Known.HitsOf(name.Hashes[identifier])) met[record] = Math.Max(met.GetValueOrDefault(record), worth);
            }

            foreach ((int record, double worth) in met) shared[record] = (shared.GetValueOrDefault(record).Words + 1, shared.GetValueOrDefault(record).Bits + worth);
        }

        int needed = Math.Min(2, name.Name.Words.Count);
        return shared.Where(pair => pair.Value.Words >= needed && pair.Value.Bits >= LeastShared).OrderByDescending(pair => pair.Value.Bits).ThenBy(pair => pair.Key).Take(MostCandidates).Select(pair => pair.Key);
    }

    private NameScore? ScoreOf(PreparedName name, CircleId circle, UnwrappedRecord record)
    {
        if (record.Summary.Names.Count == 0 || !view().State.Circles.TryGetValue(circle, out NetworkCircle? of) || !NameTagPlan.Matches(of.Policy.NameMatching, name.Party)) return null;
        UInt128[] tags = new UInt128[record.Head.NameTagCount];
        Dictionary<UInt128, UInt128> tagOf = [];
        for (int i = 0; i < tags.Length; i++)
        {
            Tag tag = record.TagAt(record.Head.SlotCount + i);
            tags[i] = tag.ToUInt128();
            if (matcher.TryFindKnown(tag, out UInt128 hash)) tagOf[hash] = tags[i];
        }

        // Only tags that stand in the record can agree. For the others the hash does: it is as rare as the word is.
        TaggedName asking = new(name.Name, identifier => matcher.Known.Find(name.Hashes[identifier]) == KnownState.Unknown ? null : tagOf.GetValueOrDefault(name.Hashes[identifier], name.Hashes[identifier]));
        return record.Summary.Names
            .Select(layout => NameAlignment.Score(asking, new NameLayout([.. layout.Words.Select(word => new WordLayout((int)word.Exact, [.. word.Skeletons.Select(place => (int)place)], [.. word.Deletions.Select(place => (int)place)]))]), tags, _frequencies))
            .MaxBy(score => score.Bits);
    }

    private sealed record PolicySet(NetworkState State, V1.NameMatching[] Policies);
}

/// <summary>What came of comparing a name, and at which state of records and circles.</summary>
internal sealed record Compared(long Generation, NodeView View, IReadOnlyList<V1.SimilarName> Similar);
