namespace Gateway.Cryptography.Tests;

public sealed class SipHashLanesTests
{
    private readonly Random _random = new(7);

    [Fact]
    public void Eight_messages_of_one_length_hash_as_each_alone_for_every_length_from_0_to_300()
    {
        for (int length = 0; length <= 300; length++) Check([.. Enumerable.Repeat(length, 8)]);
    }

    [Fact]
    public void Messages_of_every_pair_of_lengths_share_their_lanes()
    {
        for (int one = 0; one <= 64; one++)
        {
            for (int other = 0; other <= 64; other++) Check([one, other, one, other, other, one, 200, 0]);
        }
    }

    [Fact]
    public void Any_number_of_messages_of_any_lengths_hash_as_each_alone()
    {
        for (int count = 0; count <= 60; count++)
        {
            Check([.. Enumerable.Range(0, count).Select(_ => _random.Next(0, 100))]);
            Check([.. Enumerable.Range(0, count).Select(_ => _random.Next(0, 600))]);
        }
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SipHashLanes.Hash128(new byte[15], new byte[8], [8], new UInt128[1]));
        Assert.Throws<ArgumentException>(() => SipHashLanes.Hash128(new byte[16], new byte[8], [4, 8], new UInt128[1]));
        Assert.Throws<ArgumentException>(() => SipHashLanes.Hash128(new byte[16], new byte[8], [4, 9], new UInt128[2]));
        Assert.Throws<ArgumentException>(() => SipHashLanes.Hash128(new byte[16], new byte[8], [4, 3], new UInt128[2]));
    }

    private void Check(int[] lengths)
    {
        byte[] key = new byte[SipHash.KeySize], messages = new byte[lengths.Sum()];
        _random.NextBytes(key);
        _random.NextBytes(messages);
        int[] ends = new int[lengths.Length];
        UInt128[] expected = new UInt128[lengths.Length], hashes = new UInt128[lengths.Length];
        for (int i = 0, start = 0; i < lengths.Length; start = ends[i++])
        {
            ends[i] = start + lengths[i];
            expected[i] = SipHash.Hash128(key, messages.AsSpan(start, lengths[i]));
        }

        SipHashLanes.Hash128(key, messages, ends, hashes);
        Assert.Equal(expected, hashes);
    }
}
