using System.Security.Cryptography;
using System.Text;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;

namespace Gateway.Benchmarks.Quality;

/// <summary>What share of names is found again through the tags of their keys.</summary>
internal sealed class NameQuality(NameData data, Func<Identifier, UInt128> tagOf, Action<IEnumerable<Identifier>> learn)
{
    public sealed record OfacFigures(int Names, int CleanPersons, double Threshold, double OneTypo, double Hard, double Aliases, double CleanPersonsFlagged, double CleanOrganisationsFlagged, double KeysAName, double UniqueKeys);

    public Action<string>? Missed { get; set; }

    public NameIndex OfacIndex { get; } = new(tagOf);

    /// <summary>Recall on the list at 1 % of clean persons flagged.</summary>
    public OfacFigures Ofac(int queries, int clean)
    {
        NameData.Listed[] listed = data.Ofac();
        KeyedName[] keyed = [.. listed.AsParallel().AsOrdered().Select(name => NameKeys.Of(name.Name, name.Kind))];
        learn(keyed.SelectMany(name => name.Identifiers));
        foreach (KeyedName name in keyed) OfacIndex.Add(name);
        ILookup<string, int> entities = Enumerable.Range(0, listed.Length).ToLookup(i => listed[i].Entity);

        double[] persons = Best(data.Names("clean_persons.csv").Take(clean), PartyKind.Person);
        double[] organisations = Best(data.Names("clean_organisations.csv"), PartyKind.Organisation);
        double threshold = persons.OrderDescending().ElementAt(persons.Length / 100);

        NameTypos typos = new(20_260);
        int[] sample = [.. Every(listed.Length, queries)];
        double one = Recall(sample.Select(i => (typos.Typo(listed[i].Name), listed[i].Kind, entities[listed[i].Entity].ToArray())), threshold);
        double hard = Recall(sample.Select(i => (typos.Hard(listed[i].Name, listed[i].Kind != PartyKind.Person), listed[i].Kind, entities[listed[i].Entity].ToArray())), threshold);
        int[] aliases = [.. Enumerable.Range(0, listed.Length).Where(i => !listed[i].IsPrimary)];
        double natural = Recall(Every(aliases.Length, queries).Select(i => aliases[i]).Select(i => (listed[i].Name, listed[i].Kind, entities[listed[i].Entity].Where(other => listed[other].IsPrimary).ToArray())), threshold);
        (int all, int unique) = OfacIndex.Tags;
        return new OfacFigures(listed.Length, persons.Length, threshold, one, hard, natural, Flagged(persons), Flagged(organisations), keyed.Average(name => name.Identifiers.Count), (double)unique / all);

        double Flagged(double[] scores) => (double)scores.Count(score => score > threshold) / scores.Length;
    }

    /// <summary>
    /// For each name in the script, whether the best of all Latin names of its file is one listed for it; names that score the same share the place. Only the half that no
    /// reading was learned from.
    /// </summary>
    public (int Names, double First, double Found) Spellings(string script, int most)
    {
        NameData.Spelling[] spellings = data.Spellings(script);
        NameIndex index = new(tagOf);
        KeyedName[] latin = [.. spellings.AsParallel().AsOrdered().Select(spelling => NameKeys.Of(spelling.Latin, PartyKind.Person))];
        NameData.Spelling[] asked = [.. spellings.Where(spelling => SHA256.HashData(Encoding.UTF8.GetBytes(spelling.Latin))[0] % 2 == 1)];
        asked = [.. Every(asked.Length, most).Select(i => asked[i])];
        KeyedName[] asking = [.. asked.AsParallel().AsOrdered().Select(spelling => NameKeys.Of(spelling.Signs, PartyKind.Person))];
        learn(latin.Concat(asking).SelectMany(name => name.Identifiers));
        foreach (KeyedName name in latin) index.Add(name);
        ILookup<string, int> right = Enumerable.Range(0, spellings.Length).ToLookup(i => spellings[i].Signs, StringComparer.Ordinal);
        (double first, double found) = asking.Select((name, i) => (name, asked[i].Signs)).AsParallel().Select(query =>
        {
            (int Name, NameScore Score)[] best = [.. index.Find(index.Ask(query.name)).OrderByDescending(entry => entry.Score.Bits)];
            int[] top = [.. best.TakeWhile(entry => entry.Score.Bits >= best[0].Score.Bits - 1e-9).Select(entry => entry.Name)];
            int[] answers = [.. right[query.Signs]];
            return (top.Length == 0 ? 0 : (double)top.Count(answers.Contains) / top.Length is var share && top.Intersect(answers).Count() is var n && n > 0 ? Math.Min(1, share) : 0.0, best.Any(entry => answers.Contains(entry.Name)) ? 1.0 : 0.0);
        }).ToArray().Aggregate((0.0, 0.0), (sum, next) => (sum.Item1 + next.Item1, sum.Item2 + next.Item2));
        return (asked.Length, first / asked.Length, found / asked.Length);
    }

