using Gateway.Broker.Administration;
using Gateway.Broker.Hosting;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>Four eyes at the service; that the store holds the rule too is tested with the store.</summary>
public sealed class ChangeDeskTests
{
    [Fact]
    public async Task One_operator_proposes_another_approves_and_the_entry_is_in_the_log_once()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong before = network.Broker.Core.Signal.Size;
        ChangeRecord proposed = await network.Broker.ProposeAsync(Expulsion(network.Outsider));
        Assert.Equal((ChangeState.Open, TestBroker.FirstOperator, before), (proposed.State, proposed.Author, network.Broker.Core.Signal.Size));

        ApproveChangeResponse approved = await network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id });
        Assert.Equal((ChangeState.Executed, TestBroker.OtherOperator, before), (approved.Change.State, approved.Change.DecidedBy, approved.Change.Index));
        Assert.Equal(MemberStanding.Expelled, network.Broker.Core.View.Current.Members[network.Outsider.Id].Standing);
        Assert.Empty((await network.Broker.Operator.ListChangesAsync(new ListChangesRequest())).Changes);
        Assert.Contains(proposed.Id, (await network.Broker.Operator.ListChangesAsync(new ListChangesRequest { IncludeDecided = true })).Changes.Select(change => change.Id));

        await AssertRefusedAsync("CHANGE_NOT_OPEN", network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id }));
        await AssertRefusedAsync("STANDING_UNCHANGED", network.Broker.Operator.ProposeChangeAsync(new ProposeChangeRequest { Change = Expulsion(network.Outsider) }));
        Assert.Equal(before + 1, network.Broker.Core.Signal.Size);
    }

    [Fact]
    public async Task Nobody_approves_what_he_proposed()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ChangeRecord proposed = await network.Broker.ProposeAsync(Expulsion(network.Outsider));
        await AssertRefusedAsync("OWN_CHANGE", network.Broker.Operator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id }));
        RefusalException refused = await Assert.ThrowsAsync<RefusalException>(() => network.Broker.Core.Changes.ApproveAsync(TestBroker.FirstOperator.ToUpperInvariant(), proposed.Id, CancellationToken.None));
        Assert.Equal("OWN_CHANGE", refused.Refusal.Code);
        Assert.Equal(MemberStanding.Active, network.Broker.Core.View.Current.Members[network.Outsider.Id].Standing);
    }

    [Fact]
    public async Task Of_approvals_at_once_one_executes()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong before = network.Broker.Core.Signal.Size;
        ChangeRecord proposed = await network.Broker.ProposeAsync(Expulsion(network.Outsider));
        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                return (await network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id })).Change.State.ToString();
            }
            catch (RpcException refused)
            {
                return refused.ToRefusal("broker").Code;
            }
        }));
        Assert.Equal(1, outcomes.Count(outcome => outcome == nameof(ChangeState.Executed)));
        Assert.Equal(7, outcomes.Count(outcome => outcome == "CHANGE_NOT_OPEN"));
        Assert.Equal(before + 1, network.Broker.Core.Signal.Size);
    }

    [Fact]
    public async Task What_is_rejected_or_too_old_is_not_approved()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ChangeRecord rejected = await network.Broker.ProposeAsync(Expulsion(network.Outsider)), old = await network.Broker.ProposeAsync(Expulsion(network.Outsider));
        Assert.Equal(ChangeState.Rejected, (await network.Broker.Operator.RejectChangeAsync(new RejectChangeRequest { Id = rejected.Id })).Change.State);
        await AssertRefusedAsync("CHANGE_NOT_OPEN", network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = rejected.Id }));
        network.Broker.Time.Advance(ChangeDesk.DefaultLifetime);
        await AssertRefusedAsync("CHANGE_NOT_OPEN", network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = old.Id }));
        await AssertRefusedAsync("CHANGE_NOT_OPEN", network.Broker.SecondOperator.RejectChangeAsync(new RejectChangeRequest { Id = old.Id }));
        Assert.Equal(ChangeState.Expired, (await network.Broker.Operator.ListChangesAsync(new ListChangesRequest { IncludeDecided = true })).Changes.Single(change => change.Id == old.Id).State);
        await AssertRefusedAsync("CHANGE_UNKNOWN", network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = 99 }));
        await AssertRefusedAsync("CHANGE_UNKNOWN", network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = ulong.MaxValue }));
        Assert.Equal(MemberStanding.Active, network.Broker.Core.View.Current.Members[network.Outsider.Id].Standing);
    }

    [Fact]
    public async Task A_change_is_checked_again_when_it_is_approved()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ChangeRecord first = await network.Broker.ProposeAsync(Expulsion(network.Outsider)), second = await network.Broker.ProposeAsync(Expulsion(network.Outsider));
        await network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = first.Id });
        await AssertRefusedAsync("STANDING_UNCHANGED", network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = second.Id }));
    }

    [Fact]
    public async Task A_suspension_takes_one_operator_and_its_end_takes_two()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ByteString member = ByteString.CopyFrom(network.Outsider.Id.ToArray());
        ChangeRecord suspended = await network.Broker.ProposeAsync(new Change { Suspension = new SuspensionChange { MemberId = member, Reason = MembershipReason.Compromised } });
        Assert.Equal((ChangeState.Executed, TestBroker.FirstOperator), (suspended.State, suspended.DecidedBy));
        Assert.Equal(MemberStanding.Suspended, network.Broker.Core.View.Current.Members[network.Outsider.Id].Standing);

        ChangeRecord back = await network.Broker.ProposeAsync(new Change { Reinstatement = new ReinstatementChange { MemberId = member, Reason = MembershipReason.Settled } });
        Assert.Equal(ChangeState.Open, back.State);
        Assert.Equal(MemberStanding.Suspended, network.Broker.Core.View.Current.Members[network.Outsider.Id].Standing);
        await network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = back.Id });
        Assert.Equal(MemberStanding.Active, network.Broker.Core.View.Current.Members[network.Outsider.Id].Standing);
    }

    [Fact]
    public async Task A_change_without_a_kind_a_member_or_a_reason_is_not_proposed()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Change noReason = Expulsion(network.Outsider), unknown = Expulsion(network.Outsider);
        noReason.Expulsion.Reason = MembershipReason.Unspecified;
        unknown.Expulsion.MemberId = ByteString.CopyFrom(new byte[16]);
        await AssertRefusedAsync("CHANGE_KIND", network.Broker.Operator.ProposeChangeAsync(new ProposeChangeRequest()));
        await AssertRefusedAsync("CHANGE_KIND", network.Broker.Operator.ProposeChangeAsync(new ProposeChangeRequest { Change = new Change() }));
        await AssertRefusedAsync("REASON_INVALID", network.Broker.Operator.ProposeChangeAsync(new ProposeChangeRequest { Change = noReason }));
        await AssertRefusedAsync("MEMBER_NOT_FOUND", network.Broker.Operator.ProposeChangeAsync(new ProposeChangeRequest { Change = unknown }));
    }

    [Fact]
    public async Task Changes_and_who_decided_them_are_there_after_a_restart()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ChangeRecord proposed = await network.Broker.ProposeAsync(Expulsion(network.Outsider));
        await network.Broker.RestartAsync();
        await network.Broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id });
        await network.Broker.RestartAsync();
        ChangeRecord kept = (await network.Broker.Operator.ListChangesAsync(new ListChangesRequest { IncludeDecided = true })).Changes.Single(change => change.Id == proposed.Id);
        Assert.Equal((ChangeState.Executed, TestBroker.FirstOperator, TestBroker.OtherOperator), (kept.State, kept.Author, kept.DecidedBy));
        Assert.Equal(MemberStanding.Expelled, network.Broker.Core.View.Current.Members[network.Outsider.Id].Standing);
    }

    private static Change Expulsion(TestMember member) => new() { Expulsion = new ExpulsionChange { MemberId = ByteString.CopyFrom(member.Id.ToArray()), Reason = MembershipReason.RulesBroken } };

    private static async Task AssertRefusedAsync<T>(string code, AsyncUnaryCall<T> call)
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(code, refused.ToRefusal("broker").Code);
    }
}
