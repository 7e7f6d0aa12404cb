using Gateway.Node.Broker;
using Gateway.Node.Tests.Building;

namespace Gateway.Node.Tests.Network;

/// <summary>Which of a broker's addresses is tried when.</summary>
public sealed class BrokerAddressesTests
{
    private static readonly Uri One = new("https://one:1"), Two = new("https://two:2"), Three = new("https://three:3");

    private readonly ManualTime _time = ManualTime.Now();

    [Fact]
    public void The_address_in_use_comes_first_and_what_failed_last_comes_last()
    {
        BrokerAddresses addresses = new([One, Two, Three], _time, new Random(1));
        addresses.Reached(Two);
        addresses.Missed(One);
        Assert.Equal([Two, Three, One], addresses.InOrder());
        _time.Advance(TimeSpan.FromSeconds(1));
        addresses.Missed(Three);
        Assert.Equal([Two, One, Three], addresses.InOrder());
    }

    [Fact]
    public void The_first_failure_moves_at_once_and_further_ones_ever_more_seldom_until_a_call_is_answered()
    {
        BrokerAddresses addresses = new([One, Two], _time, new Random(1));
        addresses.Reached(One);
        Assert.True(addresses.Leave(One));
        Assert.Equal(Two, addresses.InOrder()[0]);
        List<int> moves = [];
        for (int tenth = 0; tenth < 600; tenth++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            if (addresses.Leave(addresses.InOrder()[0])) moves.Add(tenth);
        }

        Assert.InRange(moves.Count, 10, 35); // A minute: pauses of 2 to 6 s in the long run.
        Assert.InRange(moves.Zip(moves.Skip(1)).Max(pair => pair.Second - pair.First), 20, 61);
        addresses.Answered();
        Assert.True(addresses.Leave(addresses.InOrder()[0]));
    }

    [Fact]
    public void Who_has_moved_already_does_not_move_again_for_the_same_loss()
    {
        BrokerAddresses addresses = new([One, Two, Three], _time, new Random(1));
        addresses.Reached(One);
        Assert.True(addresses.Leave(One));
        addresses.Answered();
        Assert.False(addresses.Leave(One));
    }

    [Fact]
    public void A_single_address_is_never_left()
    {
        BrokerAddresses addresses = new([One], _time, new Random(1));
        Assert.False(addresses.Leave(One));
        Assert.Equal([One], addresses.InOrder());
    }

    [Fact]
    public void Nodes_begin_spread_over_all_and_an_address_gets_its_share_again_ten_minutes_after_its_failure()
    {
        int[] begun = new int[3];
        for (int node = 0; node < 300; node++) begun[Array.IndexOf([One, Two, Three], new BrokerAddresses([One, Two, Three], _time, new Random(node)).InOrder()[0])]++;
        Assert.All(begun, count => Assert.InRange(count, 50, 150));

        BrokerAddresses addresses = new([One, Two], _time, new Random(5));
        addresses.Reached(Two);
        addresses.Missed(One);
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(Two, Spread(addresses)));
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Contains(One, Enumerable.Range(0, 50).Select(_ => Spread(addresses)).ToArray());
    }

    private static Uri Spread(BrokerAddresses addresses)
    {
        addresses.Spread();
        return addresses.InOrder()[0];
    }
}