    public NameScore ScorePair(NameData.Pair pair)
    {
        KeyedName first = NameKeys.Of(pair.First, pair.Kind), second = NameKeys.Of(pair.Second, pair.Kind);
        learn(first.Identifiers.Concat(second.Identifiers));
        (NameLayout layout, UInt128[] tags) = OfacIndex.LayOut(second);
        return NameAlignment.Score(OfacIndex.Ask(first), layout, tags, OfacIndex.Frequencies);
    }

    private static IEnumerable<int> Every(int count, int most) => count <= most ? Enumerable.Range(0, count) : Enumerable.Range(0, most).Select(i => (int)((long)i * count / most));

    private double[] Best(IEnumerable<string> names, PartyKind kind)
    {
        KeyedName[] keyed = [.. names.AsParallel().AsOrdered().Select(name => NameKeys.Of(name, kind))];
        learn(keyed.SelectMany(name => name.Identifiers));
        if (Missed is { } flagged) foreach (string line in keyed.Zip(names).AsParallel().Select(n => (n.Second, OfacIndex.Find(OfacIndex.Ask(n.First)).OrderByDescending(f => f.Score.Bits).FirstOrDefault().Score)).Where(e => e.Score is not null).OrderByDescending(e => e.Score.Bits).Take(60).Select(e => $"CLEAN {e.Second} {e.Score.Bits:F1} {e.Score.Sentence} {string.Join(" ", e.Score.Reasons.Select(r => r.Bits.ToString("F1")))}")) flagged(line);
        return [.. keyed.AsParallel().AsOrdered().Select(name => OfacIndex.Find(OfacIndex.Ask(name)).Select(found => found.Score.Bits).DefaultIfEmpty(-100).Max())];
    }

    private double Recall(IEnumerable<(string Name, PartyKind Kind, int[] Right)> queries, double threshold)
    {
        queries = queries.ToArray();
        (KeyedName Name, int[] Right)[] keyed = [.. queries.Select(query => (NameKeys.Of(query.Name, query.Kind), query.Right))];
        learn(keyed.SelectMany(query => query.Name.Identifiers));
        if (Missed is { } missed)
        {
            foreach (var query in keyed.Zip(queries.Select(q => q.Name)).Take(400))
            {
                var best = OfacIndex.Find(OfacIndex.Ask(query.First.Name)).Where(entry => query.First.Right.Contains(entry.Name)).OrderByDescending(entry => entry.Score.Bits).FirstOrDefault();
                if (best.Score is null || best.Score.Bits <= threshold) missed($"{query.Second} -> {best.Score?.Bits:F1} {best.Score?.Sentence} {string.Join(" ", best.Score?.Reasons.Select(r => r.Bits.ToString("F1")) ?? [])}");
            }
        }

        int found = keyed.AsParallel().Count(query => OfacIndex.Find(OfacIndex.Ask(query.Name)).Any(entry => query.Right.Contains(entry.Name) && entry.Score.Bits > threshold));
        return (double)found / keyed.Length;
    }
}
