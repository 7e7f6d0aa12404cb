using FsCheck;
using FsCheck.Fluent;
using Gateway.Cli.Input;

namespace Gateway.Cli.Tests.Input;

/// <summary>The two tables of a manifest's reading do what the general ones do, also where hashes crowd together.</summary>
public sealed class HashTableTests
{
    // Few values that share their lowest bits, zero among them, so that places are taken and looked past.
    private static readonly Gen<ulong> Crowded = from high in Gen.Choose(0, 3) from low in Gen.Choose(0, 40) select ((ulong)high << 40) + (ulong)low;

    [Fact]
    public void A_hash_is_new_once() => Prop.ForAll(Crowded.ListOf().ToArbitrary(), hashes =>
    {
        MetHashes met = new();
        HashSet<ulong> model = [];
        foreach (ulong hash in hashes)
        {
            if (met.Add(hash) != model.Add(hash == 0 ? 1 : hash)) return false; // Of 2^64 hashes two are one.
        }

        return met.Count == model.Count;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_number_is_the_last_that_was_set() => Prop.ForAll((from high in Crowded from low in Crowded from number in Gen.Choose(0, 5) select (Hash: new UInt128(high, low), Number: (uint)number)).ListOf().ToArbitrary(), sets =>
    {
        NumbersByHash numbers = new();
        Dictionary<UInt128, uint> model = [];
        foreach ((UInt128 hash, uint number) in sets)
        {
            if (numbers.TryFind(hash, out uint before) != model.TryGetValue(hash, out uint expected) || before != expected) return false;
            numbers.Set(hash, number);
            model[hash] = number;
        }

        return numbers.Count == model.Count && model.All(pair => numbers.TryFind(pair.Key, out uint number) && number == pair.Value);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void They_grow_without_losing_any()
    {
        MetHashes met = new();
        NumbersByHash numbers = new();
        Random random = new(7);
        UInt128[] hashes = [.. Enumerable.Range(0, 100_000).Select(_ => new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()))];
        for (int i = 0; i < hashes.Length; i++)
        {
            Assert.True(met.Add((ulong)hashes[i]));
            numbers.Set(hashes[i], (uint)i);
        }

        Assert.Equal((hashes.Length, hashes.Length), (met.Count, numbers.Count));
        for (int i = 0; i < hashes.Length; i++)
        {
            Assert.False(met.Add((ulong)hashes[i]));
            Assert.True(numbers.TryFind(hashes[i], out uint number));
            Assert.Equal((uint)i, number);
        }

        numbers.Clear();
        Assert.False(numbers.TryFind(hashes[0], out _));
        Assert.Equal(0, numbers.Count);
    }
}
