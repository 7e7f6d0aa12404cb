using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>Who comes after the first three is vouched for by two members.</summary>
public sealed class SponsorTests
{
    [Fact]
    public async Task The_fourth_member_is_approved_with_two_sponsors_and_its_entry_carries_their_signatures()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Applicant applicant = new(network.Broker, "Brand", MemberRole.RightsHolder);
        ChangeRecord proposed = await network.Broker.ProposeAsync(applicant.Admission());
        ApproveChangeRequest approval = new() { Id = proposed.Id };
        await AssertRefusedAsync("SPONSORS_MISSING", async () => await network.Broker.SecondOperator.ApproveChangeAsync(approval));

        Application shown = (await Membership(network, network.Steward).ListApplicationsAsync(new ListApplicationsRequest())).Applications.Single();
        Assert.Equal(("Brand", "alex@example.org"), (MemberJoined.Parser.ParseFrom(shown.MemberJoined.Body).Name, shown.Contacts.Email));
        Assert.Equal(1u, await network.Steward.SponsorAsync(network.Broker, shown.Id, shown.MemberJoined));
        Assert.Equal(1u, await network.Steward.SponsorAsync(network.Broker, shown.Id, shown.MemberJoined));
        await AssertRefusedAsync("SPONSORS_MISSING", async () => await network.Broker.SecondOperator.ApproveChangeAsync(approval));
        Assert.Equal(2u, await network.Outsider.SponsorAsync(network.Broker, shown.Id, shown.MemberJoined));

        ByteString token = (await network.Broker.SecondOperator.ApproveChangeAsync(approval)).Invitation.Token;
        EnrolResponse enrolled = await new MembershipService.MembershipServiceClient(network.Broker.Connect(null)).EnrolAsync(applicant.Enrolment(token));
        byte[] entry = (await network.Broker.Core.Store.ReadLeafAsync(enrolled.Index, CancellationToken.None))!.Entry;
        Assert.Equal(3, Entry.Parser.ParseFrom(entry).MemberJoined.Signatures.Count);
        Assert.Empty((await Membership(network, network.Steward).ListApplicationsAsync(new ListApplicationsRequest())).Applications);
    }

    [Fact]
    public async Task A_sponsor_signs_in_its_own_name_what_is_proposed_and_while_it_is_open()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Applicant applicant = new(network.Broker, "Brand", MemberRole.RightsHolder), another = new(network.Broker, "Other", MemberRole.RightsHolder);
        ChangeRecord proposed = await network.Broker.ProposeAsync(applicant.Admission());
        MembershipService.MembershipServiceClient client = Membership(network, network.Steward);
        await AssertRefusedAsync("STATEMENT_SIGNATURE", async () => await client.SponsorApplicationAsync(new SponsorApplicationRequest { Id = proposed.Id }));
        await AssertRefusedAsync("STATEMENT_SIGNATURE", async () => await client.SponsorApplicationAsync(new SponsorApplicationRequest { Id = proposed.Id, Signature = network.Second.Sign(network.Broker, applicant.Statement) }));
        await AssertRefusedAsync("STATEMENT_SIGNATURE", async () => await client.SponsorApplicationAsync(new SponsorApplicationRequest { Id = proposed.Id, Signature = network.Steward.Sign(network.Broker, another.Statement) }));
        await AssertRefusedAsync("APPLICATION_UNKNOWN", async () => await client.SponsorApplicationAsync(new SponsorApplicationRequest { Id = 99, Signature = network.Steward.Sign(network.Broker, applicant.Statement) }));
        await network.Broker.Operator.RejectChangeAsync(new RejectChangeRequest { Id = proposed.Id });
        await AssertRefusedAsync("APPLICATION_UNKNOWN", () => network.Steward.SponsorAsync(network.Broker, proposed.Id, applicant.Statement));
    }

    [Fact]
    public async Task A_sponsor_that_is_suspended_before_the_approval_does_not_count()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Applicant applicant = new(network.Broker, "Brand", MemberRole.RightsHolder);
        ChangeRecord proposed = await network.Broker.ProposeAsync(applicant.Admission());
        await network.Steward.SponsorAsync(network.Broker, proposed.Id, applicant.Statement);
        await network.Second.SponsorAsync(network.Broker, proposed.Id, applicant.Statement);
        await network.Broker.ProposeAsync(new Change { Suspension = new SuspensionChange { MemberId = ByteString.CopyFrom(network.Second.Id.ToArray()), Reason = MembershipReason.Compromised } });
        await AssertRefusedAsync("SPONSORS_MISSING", async () => await network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id }));
        await network.Outsider.SponsorAsync(network.Broker, proposed.Id, applicant.Statement);
        await network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id });
    }

    private static MembershipService.MembershipServiceClient Membership(TestNetwork network, TestMember member) => new(member.Connect(network.Broker));

    private static async Task AssertRefusedAsync(string code, Func<Task> call)
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(code, refused.ToRefusal("broker").Code);
    }
}
