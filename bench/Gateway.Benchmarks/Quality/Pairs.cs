using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;

namespace Gateway.Benchmarks.Quality;

/// <summary>Pairs of parties that are the same or are not, and how often they meet in a key.</summary>
internal static class Pairs
{
    private const int MostOfOne = 20;

    /// <summary>Pairs of statements about one entity, at most so many each, so that none outweighs the others.</summary>
    public static IEnumerable<(TrueParty, TrueParty)> Same(List<TrueParty> parties) => parties.GroupBy(party => party.Entity).SelectMany(group =>
    {
        TrueParty[] all = [.. group];
        return Enumerable.Range(0, all.Length).SelectMany(i => Enumerable.Range(i + 1, all.Length - i - 1).Select(j => (all[i], all[j]))).Take(MostOfOne);
    });

    /// <summary>Random pairs of different entities.</summary>
    public static IEnumerable<(TrueParty, TrueParty)> Others(List<TrueParty> parties, int count)
    {
        Random random = new(20);
        while (count > 0)
        {
            (TrueParty a, TrueParty b) = (parties[random.Next(parties.Count)], parties[random.Next(parties.Count)]);
            if (a.Entity == b.Entity) continue;
            count--;
            yield return (a, b);
        }
    }

    /// <summary>How many of the pairs meet in a key of each type, and how many pairs there are.</summary>
    public static (Dictionary<IdentifierType, int> Met, int Pairs) Meeting(IEnumerable<(TrueParty, TrueParty)> pairs)
    {
        Dictionary<IdentifierType, int> met = [];
        int all = 0;
        foreach ((TrueParty a, TrueParty b) in pairs)
        {
            all++;
            foreach (IdentifierType type in Keys(a).Intersect(Keys(b)).Select(key => key.Type).Distinct()) met[type] = met.GetValueOrDefault(type) + 1;
        }

        return (met, all);
    }

    /// <summary>The share of all pairs of different entities that meet in a key of each type.</summary>
    public static (Dictionary<IdentifierType, int> Met, long Pairs) MeetingOfOthers(List<TrueParty> parties) =>
        Sharing<IdentifierType>(parties, party => Keys(party).Select(key => (key.Type, key.Value)));

    /// <summary>The share of all pairs of different entities that share a value of each kind.</summary>
    public static (Dictionary<TKind, int> Met, long Pairs) Sharing<TKind>(List<TrueParty> parties, Func<TrueParty, IEnumerable<(TKind Kind, string Value)>> valuesOf)
        where TKind : notnull
    {
        Dictionary<(TKind, string), HashSet<int>> owners = [];
        foreach (TrueParty party in parties)
        {
            foreach ((TKind, string) value in valuesOf(party)) (owners.TryGetValue(value, out HashSet<int>? set) ? set : owners[value] = []).Add(party.Entity);
        }

        Dictionary<TKind, HashSet<(int, int)>> met = [];
        foreach (((TKind kind, _), HashSet<int> entities) in owners)
        {
            int[] sorted = [.. entities.Order()];
            HashSet<(int, int)> pairs = met.TryGetValue(kind, out HashSet<(int, int)>? known) ? known : met[kind] = [];
            for (int i = 0; i < sorted.Length; i++)
            {
                for (int j = i + 1; j < sorted.Length; j++) pairs.Add((sorted[i], sorted[j]));
            }
        }

        long count = parties.Select(party => party.Entity).Distinct().Count();
        return (met.ToDictionary(pair => pair.Key, pair => pair.Value.Count), count * (count - 1) / 2);
    }

    private static IEnumerable<Identifier> Keys(TrueParty party) => KeysOf.Of(party.Party).Identifiers.Select(key => key.Identifier);
}
