using Gateway.Matching.Comparison;

namespace Gateway.Benchmarks.Quality;

/// <summary>Counts likenesses of fields over pairs of parties, and makes m or u of them.</summary>
internal sealed class LikenessCount
{
    private static readonly byte[] Key = new byte[Clk.KeySize];
    private readonly double[,] _counts = new double[Enum.GetValues<ComparedField>().Length, Enum.GetValues<Likeness>().Length];

    /// <summary>Compares one party with the encoded texts of the other, as after opening.</summary>
    public void Add(TrueParty asking, TrueParty record, params ComparedField[] fields)
    {
        List<EncodedText> texts = [.. PartyTexts.Encode(record.Party, Key)];
        foreach (FieldComparison comparison in PartyComparison.Compare(asking.Party, record.Party.Kind, texts, Key).Where(c => fields.Length == 0 || fields.Contains(c.Field)))
        {
            _counts[(int)comparison.Field, (int)comparison.Likeness]++;
        }
    }

    /// <summary>Pairs that both stated the field.</summary>
    public double Total(ComparedField field) => Enumerable.Range(0, 4).Sum(level => _counts[(int)field, level]);

    /// <summary>
    /// m and u by level. Half a pair is added everywhere, so that what was never seen is rare and not impossible; neighbouring levels are taken together where the more alike would weigh less
    /// (pool adjacent violators).
    /// </summary>
    public static (double[] M, double[] U) Weights(ComparedField field, LikenessCount same, LikenessCount others)
    {
        List<(double M, double U, int Levels)> pools = [];
        for (int level = 0; level < 4; level++)
        {
            (double M, double U, int Levels) pool = ((same._counts[(int)field, level] + 0.5) / (same.Total(field) + 2), (others._counts[(int)field, level] + 0.5) / (others.Total(field) + 2), 1);
            while (pools.Count > 0 && pools[^1].M / pools[^1].U <= pool.M / pool.U)
            {
                pool = (pool.M + pools[^1].M, pool.U + pools[^1].U, pool.Levels + pools[^1].Levels);
                pools.RemoveAt(pools.Count - 1);
            }

            pools.Add(pool);
        }

        return ([.. pools.SelectMany(pool => Enumerable.Repeat(pool.M / pool.Levels, pool.Levels))], [.. pools.SelectMany(pool => Enumerable.Repeat(pool.U / pool.Levels, pool.Levels))]);
    }
}
