using System.Text;

namespace Gateway.Cli.Samples;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Ours, because System.Random promises the same
/// sequence for a seed only within one runtime version, and a sample must come out the same everywhere. Not for secrets.
/// </summary>
public sealed class SplitMix64(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A generator of its own for one thing, so that adding a thing does not change what all others get.</summary>
    /// <param name="seed">The seed of the whole sample.</param>
    /// <param name="key">Names the thing.</param>
    public static SplitMix64 For(ulong seed, string key)
    {
        ArgumentNullException.ThrowIfNull(key);

        // FNV-1a, 64 bits: string.GetHashCode differs from process to process.
        ulong hash = 14695981039346656037;
        foreach (byte unit in Encoding.UTF8.GetBytes(key))
        {
            hash = (hash ^ unit) * 1099511628211;
        }

        return new SplitMix64(seed ^ hash);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="bound"/> − 1.</summary>
    /// <param name="bound">At least 1.</param>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)(((UInt128)Next() * (ulong)bound) >> 64);
    }

    /// <summary>True in <paramref name="percent"/> of 100 cases.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    /// <summary>One of the items.</summary>
    public T Pick<T>(IReadOnlyList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return items[Below(items.Count)];
    }

    /// <summary>Puts the items in a random order (Fisher–Yates).</summary>
    public void Shuffle<T>(IList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        for (int i = items.Count - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>The pattern with a random digit for each "#".</summary>
    public string Digits(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return string.Create(pattern.Length, (pattern, this), static (span, state) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = state.pattern[i] == '#' ? (char)('0' + state.Item2.Below(10)) : state.pattern[i];
            }
        });
    }
}
