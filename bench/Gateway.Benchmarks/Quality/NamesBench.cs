using System.Globalization;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;

namespace Gateway.Benchmarks.Quality;

/// <summary>How well names are found again through their pseudonyms, what that costs in keys, and how fast keys are made. Most of its time goes into evaluating half a million identifiers.</summary>
/// <param name="queries">Names asked in each way.</param>
/// <param name="cleanNames">Clean persons asked, at most 10,000.</param>
internal sealed class NamesBench(int queries, int cleanNames)
{
    private static readonly (string File, string Script, double Goal)[] Scripts =
        [("russian", "Cyrillic", 0.85), ("arabic", "Arabic", 0.60), ("hebrew", "Hebrew", 0.50), ("japanese", "Japanese (kana)", 0.60), ("korean", "Korean (hangul)", 0.50), ("chinese", "Chinese (Han)", 0.45)];

    public void Run(TextWriter output)
    {
        NameData data = new(Folder());
        using PseudonymBook book = new(RandomSource.System);
        NameQuality quality = new(data, book.TagOf, book.Learn);
        FigureTable table = new(output);

        NameQuality.OfacFigures ofac = quality.Ofac(queries, cleanNames);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"{ofac.Names:N0} names of the OFAC list, asked through pseudonyms; {queries:N0} of each kind; {ofac.CleanPersons:N0} clean persons, 2,549 clean organisations; flagged from {ofac.Threshold:F1} bits"));
        table.AtLeast("recall, one typo", [ofac.OneTypo], "", 0.95);
        table.AtLeast("recall, two typos and shuffled, shortened or another legal form", [ofac.Hard], "", 0.70);
        table.AtLeast("recall, alias to primary name", [ofac.Aliases], "", 0.45);
        table.AtMost("clean persons flagged, %", [100 * ofac.CleanPersonsFlagged], "%", 1);
        table.AtMost("clean organisations flagged, %", [100 * ofac.CleanOrganisationsFlagged], "%", 1);
        table.Note("keys a name", [ofac.KeysAName], "");
        table.Note("tags that one name only has, %", [100 * ofac.UniqueKeys], "%");
        output.WriteLine();

        table.Begin("nomenklatura's labelled pairs, F1; the threshold is the best one of the other half (by hash of the first name)");
        Pairs(table, quality, data.Pairs());
        output.WriteLine();

        table.Begin("Name parts in other scripts: the best of all Latin names of the file is right (names no reading was learned from)");
        foreach ((string file, string script, double goal) in Scripts)
        {
            (int names, double first, double found, double keys) = quality.Spellings(file, queries);
            table.AtLeast(string.Create(CultureInfo.InvariantCulture, $"{script}: {names:N0} names, {keys:F1} keys each"), [first], "", goal);
            table.Note("  among the best sixty", [found], "");
        }

        output.WriteLine();
        table.Begin("Further checks: one form of a name found by the other, flagged as above");
        table.Note("UN list, name as corrupted to name as listed (683)", [quality.FoundByOther(data.Names("un_untreated.csv"), data.Names("un_treated.csv"), ofac.Threshold)], "");
        (string Query, string Expected)[] scripts = data.CrossScript();
        table.Note($"watchman's pairs in other scripts ({scripts.Length})", [quality.FoundByOther([.. scripts.Select(pair => pair.Expected)], [.. scripts.Select(pair => pair.Query)], ofac.Threshold)], "");
        table.Note("identifiers evaluated for all this", [book.Count], "");
        output.WriteLine();
        Speed(output, data);
    }

    private static void Pairs(FigureTable table, NameQuality quality, NameData.Pair[] pairs)
    {
        double[] scores = [.. pairs.Select(pair => quality.ScorePair(pair).Likeness)];
        int[] halves = [.. pairs.Select(pair => NameQuality.Half(pair.First))];
        double[] thresholds = [.. Enumerable.Range(0, 2).Select(half => BestThreshold(pairs, scores, i => halves[i] == half))];
        table.AtLeast("F1 on each half with the threshold of the other", [F1(pairs, i => scores[i] >= thresholds[1 - halves[i]], _ => true)], "", 0.82);
        for (int half = 0; half < 2; half++)
        {
            table.Note(string.Create(CultureInfo.InvariantCulture, $"  half {half}, likeness from {thresholds[1 - half]:F2}"), [F1(pairs, i => scores[i] >= thresholds[1 - half], i => halves[i] == half)], "");
        }

        table.Note("logic-v2, by its own published verdicts", [F1(pairs, i => pairs[i].OtherSays == true, i => pairs[i].OtherSays is not null)], "");
        table.Note("  the same pairs, ours", [F1(pairs, i => scores[i] >= thresholds[1 - halves[i]], i => pairs[i].OtherSays is not null)], "");
    }

    private static double BestThreshold(NameData.Pair[] pairs, double[] scores, Func<int, bool> within) =>
        scores.Distinct().MaxBy(threshold => F1(pairs, i => scores[i] >= threshold, within));

    private static double F1(NameData.Pair[] pairs, Func<int, bool> says, Func<int, bool> within)
    {
        int right = 0, wrong = 0;
        for (int i = 0; i < pairs.Length; i++)
        {
            if (within(i))
            {
                right += says(i) && pairs[i].IsMatch ? 1 : 0;
                wrong += says(i) != pairs[i].IsMatch ? 1 : 0;
            }
        }

        return 2.0 * right / Math.Max(1, (2 * right) + wrong);
    }

    private static void Speed(TextWriter output, NameData data)
    {
        Cores.Use(1);
        NameData.Listed[] names = [.. data.Ofac().Take(4_000)];
        string[] foreign = [.. data.Names("clean_persons.csv").Where(name => !System.Text.Ascii.IsValid(name)).Take(1_000)];
        byte[] key = RandomSource.System.GetBytes(SipHash.KeySize);
        byte[] encoded = new byte[128];
        NameKeyBuffer buffer = new();
        FigureTable table = new(output);
        table.Begin($"Making keys, one core; load average {Machine.Load()}");
        table.AtMost("keys of a Latin name", Microseconds(Measurement.Of(names.Length, () => names.Sum(name => Fill(name.Name, name.Kind)))), "µs", 3);
        table.Note("  and their local hashes", Microseconds(Measurement.Of(names.Length, () => names.Sum(name =>
        {
            long sum = Fill(name.Name, name.Kind);
            for (int i = 0; i < buffer.Count; i++) sum += (long)(ulong)SipHash.Hash128(key, encoded.AsSpan(0, buffer.Encode(i, encoded))) & 0xFFFF;
            return sum;
        }))), "µs");
        table.Note("keys of a name in another script or with marks", Microseconds(Measurement.Of(foreign.Length, () => foreign.Sum(name => Fill(name, PartyKind.Person)))), "µs");
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (NameData.Listed name in names) Fill(name.Name, name.Kind);
        table.Note("bytes allocated by a Latin name", [(double)(GC.GetAllocatedBytesForCurrentThread() - before) / names.Length], "B");
        output.WriteLine();

        long Fill(string name, PartyKind kind)
        {
            buffer.Fill(name, kind);
            return buffer.Count;
        }

        static double[] Microseconds(Measurement taken) => [taken.Fastest / 1_000, taken.Median / 1_000, taken.Slowest / 1_000];
    }

    private static string Folder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string data = Path.Combine(folder.FullName, "bench", "data", "names");
            if (Directory.Exists(data)) return data;
        }

        throw new DirectoryNotFoundException("bench/data/names is not above the program: run it from the project's own build.");
    }
}
