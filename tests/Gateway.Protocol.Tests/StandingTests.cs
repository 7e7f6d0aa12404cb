using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>Who belongs to the network, as every node derives it from the log.</summary>
public sealed class StandingTests
{
    private static readonly string[] First = ["ann", "bob", "cid"];

    [Fact]
    public void The_first_three_members_need_no_sponsor_and_the_fourth_needs_two()
    {
        TestNetwork network = TestNetwork.With(First);
        Assert.Contains("0 sponsors", network.Refuse(network.Joined("dan", sponsors: [])), StringComparison.Ordinal);
        Assert.Contains("1 sponsors", network.Refuse(network.Joined("dan", sponsors: ["ann"])), StringComparison.Ordinal);
        Assert.Contains("1 sponsors", network.Refuse(network.Joined("dan", sponsors: ["ann", "ann"])), StringComparison.Ordinal);
        Assert.Contains("1 sponsors", network.Refuse(network.Joined("dan", sponsors: ["ann", "dan"])), StringComparison.Ordinal);
        Assert.Contains("1 sponsors", network.Refuse(network.Joined("dan", sponsors: ["ann", "nobody"])), StringComparison.Ordinal);
        Entry altered = network.Joined("dan", sponsors: ["ann", "bob"]);
        altered.MemberJoined.Signatures[2].Signature = altered.MemberJoined.Signatures[1].Signature;
        Assert.Contains("1 sponsors", network.Refuse(altered), StringComparison.Ordinal);
        network.Accept(network.Joined("dan", sponsors: ["ann", "bob"]));
    }

    [Theory]
    [InlineData("suspended")]
    [InlineData("expelled")]
    [InlineData("left")]
    public void Only_active_members_sponsor(string standing)
    {
        TestNetwork network = TestNetwork.With(First);
        network.Accept(standing switch { "suspended" => TestNetwork.Suspended("bob"), "expelled" => TestNetwork.Expelled("bob"), _ => network.Left("bob") });
        Assert.Contains("1 sponsors", network.Refuse(network.Joined("dan", sponsors: ["ann", "bob"])), StringComparison.Ordinal);
        network.Accept(network.Joined("dan", sponsors: ["ann", "cid"]));
    }

    [Fact]
    public void That_members_have_gone_does_not_bring_back_the_beginning()
    {
        TestNetwork network = TestNetwork.With(First);
        network.Accept(TestNetwork.Expelled("bob"));
        network.Accept(TestNetwork.Expelled("cid"));
        Assert.Contains("0 sponsors", network.Refuse(network.Joined("ghost", sponsors: [])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_suspended_member_keeps_its_circles_cannot_sign_and_comes_back()
    {
        TestNetwork network = TestNetwork.With(First);
        network.Found("acx", "ann", "bob");
        network.Accept(TestNetwork.Suspended("bob"));
        NetworkMember bob = network.State.Members[TestNetwork.IdOf("bob")];
        Assert.Equal((MemberStanding.Suspended, MembershipReason.Compromised, false, false), (bob.Standing, bob.Reason, bob.IsActive, bob.IsGone));
        Assert.Contains(TestNetwork.IdOf("bob"), network.State.FindCircle("acx")!.Members);
        Assert.Contains("not signed by the steward and a second member", network.Refuse(network.Epoch("acx", 1, ["ann", "bob"], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("is suspended and cannot become suspended", network.Refuse(TestNetwork.Suspended("bob")), StringComparison.Ordinal);
        network.Accept(TestNetwork.Reinstated("bob"));
        network.Accept(network.Epoch("acx", 1, ["ann", "bob"], "ann", "bob"));
        Assert.Contains("is active and cannot become active", network.Refuse(TestNetwork.Reinstated("bob")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_is_expelled_or_has_left_belongs_to_no_circle_signs_nothing_and_never_comes_back(bool expelled)
    {
        TestNetwork network = TestNetwork.With(First);
        network.Found("acx", "ann", "bob", "cid");
        network.Found("customs", "cid", "bob");
        network.Accept(expelled ? TestNetwork.Expelled("bob") : network.Left("bob"));

        Assert.Equal(expelled ? MemberStanding.Expelled : MemberStanding.Left, network.State.Members[TestNetwork.IdOf("bob")].Standing);
        Assert.All(network.State.Circles.Values, circle => Assert.DoesNotContain(TestNetwork.IdOf("bob"), circle.Members));
        Assert.Contains("is not signed", network.Refuse(network.Epoch("acx", 1, ["ann", "cid"], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("sealed to others", network.Refuse(network.Epoch("acx", 1, ["ann", "bob", "cid"], "ann", "cid")), StringComparison.Ordinal);
        Assert.Contains("is not added", network.Refuse(network.Change("acx", "bob", CircleMemberChange.Added, 1, "ann", "cid")), StringComparison.Ordinal);
        Assert.Contains("joined twice", network.Refuse(network.Joined("bob")), StringComparison.Ordinal);
        Assert.Contains("cannot become", network.Refuse(TestNetwork.Reinstated("bob")), StringComparison.Ordinal);
        Assert.Contains("cannot become", network.Refuse(TestNetwork.Suspended("bob")), StringComparison.Ordinal);
        Assert.Contains("cannot become", network.Refuse(TestNetwork.Expelled("bob")), StringComparison.Ordinal);
        Assert.Contains("cannot leave", network.Refuse(network.Left("bob")), StringComparison.Ordinal);
        network.Accept(network.Epoch("acx", 1, ["ann", "cid"], "ann", "cid"));
    }

    [Fact]
    public void A_member_leaves_by_its_own_signature_also_while_suspended()
    {
        TestNetwork network = TestNetwork.With(First);
        Assert.Contains("did not sign", network.Refuse(network.Left("bob", signer: "ann")), StringComparison.Ordinal);
        network.Accept(TestNetwork.Suspended("bob"));
        network.Accept(network.Left("bob"));
    }

    [Fact]
    public void A_standing_changes_for_a_known_member_and_with_a_reason()
    {
        TestNetwork network = TestNetwork.With(First);
        Assert.Contains("without a reason", network.Refuse(TestNetwork.Expelled("bob", MembershipReason.Unspecified)), StringComparison.Ordinal);
        Assert.Contains("without a reason", network.Refuse(TestNetwork.Suspended("bob", (MembershipReason)99)), StringComparison.Ordinal);
        Assert.Contains("not in the log", network.Refuse(TestNetwork.Expelled("nobody")), StringComparison.Ordinal);
        Assert.Contains("cannot be read", network.Refuse(new Entry { MemberExpelled = new MemberExpelled { MemberId = ByteString.CopyFrom([1]), Reason = MembershipReason.Legal } }), StringComparison.Ordinal);
        Assert.Contains("cannot be read", network.Refuse(new Entry { MemberLeft = new SignedStatement { Body = ByteString.CopyFrom([255]) } }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_circle_whose_steward_is_gone_gets_another_by_its_policy_and_goes_on()
    {
        TestNetwork network = TestNetwork.With(First);
        network.Found("acx", "ann", "bob", "cid");
        network.Accept(TestNetwork.Expelled("ann"));
        Assert.Contains("is not signed", network.Refuse(network.Epoch("acx", 1, ["bob", "cid"], "bob", "cid")), StringComparison.Ordinal);
        Assert.Contains("is not a member", network.Refuse(TestNetwork.Policy("acx", "ann", "ann", "bob", "cid")), StringComparison.Ordinal);
        network.Accept(TestNetwork.Policy("acx", "bob", "ann", "bob", "cid"));
        network.Accept(network.Epoch("acx", 1, ["bob", "cid"], "bob", "cid"));
    }
}
