namespace Gateway.Benchmarks;

/// <summary>Every figure of the screening engine in one run, or one part of them.</summary>
internal sealed class MatcherBench(int known)
{
    /// <returns>Whether there is such a part.</returns>
    public async Task<bool> RunAsync(string part, TextWriter output)
    {
        bool all = part.Length == 0;
        if (all || part == "latency") await LatencyBench.RunAsync(output);
        if (all || part == "csv") await CsvMatcherBench.RunAsync(output);
        if (all || part == "names") await NameMatcherBench.RunAsync(output);
        if (all || part == "start") await new IndexStartBench(known).RunAsync(output);
        if (all || part == "voprf") VoprfBench.Run(output);
        if (all || part == "exact") new ExactMatcherBench(known).Run(output);
        return all || part is "latency" or "csv" or "names" or "start" or "voprf" or "exact";
    }
}
