using System.Collections.Concurrent;
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

/// <summary>
/// Compares names by their words, in circles whose policy allows it. Tags tell which records share words; the layout in their summaries tells how, without opening anything. What comes of it
/// is a note: it opens nothing and decides nothing.
/// </summary>
public sealed class NameSimilarity(NodeMatcher matcher, KnownCache cache, HitOpener opener, NodeSettings settings, Func<NodeView> view, MemberId member, TimeProvider time)
{
    // A record is looked at if it shares words worth so much, and shown if the whole name is so much alike.
    private const double LeastShared = 10, LeastBits = 12, LeastLikeness = 0.7;
    private const int MostCandidates = 50, MostShown = 20, MostNames = 4;

    // A tag stands for its records, a hash for those its identifier meets.
    private readonly TagFrequencies _frequencies = new(
        tagOrHash => matcher.Known.Find(tagOrHash) is KnownState.Hit or KnownState.StopValue ? matcher.Known.HitsOf(tagOrHash).Length : matcher.RecordsWith(tagOrHash), () => matcher.LiveRecords);

    private readonly ConcurrentBag<NameKeyBuffer> _buffers = [];
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
                UInt128[] hashes = HashesOf(text, party.Kind);
                if (hashes.Length > 0) names.Add(new PreparedName(role, field, party, text, hashes));
            }
        }

        return names;
    }

    // Of each key once, and without making the key.
    private UInt128[] HashesOf(string text, PartyKind kind)
    {
        if (!_buffers.TryTake(out NameKeyBuffer? keys)) keys = new NameKeyBuffer();
        keys.Fill(text, kind);
        UInt128[] hashes = keys.Words == 0 ? [] : cache.HashesOf(keys);
        _buffers.Add(keys);
        return hashes;
    }

    /// <summary>Whether every NAME identifier is evaluated. Remembered for a name that comes again, until something changes.</summary>
    public bool AreKnown(IReadOnlyList<PreparedName> names)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (Standing(names[i]) is not null) continue;
            foreach (UInt128 hash in names[i].Hashes)
            {
                if (matcher.Known.Find(hash) == KnownState.Unknown) return false;
            }
        }

        return true;
    }

    /// <summary>NAME identifiers that are not evaluated yet, each once.</summary>
    public IEnumerable<(UInt128 Hash, Identifier Identifier)> UnknownOf(IEnumerable<PreparedName> names) => names
        .SelectMany(name => HashOf(name.Keyed)).Where(pair => matcher.Known.Find(pair.Value) == KnownState.Unknown).DistinctBy(pair => pair.Value).Select(pair => (pair.Value, pair.Key));

    private Dictionary<Identifier, UInt128> HashOf(KeyedName name)
    {
        UInt128[] hashes = cache.HashesOf(name.Identifiers, static identifier => identifier);
        Dictionary<Identifier, UInt128> hashOf = new(hashes.Length);
        for (int i = 0; i < hashes.Length; i++) hashOf.Add(name.Identifiers[i], hashes[i]);
        return hashOf;
    }

    /// <summary>Whether comparing these names has found nothing the last time, and that still stands: then there is nothing to ask.</summary>
    public bool IsNothingNear(IReadOnlyList<PreparedName> names)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (Standing(names[i]) is not { Similar.Count: 0 }) return false;
        }

        return true;
    }

    // The last comparison, if it would come to the same now. Records that came or went meanwhile changed it only where one of the name's identifiers meets others than it did.
    private Compared? Standing(PreparedName name)
    {
        if (name.Earlier is not { } earlier) return null;
        long generation = matcher.Generation;
        NodeView now = view();
        if (!earlier.Rules.Equals(new ComparedUnder(now, now.ExpiryDay(time)))) return null;
        if (earlier.Generation == generation) return earlier;
        if (MetBy(name, out bool any) != earlier.Met || (any && !earlier.HoldsAmong(matcher.LiveRecords))) return null;
        earlier.Generation = generation;
        return earlier;
    }

    // A new record has a higher number than all before it, so an identifier's count of records and their last tell that they are the same.
    private ulong MetBy(PreparedName name, out bool any)
    {
        const ulong step = 0x9E37_79B9_7F4A_7C15;
        ulong met = 0;
        any = false;
        foreach (UInt128 hash in name.Hashes)
        {
            KnownState state = matcher.Known.Find(hash);
            met = (met * step) + (ulong)state;
            if (state != KnownState.Hit) continue;
            any = true;
            ReadOnlySpan<int> records = matcher.Known.HitsOf(hash);
            met = (met * step) + (ulong)records.Length;
            met = (met * step) + (records.IsEmpty ? 0 : (ulong)records[^1] + 1);
        }

        return met;
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

    // Of a sender that comes again the answer of the first time stands for as long as it would come out the same.
    private async ValueTask<IReadOnlyList<V1.SimilarName>> CompareAsync(PreparedName name, CancellationToken cancellation)
    {
        if (Standing(name) is { } earlier) return earlier.Similar;

        // All read before anything else: a change on the way makes what is remembered here stale at once.
        long generation = matcher.Generation;
        NodeView now = view();
        ComparedUnder rules = new(now, now.ExpiryDay(time));
        int liveRecords = matcher.LiveRecords;
        ulong met = MetBy(name, out bool any);
        bool isKnown = AreKnown([name]);
        List<V1.SimilarName> similar = [];
        if (any)
        {
            Dictionary<Identifier, UInt128> hashOf = HashOf(name.Keyed);
            foreach (int number in CandidatesOf(name.Keyed, hashOf)) await AddAsync(name, hashOf, number, similar, now, cancellation);
        }

        if (isKnown) name.Earlier = new Compared(rules, met, liveRecords, generation, similar); // With words pending there may be more to find.
        return similar;
    }

    private async ValueTask AddAsync(PreparedName name, Dictionary<Identifier, UInt128> hashOf, int number, List<V1.SimilarName> similar, NodeView now, CancellationToken cancellation)
    {
        if (await opener.ReadAsync(number, cancellation) is not (var circle, { } record) || ScoreOf(name, hashOf, circle, record) is not { } score) return;
        if (score.Bits < LeastBits || score.Likeness < LeastLikeness) return;
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
    private IEnumerable<int> CandidatesOf(KeyedName name, Dictionary<Identifier, UInt128> hashOf)
    {
        Dictionary<int, (int Words, double Bits)> shared = [];
        foreach (KeyedWord word in name.Words)
        {
            Dictionary<int, double> met = [];
            foreach (Identifier identifier in (IEnumerable<Identifier>)[word.Exact, .. word.Spellings, .. word.JoinedWithNext, .. word.Skeletons, .. word.Deletions])
            {
                // A word of more records than can mean one party tells nothing by itself.
                if (matcher.Known.Find(hashOf[identifier]) != KnownState.Hit) continue;
                double worth = _frequencies.Bits(hashOf[identifier]);
                foreach (int record in matcher.Known.HitsOf(hashOf[identifier])) met[record] = Math.Max(met.GetValueOrDefault(record), worth);
            }

            foreach ((int record, double worth) in met) shared[record] = (shared.GetValueOrDefault(record).Words + 1, shared.GetValueOrDefault(record).Bits + worth);
        }

        int needed = Math.Min(2, name.Words.Count);
        return shared.Where(pair => pair.Value.Words >= needed && pair.Value.Bits >= LeastShared).OrderByDescending(pair => pair.Value.Bits).ThenBy(pair => pair.Key).Take(MostCandidates).Select(pair => pair.Key);
    }

    private NameScore? ScoreOf(PreparedName name, Dictionary<Identifier, UInt128> hashOf, CircleId circle, UnwrappedRecord record)
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
        TaggedName asking = new(name.Keyed, identifier => matcher.Known.Find(hashOf[identifier]) == KnownState.Unknown ? null : tagOf.GetValueOrDefault(hashOf[identifier], hashOf[identifier]));
        return record.Summary.Names
            .Select(layout => NameAlignment.Score(asking, new NameLayout([.. layout.Words.Select(word => new WordLayout((int)word.Exact, [.. word.Skeletons.Select(place => (int)place)], [.. word.Deletions.Select(place => (int)place)]))]), tags, _frequencies))
            .MaxBy(score => score.Bits);
    }

    private sealed record PolicySet(NetworkState State, V1.NameMatching[] Policies);
}
