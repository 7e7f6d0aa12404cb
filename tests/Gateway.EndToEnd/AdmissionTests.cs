using System.Diagnostics;
using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Gateway.Storage.Audit;
using Google.Protobuf;
using Grpc.Core;
using Xunit.Abstractions;

namespace Gateway.EndToEnd;

/// <summary>A member's way in and out, by its officers at real nodes and the operators at a real broker.</summary>
public sealed class AdmissionTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_fourth_member_comes_in_by_its_sponsors_and_one_leaves_and_one_is_expelled()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode one = await network.AddNodeAsync("one", MemberRole.Retailer), two = await network.AddNodeAsync("two", MemberRole.Retailer), customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, one, two);

        // Sponsors see what they sign, at their own nodes; what changed since is not signed.
        NodeDirectory folder = new(Path.Combine(network.Folder, "brand"));
        NodeEnrolment enrolment = new(RandomSource.System);
        ApplicationFile application = enrolment.Apply(folder, network.Operators.Network, "brand", MemberRole.RightsHolder, new Contacts { Name = "Lee", Email = "lee@brand.example", Phone = "+39 02 4" });
        (SignedStatement statement, MemberJoined joined) = NodeEnrolment.StatementOf(application);
        ChangeRecord proposed = await network.Operators.ProposeAsync(new Change { Admission = new AdmissionChange { MemberJoined = statement, Contacts = new Contacts { Name = "Lee", Email = "lee@brand.example", Phone = "+39 02 4" }, ValidSeconds = 3_600 } });
        Application shown = (await one.Officers.ListOpenApplicationsAsync(new ListOpenApplicationsRequest())).Applications.Single();
        Assert.Equal(joined, MemberJoined.Parser.ParseFrom(shown.MemberJoined.Body));
        Assert.Equal("lee@brand.example", shown.Contacts.Email);
        ByteString fingerprint = ByteString.CopyFrom(SHA256.HashData(shown.MemberJoined.Body.Span));
        Assert.Equal("APPLICATION_CHANGED", await CodeAsync(async () => await one.Officers.VouchForAsync(new VouchForRequest { Id = shown.Id, Fingerprint = ByteString.CopyFrom(new byte[32]) })));
        Assert.Equal(1u, (await one.Officers.VouchForAsync(new VouchForRequest { Id = shown.Id, Fingerprint = fingerprint })).SponsorCount);
        Assert.Equal(2u, (await customs.Officers.VouchForAsync(new VouchForRequest { Id = shown.Id, Fingerprint = fingerprint })).SponsorCount);
        AdmissionInvitation invitation = (await network.Operators.ApproveAsync(proposed)).Invitation;
        NetworkFile file = network.Operators.Network;
        await enrolment.EnrolAsync(folder, new InvitationFile { Network = file.Network, Broker = file.Broker, CertificateAuthority = file.CertificateAuthority, GenesisHash = file.GenesisHash, MemberId = Convert.ToHexStringLower(joined.MemberId.Span), Name = "brand", Role = "RIGHTS_HOLDER", Token = Convert.ToHexStringLower(invitation.Token.Span), ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(invitation.ExpiresAt) }, 0, CancellationToken.None);

        // Expelled: the node knows why, its feed has no fault, and the others go on.
        await customs.UntilAsync(status => status.BrokerConnected, "the feed");
        await network.Operators.DecideAsync(new Change { Expulsion = new ExpulsionChange { MemberId = ByteString.CopyFrom(two.Member.ToArray()), Reason = MembershipReason.FalseRecords } });
        long since = Stopwatch.GetTimestamp();
        GetStatusResponse expelled = await two.UntilAsync(status => status.Alarms.Any(alarm => alarm.Error.Code == "MEMBER_EXPELLED") && !status.BrokerConnected, "knowing that it is expelled");
        output.WriteLine($"The expelled member's feed was cut and its node knew {Stopwatch.GetElapsedTime(since).TotalMilliseconds:0} ms after the entry (R8: within 10 s)");
        Assert.Empty(expelled.Alarms.Select(alarm => alarm.Error.Code).Except(["MEMBER_EXPELLED", "CIRCLE_LEFT"])); // And no fault of the feed.
        Assert.Equal("MEMBER_EXPELLED", await CodeAsync(async () => await two.Officers.ListOpenApplicationsAsync(new ListOpenApplicationsRequest())));

        // Left: by its own officer, who has to name the member.
        Assert.Equal("MEMBER_NOT_THIS", await CodeAsync(async () => await one.Officers.LeaveNetworkAsync(new LeaveNetworkRequest { MemberId = ByteString.CopyFrom(new byte[16]) })));
        ulong index = (await one.Officers.LeaveNetworkAsync(new LeaveNetworkRequest { MemberId = ByteString.CopyFrom(one.Member.ToArray()) })).Index;
        await one.UntilAsync(status => status.Alarms.Any(alarm => alarm.Error.Code == "MEMBER_LEFT"), "knowing that it has left");
        GetStatusResponse last = await customs.UntilAsync(status => status.LogSize > index, "the departure");
        Assert.Empty(last.Alarms);
        Assert.Equal(1u, last.Circles.Single().MemberCount);
        Assert.Equal(MemberStanding.Active, last.Standing);

        // What the officer did is in the node's chain, without the words.
        List<AuditEntry> chain = await one.Officers.ReadAudit(new ReadAuditRequest { From = 1 }).ResponseStream.ReadAllAsync().SelectMany(page => page.Entries).ToListAsync();
        Assert.Equal(["Accept done", "VouchFor APPLICATION_CHANGED", "VouchFor done", "LeaveNetwork MEMBER_NOT_THIS", "LeaveNetwork done"], chain.Select(entry => $"{entry.Action} {entry.Outcome}"));
        Assert.Null((await AuditChain.VerifyAsync(chain.ToAsyncEnumerable(), null, CancellationToken.None)).Fault);
    }

    [Fact]
    public async Task A_suspended_member_screens_on_says_why_it_is_cut_off_and_comes_back()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode one = await network.AddNodeAsync("one", MemberRole.Retailer), customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, one);
        ContributionOutcome published = (await one.ContributeAsync(LocalNode.Case("protocol", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example"))).Single();
        Assert.Equal(ContributionState.Published, published.State);
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record");
        Shipment shipment = LocalNode.ShipmentOf("s-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example");
        Assert.NotEmpty((await customs.ScreenAsync(shipment)).Hits);

        ByteString member = ByteString.CopyFrom(customs.Member.ToArray());
        await network.Operators.ProposeAsync(new Change { Suspension = new SuspensionChange { MemberId = member, Reason = MembershipReason.ExcessiveQueries } });
        GetStatusResponse suspended = await customs.UntilAsync(status => status.Alarms.Any(alarm => alarm.Error.Code == "MEMBER_SUSPENDED") && !status.BrokerConnected, "knowing that it is suspended");
        Assert.Equal(["MEMBER_SUSPENDED"], suspended.Alarms.Select(alarm => alarm.Error.Code).Distinct());
        Assert.NotEmpty((await customs.ScreenAsync(shipment)).Hits);

        await network.Operators.DecideAsync(new Change { Reinstatement = new ReinstatementChange { MemberId = member, Reason = MembershipReason.Settled } });
        GetStatusResponse back = await customs.UntilAsync(status => status.BrokerConnected && status.Standing == MemberStanding.Active, "being served again");
        GetStatusResponse other = await one.UntilAsync(status => status.LogSize >= back.LogSize, "the log");
        Assert.Equal(other.LogRoot, (await customs.UntilAsync(status => status.LogSize >= other.LogSize, "the log")).LogRoot);
    }

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("node").Code;
}
