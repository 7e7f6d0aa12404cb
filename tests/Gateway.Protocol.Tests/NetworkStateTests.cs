using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

public sealed class NetworkStateTests
{
    private const CircleMemberChange Added = CircleMemberChange.Added, Removed = CircleMemberChange.Removed;

    [Fact]
    public void Two_circles_grow_shrink_and_change_their_keys()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "cid", "dan");
        network.Found("acx", "ann", "bob");
        network.Found("customs", "cid", "dan", "ann");
        network.Accept(new Entry { Day = new Day { Day_ = TestNetwork.FirstDay + 1 } });
        network.Accept(network.Change("acx", "cid", Added, 1, "ann", "bob"));
        network.Accept(network.Epoch("acx", 1, ["ann", "bob", "cid"], "ann", "cid"));
        network.Accept(network.Change("acx", "bob", Removed, 2, "ann", "cid"));
        network.Accept(network.Epoch("acx", 2, ["ann", "cid"], "ann", "cid"));
        network.Accept(new Entry { RecordPublished = new RecordPublished() });
        network.Accept(new Entry { RecordWithdrawn = new RecordWithdrawn() });

        NetworkCircle acx = network.State.FindCircle("acx")!, customs = network.State.FindCircle("customs")!;
        Assert.Equal(2u, acx.CurrentEpoch);
        Assert.Equal(0u, customs.CurrentEpoch);
        Assert.Equal([TestNetwork.IdOf("ann"), TestNetwork.IdOf("cid")], acx.Members.OrderBy(id => id != TestNetwork.IdOf("ann")));
        Assert.Equal(3, customs.Members.Count);
        Assert.Equal(TestNetwork.IdOf("ann"), acx.Steward);
        Assert.Equal(new UtcDay(TestNetwork.FirstDay + 1), network.State.Day);
        Assert.Equal("test.gateway.example", network.State.Network);
        Assert.Equal(Plain.Sha(TestNetwork.GenesisEntry().ToByteArray()), network.State.GenesisHash.ToArray());
        NetworkMember ann = network.State.Members[TestNetwork.IdOf("ann")], bob = network.State.Members[TestNetwork.IdOf("bob")];
        Assert.Equal(("ann", MemberRole.Retailer, new UtcDay(TestNetwork.FirstDay)), (ann.Name, ann.Role, ann.JoinedDay));
        Assert.True(acx.MayPublish(ann) && acx.MayRead(ann));
        Assert.False(acx.MayPublish(bob) || acx.MayRead(bob));
    }

    [Fact]
    public void A_role_reads_or_publishes_only_where_the_policy_lists_it()
    {
        TestNetwork network = TestNetwork.With("ann", "bob");
        network.Accept(network.Joined("cus", change: joined => joined.Role = MemberRole.Customs));
        network.Accept(network.Joined("pol", change: joined => joined.Role = MemberRole.Police));
        network.Found("acx", "ann", "bob", "cus", "pol");
        NetworkCircle acx = network.State.FindCircle("acx")!;
        NetworkMember customs = network.State.Members[TestNetwork.IdOf("cus")], police = network.State.Members[TestNetwork.IdOf("pol")];
        Assert.False(acx.MayPublish(customs));
        Assert.True(acx.MayRead(customs));
        Assert.False(acx.MayRead(police));
    }

    [Fact]
    public void A_log_begins_with_one_Genesis()
    {
        TestNetwork network = new();
        Assert.Contains("does not begin with Genesis", network.Refuse(new Entry { Day = new Day { Day_ = 1 } }), StringComparison.Ordinal);
        Assert.Contains("does not begin with Genesis", network.Refuse(network.Joined("ann")), StringComparison.Ordinal);
        network.Accept(TestNetwork.GenesisEntry());
        Assert.Contains("second Genesis", network.Refuse(TestNetwork.GenesisEntry()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Net.example")]
    [InlineData("my net")]
    [InlineData("a+b")]
    [InlineData("net..example")]
    public void A_network_is_called_as_its_note_key_and_its_certificates_can_be(string name)
    {
        Assert.Contains("network name", new TestNetwork().Refuse(TestNetwork.GenesisEntry(name)), StringComparison.Ordinal);
    }

    [Fact]
    public void Genesis_has_a_log_key()
    {
        Entry genesis = TestNetwork.GenesisEntry();
        genesis.Genesis.LogPk = ByteString.CopyFrom(new byte[32]);
        Assert.Contains("log key", new TestNetwork().Refuse(genesis), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TestNetwork.FirstDay - 1)]
    [InlineData(TestNetwork.FirstDay)]
    [InlineData(0u)]
    public void The_day_goes_forward_only(uint day)
    {
        Assert.Contains("day goes from", TestNetwork.With().Refuse(new Entry { Day = new Day { Day_ = day } }), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_of_an_unknown_kind_is_not_believed()
    {
        Assert.Contains("Update it", TestNetwork.With().Refuse(new Entry()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_joins_once_by_its_own_signature()
    {
        TestNetwork network = TestNetwork.With("ann");
        Assert.Contains("joined twice", network.Refuse(network.Joined("ann")), StringComparison.Ordinal);
        Assert.Contains("did not sign", network.Refuse(network.Joined("bob", signer: "ann")), StringComparison.Ordinal);
        Assert.Contains("did not sign", network.Refuse(network.Joined("bob", signer: "ann", signerId: TestNetwork.IdOf("bob"))), StringComparison.Ordinal);
        Assert.Contains("did not sign", network.Refuse(new Entry { MemberJoined = new SignedStatement { Body = network.Joined("bob").MemberJoined.Body } }), StringComparison.Ordinal);
        Entry altered = network.Joined("bob");
        altered.MemberJoined.Body = network.Joined("bob", change: joined => joined.Role = MemberRole.Police).MemberJoined.Body;
        Assert.Contains("did not sign", network.Refuse(altered), StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_without_readable_keys_name_or_role_does_not_join()
    {
        TestNetwork network = TestNetwork.With();
        Assert.Contains("cannot be read", network.Refuse(new Entry { MemberJoined = new SignedStatement { Body = ByteString.CopyFrom([255, 255]) } }), StringComparison.Ordinal);
        Action<MemberJoined>[] unreadable =
        [
            joined => joined.MemberId = ByteString.CopyFrom(new byte[15]), joined => joined.MemberPk = ByteString.Empty, joined => joined.BoxPk = ByteString.CopyFrom(new byte[32]),
            joined => joined.NodePk = ByteString.CopyFrom([1, .. new byte[31]]),
        ];
        foreach (Action<MemberJoined> change in unreadable) Assert.Contains("cannot be read", network.Refuse(network.Joined("ann", change: change)), StringComparison.Ordinal);
        Assert.Contains("no name or no role", network.Refuse(network.Joined("ann", change: joined => joined.Name = "")), StringComparison.Ordinal);
        Assert.Contains("no name or no role", network.Refuse(network.Joined("ann", change: joined => joined.Role = MemberRole.Unspecified)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_statement_of_another_network_counts_for_nothing()
    {
        TestNetwork other = new();
        other.Accept(TestNetwork.GenesisEntry("other.example"));
        Assert.Contains("did not sign", TestNetwork.With().Refuse(other.Joined("ann")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_circle_has_a_readable_policy_a_member_as_steward_and_a_name_of_its_own()
    {
        TestNetwork network = TestNetwork.With("ann", "bob");
        network.Accept(TestNetwork.Policy("acx", "ann", "ann", "bob"));
        Assert.Contains("steward", network.Refuse(TestNetwork.Policy("other", "nobody", "ann")), StringComparison.Ordinal);
        Entry twin = TestNetwork.Policy("other", "ann", "ann", "bob");
        twin.CirclePolicy.Name = "acx";
        Assert.Contains("Two circles", network.Refuse(twin), StringComparison.Ordinal);
        Assert.Contains("cannot be read", network.Refuse(new Entry { CirclePolicy = new CirclePolicy() }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_policy_of_a_circle_keeps_its_members_and_epochs()
    {
        TestNetwork network = TestNetwork.With("ann", "bob");
        network.Found("acx", "ann", "bob");
        Entry policy = TestNetwork.Policy("acx", "ann", "ann", "bob");
        policy.CirclePolicy.MaximumRetentionDays = 90;
        network.Accept(policy);
        NetworkCircle acx = network.State.FindCircle("acx")!;
        Assert.Equal((90u, 2, 1), (acx.Policy.MaximumRetentionDays, acx.Members.Count, acx.Epochs.Count));
    }

    [Fact]
    public void A_change_of_membership_takes_the_steward_and_a_second_member_of_the_circle()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "eve", "mal");
        network.Found("acx", "ann", "bob");
        string[][] insufficient = [[], ["ann"], ["bob"], ["ann", "ann"], ["ann", "eve"], ["bob", "eve"], ["eve", "mal"], ["ann", "unknown"]];
        foreach (string[] signers in insufficient)
        {
            Assert.Contains("not signed by the steward and a second member", network.Refuse(network.Change("acx", "eve", Added, 1, signers)), StringComparison.Ordinal);
        }

        // Who is being added is no second member yet, and one founder who was never admitted is none once there are keys.
        network.Accept(TestNetwork.Policy("acx", "ann", "ann", "bob", "mal"));
        Assert.Contains("not signed", network.Refuse(network.Change("acx", "eve", Added, 1, "ann", "mal")), StringComparison.Ordinal);
        network.Accept(network.Change("acx", "eve", Added, 1, "ann", "bob"));
    }

    [Fact]
    public void A_steward_whom_the_broker_puts_in_from_outside_signs_nothing()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "ghost");
        network.Found("acx", "ann", "bob");
        Assert.Contains("does not belong to it", network.Refuse(TestNetwork.Policy("acx", "ghost", "ghost", "bob")), StringComparison.Ordinal);
        Assert.Contains("not signed", network.Refuse(network.Change("acx", "ghost", Added, 1, "ghost", "bob")), StringComparison.Ordinal);
        Assert.Contains("not signed", network.Refuse(network.Epoch("acx", 1, ["ann", "bob"], "ghost", "bob")), StringComparison.Ordinal);
        network.Accept(TestNetwork.Policy("acx", "bob"));
        network.Accept(network.Epoch("acx", 1, ["ann", "bob"], "bob", "ann"));
    }

    [Fact]
    public void A_change_of_membership_is_readable_about_known_ones_and_changes_something()
    {
        TestNetwork network = TestNetwork.With("ann", "bob");
        network.Found("acx", "ann", "bob");
        Assert.Contains("cannot be read", network.Refuse(network.Change("acx", "bob", CircleMemberChange.Unspecified, 1, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("cannot be read", network.Refuse(new Entry { CircleMember = new SignedStatement() }), StringComparison.Ordinal);
        Assert.Contains("Circle", network.Refuse(network.Change("nowhere", "bob", Added, 0, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("is not in the log", network.Refuse(network.Change("acx", "ghost", Added, 1, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("changes nothing", network.Refuse(network.Change("acx", "bob", Added, 1, "ann", "bob")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_once_removed_does_not_come_back_by_its_old_statement()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "cid");
        network.Found("acx", "ann", "bob");
        Entry added = network.Change("acx", "cid", Added, 1, "ann", "bob");
        network.Accept(added);
        network.Accept(network.Epoch("acx", 1, ["ann", "bob", "cid"], "ann", "bob"));
        network.Accept(network.Change("acx", "cid", Removed, 2, "ann", "bob"));
        Assert.Contains("is for epoch 1 where 2 is next", network.Refuse(added), StringComparison.Ordinal);
        network.Accept(network.Epoch("acx", 2, ["ann", "bob"], "ann", "bob"));
        Assert.Contains("is for epoch 1 where 3 is next", network.Refuse(added), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_epoch_takes_two_signatures_the_next_number_and_exactly_the_members()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "eve");
        network.Found("acx", "ann", "bob");
        string[] members = ["ann", "bob"];
        Assert.Contains("where 1 is next", network.Refuse(network.Epoch("acx", 0, members, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("where 1 is next", network.Refuse(network.Epoch("acx", 2, members, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("not signed", network.Refuse(network.Epoch("acx", 1, members, "ann")), StringComparison.Ordinal);
        Assert.Contains("not signed", network.Refuse(network.Epoch("acx", 1, members, "ann", "eve")), StringComparison.Ordinal);
        Assert.Contains("not signed", network.Refuse(network.Epoch("acx", 1, members, "bob", "eve")), StringComparison.Ordinal);
        Assert.Contains("others than the circle's members", network.Refuse(network.Epoch("acx", 1, ["ann", "bob", "eve"], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("others than the circle's members", network.Refuse(network.Epoch("acx", 1, ["ann"], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("others than the circle's members", network.Refuse(network.Epoch("acx", 1, ["ann", "eve"], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("a recipient twice", network.Refuse(network.Epoch("acx", 1, ["ann", "bob", "bob"], "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("unreadably", network.Refuse(network.Epoch("acx", 1, members, one => one.SealedKeys[0].MemberId = ByteString.Empty, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("another length", network.Refuse(network.Epoch("acx", 1, members, one => one.SealedKeys[0].SealedKey = ByteString.CopyFrom(new byte[79]), "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("another length", network.Refuse(network.Epoch("acx", 1, members, one => one.Commitment = ByteString.Empty, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("is not in the log", network.Refuse(network.Epoch("nowhere", 0, members, "ann", "bob")), StringComparison.Ordinal);
        Assert.Contains("cannot be read", network.Refuse(new Entry { KeyEpoch = new SignedStatement() }), StringComparison.Ordinal);
        network.Accept(network.Epoch("acx", 1, members, "ann", "bob"));
    }

    [Fact]
    public void The_first_members_are_admitted_by_the_steward_and_a_founder()
    {
        TestNetwork network = TestNetwork.With("ann", "bob", "eve");
        network.Accept(TestNetwork.Policy("acx", "ann", "ann", "bob"));
        Assert.Contains("not signed", network.Refuse(network.Change("acx", "ann", Added, 0, "ann", "eve")), StringComparison.Ordinal);
        network.Accept(network.Change("acx", "ann", Added, 0, "ann", "bob"));
    }

    [Fact]
    public void OPRF_versions_only_rise()
    {
        TestNetwork network = TestNetwork.With();
        Assert.Contains("OPRF keys of version 0", network.Refuse(new Entry { OprfKeys = new OprfKeys() }), StringComparison.Ordinal);
        network.Accept(new Entry { OprfKeys = new OprfKeys { Version = 2 } });
        Assert.Contains("name 0 evaluators", network.Refuse(new Entry { OprfKeys = new OprfKeys { Version = 2 } }), StringComparison.Ordinal); // The same version is judged as a resharing.
        Assert.Contains("come after version 2", network.Refuse(new Entry { OprfKeys = new OprfKeys { Version = 1 } }), StringComparison.Ordinal);
        network.Accept(new Entry { OprfKeys = new OprfKeys { Version = 3 } });
        Assert.Equal(3u, network.State.OprfKeys!.Version);
    }
}
