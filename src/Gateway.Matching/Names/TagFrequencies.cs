namespace Gateway.Matching.Names;

/// <summary>How common a tag is among the records a node holds: what a shared word is worth (inverse document frequency).</summary>
/// <param name="recordsWith">Live records that carry a tag; of a stop value, at least as many as the index keeps.</param>
/// <param name="records">Live records there are.</param>
public sealed class TagFrequencies(Func<UInt128, int> recordsWith, int records)
{
    // A small index says little about how common a word is in the world: it counts as if this many records without the word stood beside it.
    private const double Background = 10_000;

    /// <summary>log2 of how many times rarer the tag is than certainty; 0 or more.</summary>
    public double Bits(UInt128 tag) => Math.Max(0, Math.Log2((records + Background) / (recordsWith(tag) + 1)));
}
