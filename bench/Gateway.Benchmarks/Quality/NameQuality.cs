using System.Security.Cryptography;
using System.Text;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;

namespace Gateway.Benchmarks.Quality;

/// <summary>What share of names is found again through the tags of their keys.</summary>
internal sealed class NameQuality(NameData data, Func<Identifier, UInt128> tagOf, Action<IEnumerable<Identifier>> learn)
{
    /// <summary>Figures on the OFAC list; shares are 0 to 1.</summary>
    public sealed record OfacFigures(int Names, int CleanPersons, double Threshold, double OneTypo, double Hard, double Aliases, double CleanPersonsFlagged, double CleanOrganisationsFlagged, double KeysAName, double UniqueKeys);

    /// <summary>All names of the list.</summary>
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
        // One clean name in a hundred may be flagged, of persons and of organisations alike.
        double threshold = Math.Max(persons.OrderDescending().ElementAt(persons.Length / 100), organisations.OrderDescending().ElementAt(organisations.Length / 100));

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
    /// For each name in the script, whether the best of all Latin names of its file is one listed for it; names that score the same share the place. A Latin name counts as
    /// listed if it has the letters of a listed one (Crişan, Crișan), which is all a key can tell. Asked are only names of the half that no reading was learned from.
    /// </summary>
    public (int Names, double First, double Found, double KeysAName) Spellings(string script, int most)
    {
        NameData.Spelling[] spellings = data.Spellings(script);
        NameIndex index = new(tagOf);
        KeyedName[] latin = [.. spellings.AsParallel().AsOrdered().Select(spelling => NameKeys.Of(spelling.Latin, PartyKind.Person))];
        NameData.Spelling[] asked = [.. spellings.Where(spelling => Half(spelling.Latin) == 1)];
        asked = [.. Every(asked.Length, most).Select(i => asked[i])];
        KeyedName[] asking = [.. asked.AsParallel().AsOrdered().Select(spelling => NameKeys.Of(spelling.Signs, PartyKind.Person))];
        learn(latin.Concat(asking).SelectMany(name => name.Identifiers));
        foreach (KeyedName name in latin) index.Add(name);
        string[] letters = [.. latin.Select(name => string.Join(' ', name.Words.Select(word => word.Exact.Value)))];
        ILookup<string, string> right = Enumerable.Range(0, spellings.Length).ToLookup(i => spellings[i].Signs, i => letters[i], StringComparer.Ordinal);
        (double First, double Found)[] results = [.. asking.Zip(asked).AsParallel().Select(query =>
        {
            (int Name, NameScore Score)[] best = [.. index.Find(index.Ask(query.First)).OrderByDescending(entry => entry.Score.Bits)];
            string[] answers = [.. right[query.Second.Signs]];
            (int Name, NameScore Score)[] top = [.. best.TakeWhile(entry => entry.Score.Bits >= best[0].Score.Bits - 1e-9)];
            return (top.Length == 0 ? 0.0 : (double)top.Count(entry => answers.Contains(letters[entry.Name])) / top.Length, best.Any(entry => answers.Contains(letters[entry.Name])) ? 1.0 : 0.0);
        })];
        return (asked.Length, results.Average(result => result.First), results.Average(result => result.Found), asking.Average(name => name.Identifiers.Count));
    }

    /// <summary>The score of two names; words are as rare as they are on the OFAC list.</summary>
    public NameScore ScorePair(NameData.Pair pair)
    {
        KeyedName first = NameKeys.Of(pair.First, pair.Kind), second = NameKeys.Of(pair.Second, pair.Kind);
        learn(first.Identifiers.Concat(second.Identifiers));
        (NameLayout layout, UInt128[] tags) = OfacIndex.LayOut(second);
        return NameAlignment.Score(OfacIndex.Ask(first), layout, tags, OfacIndex.Frequencies);
    }

    /// <summary>Which half a name falls into, 0 or 1: the same for the same name always.</summary>
    public static int Half(string name) => SHA256.HashData(Encoding.UTF8.GetBytes(name))[0] % 2;

    /// <summary>The share of names whose other form, at the same place, scores above the threshold against it.</summary>
    public double FoundByOther(string[] listed, string[] asked, double threshold)
    {
        KeyedName[] records = [.. listed.Select(name => NameKeys.Of(name, PartyKind.Person))], queries = [.. asked.Select(name => NameKeys.Of(name, PartyKind.Person))];
        learn(records.Concat(queries).SelectMany(name => name.Identifiers));
        return records.Zip(queries).Average(pair =>
        {
            (NameLayout layout, UInt128[] tags) = OfacIndex.LayOut(pair.First);
            return NameAlignment.Score(OfacIndex.Ask(pair.Second), layout, tags, OfacIndex.Frequencies).Bits > threshold ? 1.0 : 0.0;
        });
    }

    private static IEnumerable<int> Every(int count, int most) => count <= most ? Enumerable.Range(0, count) : Enumerable.Range(0, most).Select(i => (int)((long)i * count / most));

    private double[] Best(IEnumerable<string> names, PartyKind kind)
    {
        KeyedName[] keyed = [.. names.AsParallel().AsOrdered().Select(name => NameKeys.Of(name, kind))];
        learn(keyed.SelectMany(name => name.Identifiers));
        return [.. keyed.AsParallel().AsOrdered().Select(name => OfacIndex.Find(OfacIndex.Ask(name)).Select(found => found.Score.Bits).DefaultIfEmpty(-100).Max())];
    }

    private double Recall(IEnumerable<(string Name, PartyKind Kind, int[] Right)> queries, double threshold)
    {
        (KeyedName Name, int[] Right)[] keyed = [.. queries.Select(query => (NameKeys.Of(query.Name, query.Kind), query.Right))];
        learn(keyed.SelectMany(query => query.Name.Identifiers));
        int found = keyed.AsParallel().Count(query => OfacIndex.Find(OfacIndex.Ask(query.Name)).Any(entry => query.Right.Contains(entry.Name) && entry.Score.Bits > threshold));
        return (double)found / keyed.Length;
    }
}
