using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using static Gateway.Protocol.V1.CircleMemberChange;

namespace Gateway.Protocol.Tests;

public sealed class CircleConsentTests
{
    [Fact]
    public void Nobody_is_added_without_its_own_acceptance()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "cid");
        network.Found("acx", "ann", "bob");
        Assert.Contains("cannot be read", network.Refuse(network.Change("acx", "cid", Added, 1, change => change.Acceptance = null, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("another member's", network.Refuse(network.Change("acx", "cid", Added, 1, change => change.Acceptance = network.Acceptance("acx", "bob"), "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("did not sign", network.Refuse(network.Change("acx", "cid", Added, 1, change => change.Acceptance = Forged(network, "cid", "ann"), "ann", "bob")), StringComparison.Ordinal);
        network.Accept(network.Change("acx", "cid", Added, 1, "ann", "bob"));
    }

    [Fact]
    public void An_acceptance_is_of_one_circle_and_of_the_policy_in_force()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "cid");
        network.Found("acx", "ann", "bob");
        network.Found("other", "ann", "bob");
        Assert.Contains("another circle", network.Refuse(network.Change("acx", "cid", Added, 1, change => change.Acceptance = network.Acceptance("other", "cid"), "ann", "bob")), StringComparison.Ordinal);
        SignedStatement before = network.Acceptance("acx", "cid");
        Entry policy = TestNetwork.Policy("acx", "ann", "ann", "bob");
        policy.CirclePolicy.MaximumRetentionDays = 3_650;
        network.Accept(policy);
        Assert.Contains("another policy", network.Refuse(network.Change("acx", "cid", Added, 1, change => change.Acceptance = before, "ann", "bob")), StringComparison.Ordinal);
        network.Accept(network.Change("acx", "cid", Added, 1, "ann", "bob"));
    }

    [Fact]
    public void An_acceptance_does_not_outlive_a_removal_nor_a_departure_an_admission()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "cid");
        network.Found("acx", "ann", "bob");
        SignedStatement accepted = network.Acceptance("acx", "cid");
        network.Accept(network.Change("acx", "cid", Added, 1, change => change.Acceptance = accepted, "ann", "bob"));
        network.Accept(network.Epoch("acx", 1, ["ann", "bob", "cid"], "ann", "bob"));
        SignedStatement departure = CircleConsent.Leave(network.State, network.State.FindCircle("acx")!, TestNetwork.IdOf("cid"), network.KeysOf("cid").Member);
        Assert.Equal(TestNetwork.IdOf("cid"), CircleConsent.FindDeparture(departure, network.State, network.State.FindCircle("acx")!, out _));
        network.Accept(network.Change("acx", "cid", Removed, 2, "ann", "bob"));
        network.Accept(network.Epoch("acx", 2, ["ann", "bob"], "ann", "bob"));

        Assert.Contains("before its last change", network.Refuse(network.Change("acx", "cid", Added, 3, change => change.Acceptance = accepted, "ann", "bob")), StringComparison.Ordinal);
        network.Accept(network.Change("acx", "cid", Added, 3, "ann", "bob"));
        network.Accept(network.Epoch("acx", 3, ["ann", "bob", "cid"], "ann", "bob"));
        Assert.Null(CircleConsent.FindDeparture(departure, network.State, network.State.FindCircle("acx")!, out string fault));
        Assert.Contains("before its last change", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_founders_come_in_with_the_first_key()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "cid");
        network.Accept(TestNetwork.Policy("acx", "ann", "ann", "bob"));
        Assert.Contains("not one of its founders", network.Refuse(network.Change("acx", "cid", Added, 0, "ann", "bob")), StringComparison.Ordinal);
        network.Accept(network.Change("acx", "bob", Added, 0, "ann", "bob"));
    }

    [Fact]
    public void A_grant_takes_two_signatures_and_gives_older_epochs_to_members_once_each()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "cid", "eve");
        network.Found("acx", "ann", "bob");
        Assert.Contains("not an older one", network.Refuse(network.Grant("acx", 0, [("bob", 0)], "ann", "bob")), StringComparison.Ordinal);
        network.Accept(network.Epoch("acx", 1, ["ann", "bob"], "ann", "bob"));
        network.Accept(network.Change("acx", "cid", Added, 2, "ann", "bob"));
        network.Accept(network.Epoch("acx", 2, ["ann", "bob", "cid"], "ann", "bob"));

        (string, uint)[] both = [("cid", 0), ("cid", 1)];
        Assert.Contains("not signed", network.Refuse(network.Grant("acx", 2, both, "ann")), StringComparison.Ordinal);
        Assert.Contains("not signed", network.Refuse(network.Grant("acx", 2, both, "ann", "eve")), StringComparison.Ordinal);
        Assert.Contains("not signed", network.Refuse(network.Grant("acx", 2, both, "bob", "cid")), StringComparison.Ordinal);
        Assert.Contains("not a member", network.Refuse(network.Grant("acx", 2, [("eve", 0)], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("not an older one", network.Refuse(network.Grant("acx", 2, [("cid", 2)], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("current one is 2", network.Refuse(network.Grant("acx", 1, [("cid", 0)], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("current one is 2", network.Refuse(network.Grant("acx", 9, [("cid", 7)], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("gives a key twice", network.Refuse(network.Grant("acx", 2, [("cid", 0), ("cid", 0)], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("0 keys", network.Refuse(network.Grant("acx", 2, [], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("another length", network.Refuse(network.Grant("acx", 2, both, grant => grant.GrantedKeys[1].SealedKey = ByteString.CopyFrom(new byte[79]), "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("cannot be read", network.Refuse(new Entry { KeyGrant = new SignedStatement() }), StringComparison.Ordinal);
        Entry grant = network.Grant("acx", 2, both, "ann", "bob");
        network.Accept(grant);
        network.Accept(network.Epoch("acx", 3, ["ann", "bob", "cid"], "ann", "bob"));
        Assert.Contains("current one is 3", network.Refuse(grant), StringComparison.Ordinal);
    }

    [Fact]
    public void A_circle_whose_member_is_missing_from_its_key_holders_needs_an_epoch()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "cid");
        network.Found("acx", "ann", "bob", "cid");
        Assert.False(network.State.FindCircle("acx")!.NeedsEpoch);
        network.Accept(network.Change("acx", "cid", Removed, 1, "ann", "bob"));
        Assert.True(network.State.FindCircle("acx")!.NeedsEpoch);
        network.Accept(network.Epoch("acx", 1, ["ann", "bob"], "ann", "bob"));
        Assert.False(network.State.FindCircle("acx")!.NeedsEpoch);
    }

    [Theory]
    [InlineData(0u, 0u, 20_000u, true)]
    [InlineData(20_000u, 20_001u, 19_999u, false)]
    [InlineData(20_000u, 20_001u, 20_000u, true)]
    [InlineData(20_000u, 20_001u, 20_001u, true)]
    [InlineData(20_000u, 20_001u, 20_002u, false)]
    [InlineData(20_000u, 0u, 30_000u, true)]
    public void A_circle_is_open_on_the_days_of_its_policy(uint first, uint last, uint day, bool open)
    {
        NetworkCircle circle = new(TestNetwork.CircleOf("acx"), new CirclePolicy { NotBeforeDay = first, NotAfterDay = last });
        Assert.Equal(open, circle.IsOpenOn(new UtcDay(day)));
    }

    // The name of one member, the key of another.
    private static SignedStatement Forged(TestNetwork network, string member, string signer) =>
        CircleConsent.Accept(network.State, network.State.FindCircle("acx")!, TestNetwork.IdOf(member), [], network.KeysOf(signer).Member);
}
