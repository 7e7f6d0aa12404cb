using Gateway.Cli.Samples;

namespace Gateway.Cli.Tests.Samples;

public class SplitMix64Tests
{
    [Fact]
    public void The_sequence_is_that_of_the_published_generator()
    {
        SplitMix64 random = new(1234567);
        Assert.Equal(
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821],
            Enumerable.Range(0, 5).Select(_ => random.Next()));
    }

    [Fact]
    public void Two_keys_give_two_sequences_and_one_key_always_the_same()
    {
        Assert.Equal(SplitMix64.For(1, "a").Next(), SplitMix64.For(1, "a").Next());
        Assert.NotEqual(SplitMix64.For(1, "a").Next(), SplitMix64.For(1, "b").Next());
        Assert.NotEqual(SplitMix64.For(1, "a").Next(), SplitMix64.For(2, "a").Next());
    }

    [Fact]
    public void A_shuffle_keeps_every_item()
    {
        List<int> items = [.. Enumerable.Range(0, 100)];
        new SplitMix64(5).Shuffle(items);
        Assert.NotEqual(Enumerable.Range(0, 100), items);
        Assert.Equal(Enumerable.Range(0, 100), items.Order());
    }
}
