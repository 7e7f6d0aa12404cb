using Gateway.Broker.Life;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Broker.Tests;

/// <summary>What the broker makes of members' acknowledgements.</summary>
public sealed class AcknowledgementTests
{
    private static readonly TreeHash One = LiveDigest.Of([RecordId.FromBytes(new byte[32])]);

    [Fact]
    public async Task Only_a_members_own_well_formed_statement_about_this_log_is_taken()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        AcknowledgeRequest good = Sign(network, network.Steward, Size(network), MerkleHash.EmptyRoot);
        await AcknowledgeAsync(network, network.Steward, good);

        await RefusedAsync("ACKNOWLEDGEMENT_SIGNATURE", network, network.Second, good);
        await RefusedAsync("ACKNOWLEDGEMENT_SIGNATURE", network, network.Steward, Change(good, request => request.Size--));
        await RefusedAsync("ACKNOWLEDGEMENT_SIGNATURE", network, network.Steward, Change(good, request => request.Circles[0].Digest = ByteString.CopyFrom(One.ToArray())));
        await RefusedAsync("ACKNOWLEDGEMENT_MALFORMED", network, network.Steward, Change(good, request => request.Circles.Add(request.Circles[0])));
        await RefusedAsync("ACKNOWLEDGEMENT_MALFORMED", network, network.Steward, Change(good, request => request.Circles[0].Digest = ByteString.CopyFrom(new byte[31])));
        await RefusedAsync("ACKNOWLEDGEMENT_MALFORMED", network, network.Steward, Change(good, request => request.Root = ByteString.Empty));

        // Signed, but of a circle that is not the member's, of a root that is not this log's, of a size it does not have.
        await RefusedAsync("NOT_IN_CIRCLE", network, network.Outsider, Sign(network, network.Outsider, Size(network), MerkleHash.EmptyRoot));
        await RefusedAsync("ACKNOWLEDGED_OTHER_LOG", network, network.Steward, Sign(network, network.Steward, Size(network), MerkleHash.EmptyRoot, root: One));
        await RefusedAsync("ACKNOWLEDGED_OTHER_LOG", network, network.Steward, Sign(network, network.Steward, Size(network) + 1, MerkleHash.EmptyRoot, root: One));
    }

    [Fact]
    public async Task A_member_that_acknowledges_less_than_before_is_given_back_what_it_has_signed()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong before = Size(network);
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        ulong after = Size(network);
        AcknowledgeRequest larger = Sign(network, network.Steward, after, One);
        Assert.Null((await AcknowledgeAsync(network, network.Steward, larger)).Kept);
        Assert.Equal(larger, (await AcknowledgeAsync(network, network.Steward, Sign(network, network.Steward, before, MerkleHash.EmptyRoot))).Kept);
        MemberAcknowledgement kept = (await ListAsync(network)).Members.Single(member => member.Size > 0);
        Assert.Equal((after, ByteString.CopyFrom(One.ToArray())), (kept.Size, kept.Digest));
    }

    [Fact]
    public async Task Digests_that_differ_at_one_size_are_a_finding_with_both_statements_and_both_members_hear_of_it()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong size = Size(network);
        Assert.Empty((await AcknowledgeAsync(network, network.Steward, Sign(network, network.Steward, size, MerkleHash.EmptyRoot))).Differences);
        DigestDifference heard = Assert.Single((await AcknowledgeAsync(network, network.Second, Sign(network, network.Second, size, One))).Differences);
        Assert.Equal((size, 1U, 1U), (heard.Size, heard.ExpectedCount, heard.OtherCount));

        // One against one: it may be either, and neither is blamed.
        Assert.Equal((false, ByteString.Empty), (heard.IsOwn, heard.Expected));
        Assert.False(Assert.Single((await AcknowledgeAsync(network, network.Steward, Sign(network, network.Steward, size, MerkleHash.EmptyRoot))).Differences).IsOwn);

        DigestFinding finding = Assert.Single((await ListAsync(network)).Findings);
        Assert.Equal(2, finding.Stated.Count);
        foreach (StatedDigest stated in finding.Stated)
        {
            // Anyone who has the log can check that the member said so.
            AcknowledgeRequest said = stated.Acknowledgement;
            DeletionStatement statement = new(said.Size, TreeHash.FromBytes(said.Root.Span), [.. said.Circles.Select(circle => (CircleId.FromBytes(circle.CircleId.Span), TreeHash.FromBytes(circle.Digest.Span)))]);
            Assert.True(statement.IsSignedBy(network.Broker.Core.View.Current.Members[MemberId.FromBytes(stated.MemberId.Span)].NodeKey, said.Signature.Span));
        }

        // Once they agree again, nobody is told any more; the finding stays.
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        Assert.Empty((await AcknowledgeAsync(network, network.Second, Sign(network, network.Second, Size(network), One))).Differences);
        Assert.Empty((await AcknowledgeAsync(network, network.Steward, Sign(network, network.Steward, Size(network), One))).Differences);
        Assert.Single((await ListAsync(network)).Findings);
    }

    [Fact]
    public async Task Of_findings_about_the_same_members_the_newest_are_kept()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        List<ulong> sizes = [];
        for (int i = 0; i < FindingLimit.OfSameMembers + 2; i++)
        {
            network.Broker.Time.Advance(TimeSpan.FromSeconds(1));
            await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
            sizes.Add(Size(network));
            await AcknowledgeAsync(network, network.Steward, Sign(network, network.Steward, sizes[^1], MerkleHash.EmptyRoot));
            await AcknowledgeAsync(network, network.Second, Sign(network, network.Second, sizes[^1], One));
        }

        Assert.Equal(sizes.Skip(2).Reverse(), (await ListAsync(network)).Findings.Select(finding => finding.Size));
    }

    [Fact]
    public void A_member_that_states_falsehoods_does_not_push_out_findings_about_others()
    {
        const int Liar = 9;
        StoredFinding real = Finding(1, (1, 7), (2, 0), (3, 0), (Liar, 0));
        StoredFinding[] lies = [.. Enumerable.Range(2, 200).Select(size => Finding((ulong)size, (1, 0), (2, 0), (3, 0), (Liar, (byte)size)))];
        IReadOnlyList<StoredFinding> surplus = FindingLimit.SurplusOf([.. lies.Reverse(), real]);
        Assert.DoesNotContain(real, surplus);
        Assert.Equal(lies.SkipLast(FindingLimit.OfSameMembers).Reverse(), surplus);

        // Many that differ: the oldest of whom there are most go first.
        StoredFinding[] many = [.. Enumerable.Range(0, 150).Select(number => Finding((ulong)(300 + number), (1, 0), (2, 0), ((byte)(10 + (number % 15)), 1)))];
        IReadOnlyList<StoredFinding> over = FindingLimit.SurplusOf([.. many.Reverse(), real]);
        Assert.DoesNotContain(real, over);
        Assert.Equal(many.Length + 1 - FindingLimit.All, over.Count);
        Assert.Equal(over.Count, over.Distinct().Count());
        Assert.True(over.Max(finding => finding.Size) < 360);

        static StoredFinding Finding(ulong size, params (byte Member, byte Digest)[] stated)
        {
            DigestFinding finding = new() { Size = size };
            finding.Stated.AddRange(stated.Select(one => new StatedDigest { MemberId = ByteString.CopyFrom(new byte[15].Append(one.Member).ToArray()), Digest = ByteString.CopyFrom(new byte[31].Append(one.Digest).ToArray()) }));
            return new StoredFinding(CircleId.FromBytes(new byte[16]), size, DateTimeOffset.UnixEpoch.AddSeconds(size), finding.ToByteArray());
        }
    }

    [Theory]
    [InlineData(0U, 24)]
    [InlineData(2U, 2)]
    public async Task Who_has_not_acknowledged_within_the_circles_limit_is_overdue_by_name_and_a_count_for_the_circle(uint policyHours, int limitHours)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(policy: policy => policy.DeletionLimitHours = policyHours);
        SealedRecord record = network.Seal(network.Steward);
        await network.PublishOneAsync(network.Steward, record);
        await WithdrawAsync(network, network.Steward, record);
        ulong ended = Size(network);
        AcknowledgementDesk desk = await DeskAsync(network, ended);
        await AcknowledgeAsync(network, network.Steward, Sign(network, network.Steward, ended, MerkleHash.EmptyRoot));

        await desk.LoadAsync(CancellationToken.None); // What is kept is enough for a desk that begins anew.
        Assert.DoesNotContain((await desk.ListAsync(false, CancellationToken.None)).Members, member => member.Overdue);
        network.Broker.Time.Advance(TimeSpan.FromHours(limitHours) + TimeSpan.FromMinutes(1));
        MemberAcknowledgement overdue = Assert.Single((await desk.ListAsync(true, CancellationToken.None)).Members);
        Assert.Equal((ByteString.CopyFrom(network.Second.Id.ToArray()), 1UL, (uint)limitHours * 3_600), (overdue.MemberId, overdue.Outstanding, overdue.LimitSeconds));
        Assert.InRange(overdue.OutstandingSeconds, (ulong)limitHours * 3_600, (ulong)limitHours * 3_600 + 120);

        DeletionState state = (await desk.DescribeAsync(network.Steward.Id, new GetDeletionsRequest { RecordIds = { record.Submission.RecordId } }, CancellationToken.None)).Records[0];
        Assert.Equal((true, 2U, 1U), (state.Ended, state.Members, state.Acknowledged));
        Assert.Equal(-1, state.ToByteArray().AsSpan().IndexOf(network.Second.Id.ToArray()));

        // Who is not in the circle learns nothing, not even that there is such a record.
        Assert.False((await desk.DescribeAsync(network.Outsider.Id, new GetDeletionsRequest { RecordIds = { record.Submission.RecordId } }, CancellationToken.None)).Records[0].Ended);
    }

    [Fact]
    public async Task Expiry_is_outstanding_until_it_is_acknowledged()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        UtcDay today = network.Broker.Core.View.Current.Day;
        SealedRecord record = network.Steward.Seal(network.Circle, today);
        await network.PublishOneAsync(network.Steward, record);
        ulong before = Size(network);
        AcknowledgementDesk desk = await DeskAsync(network, before);
        await AcknowledgeAsync(network, network.Steward, Sign(network, network.Steward, before, LiveDigest.Of([record.Id])));

        network.Broker.Time.Advance(TimeSpan.FromDays(1));
        await network.Broker.Core.Sequencer.ChangeStateAsync(new Gateway.Broker.Sequencing.StateChange { Entries = [new Entry { Day = new Day { Day_ = today.AddDays(1).Number } }] });
        await desk.NoteAsync(Size(network), CancellationToken.None);
        await desk.LoadAsync(CancellationToken.None);
        Assert.All((await desk.ListAsync(false, CancellationToken.None)).Members, member => Assert.Equal(1UL, member.Outstanding));
        GetDeletionsRequest asked = new() { RecordIds = { record.Submission.RecordId } };
        Assert.Equal((true, 0U), ((await desk.DescribeAsync(network.Steward.Id, asked, CancellationToken.None)).Records[0].Ended, (await desk.DescribeAsync(network.Steward.Id, asked, CancellationToken.None)).Records[0].Acknowledged));
        await desk.TakeAsync(network.Steward.Id, Sign(network, network.Steward, Size(network), MerkleHash.EmptyRoot), CancellationToken.None);
        Assert.Equal(1U, (await desk.DescribeAsync(network.Steward.Id, asked, CancellationToken.None)).Records[0].Acknowledged);
        Assert.Equal(1, (await desk.ListAsync(false, CancellationToken.None)).Members.Count(member => member.Outstanding == 1));
    }

    [Fact]
    public async Task Milestones_older_than_any_end_that_is_told_apart_are_forgotten_with_each_day()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong before = Size(network);
        ManualTime time = new(network.Broker.Time.GetUtcNow());
        AcknowledgementDesk desk = new(network.Broker.Core.View, network.Broker.Core.Store, network.Broker.Core.Feeds, network.Broker.Core.Activity, time, NullLogger<AcknowledgementDesk>.Instance);
        await network.Broker.Core.Store.AddMilestoneAsync(new Gateway.Storage.Broker.LogMilestone(before, network.Broker.Core.View.Current.Day, time.GetUtcNow()), CancellationToken.None);
        await desk.LoadAsync(CancellationToken.None);
        Assert.Contains(await network.Broker.Core.Store.ReadMilestonesAsync(CancellationToken.None), milestone => milestone.Size == before);

        time.Advance(TimeSpan.FromDays(401));
        network.Broker.Time.Advance(TimeSpan.FromDays(1));
        await network.Broker.Core.Sequencer.ChangeStateAsync(new Gateway.Broker.Sequencing.StateChange { Entries = [new Entry { Day = new Day { Day_ = network.Broker.Core.View.Current.Day.AddDays(1).Number } }] });
        await desk.NoteAsync(Size(network), CancellationToken.None);
        Assert.DoesNotContain(await network.Broker.Core.Store.ReadMilestonesAsync(CancellationToken.None), milestone => milestone.Size == before);
    }

    [Fact]
    public async Task Reports_of_misbound_records_are_counted_and_name_no_contributor()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord first = network.Seal(network.Second), second = network.Seal(network.Second);
        await network.PublishOneAsync(network.Second, first);
        await network.PublishOneAsync(network.Second, second);
        await ReportAsync(network.Steward, first, MisbindCheck.KnownTagsListed);
        await ReportAsync(network.Steward, first, MisbindCheck.KnownTagsListed);
        await ReportAsync(network.Steward, second, MisbindCheck.IdentifierListed);
        Assert.Equal("RECORD_UNKNOWN", (await Assert.ThrowsAsync<RpcException>(() => ReportAsync(network.Outsider, first, MisbindCheck.Body))).ToRefusal("broker").Code);
        Assert.Equal("MISBIND_CHECK_UNKNOWN", (await Assert.ThrowsAsync<RpcException>(() => ReportAsync(network.Steward, first, MisbindCheck.Unspecified))).ToRefusal("broker").Code);
        Assert.Equal("MISBIND_SIGNATURE", (await Assert.ThrowsAsync<RpcException>(() => ReportAsync(network.Steward, first, MisbindCheck.Body, network.Second))).ToRefusal("broker").Code);

        IReadOnlyList<Gateway.Storage.Broker.MisbindTally> tallies = await network.Broker.Core.Store.ListMisbindsAsync(10, CancellationToken.None);
        Assert.Equal(2, tallies.Count);
        Assert.All(tallies, tally => Assert.Single(tally.Checks));
        ListMisboundResponse listed = await new MisbindingService.MisbindingServiceClient(network.Broker.ConnectAsOperator()).ListMisboundAsync(new ListMisboundRequest());
        Assert.All(listed.Records, record => Assert.Equal((1U, 2U, false), (record.Reports, record.OfSameContributor, record.Withdrawn)));
        Assert.Equal(-1, listed.ToByteArray().AsSpan().IndexOf(network.Second.Id.ToArray()));

        async Task ReportAsync(TestMember member, SealedRecord record, MisbindCheck check, TestMember? signer = null) => await new MisbindingService.MisbindingServiceClient(member.Connect(network.Broker)).ReportMisboundAsync(new ReportMisboundRequest
        {
            RecordId = record.Submission.RecordId, Check = check, Signature = ByteString.CopyFrom((signer ?? member).Keys.Node.Sign(RecordFormat.MisbindMessage(record.Id, check))),
        });
    }

    private static ulong Size(TestNetwork network) => network.Broker.Core.Signal.Size;

    // A desk of one's own over the broker's store: the broker's looks at its clock, which stands still here.
    private static async Task<AcknowledgementDesk> DeskAsync(TestNetwork network, ulong size)
    {
        AcknowledgementDesk desk = new(network.Broker.Core.View, network.Broker.Core.Store, network.Broker.Core.Feeds, network.Broker.Core.Activity, network.Broker.Time, NullLogger<AcknowledgementDesk>.Instance);
        await desk.LoadAsync(CancellationToken.None);
        await desk.NoteAsync(size, CancellationToken.None);
        return desk;
    }

    private static AcknowledgeRequest Sign(TestNetwork network, TestMember member, ulong size, TreeHash digest, TreeHash? root = null)
    {
        TreeHash stated = root ?? TiledTree.Open(size, network.Broker.Core.Store).Root;
        DeletionStatement statement = new(size, stated, [(network.Circle.Circle, digest)]);
        return new AcknowledgeRequest
        {
            Size = size,
            Root = ByteString.CopyFrom(stated.ToArray()),
            Circles = { new CircleDigest { CircleId = network.Circle.Circle.ToByteString(), Digest = ByteString.CopyFrom(digest.ToArray()) } },
            Signature = ByteString.CopyFrom(statement.Sign(member.Keys.Node)),
        };
    }

    private static AcknowledgeRequest Change(AcknowledgeRequest request, Action<AcknowledgeRequest> change)
    {
        AcknowledgeRequest changed = request.Clone();
        change(changed);
        return changed;
    }

    private static async Task<AcknowledgeResponse> AcknowledgeAsync(TestNetwork network, TestMember member, AcknowledgeRequest request) =>
        await new AcknowledgementsService.AcknowledgementsServiceClient(member.Connect(network.Broker)).AcknowledgeAsync(request);

    private static async Task RefusedAsync(string code, TestNetwork network, TestMember member, AcknowledgeRequest request)
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => AcknowledgeAsync(network, member, request));
        Assert.Equal(code, refused.ToRefusal("broker").Code);
    }

    private static async Task<ListAcknowledgementsResponse> ListAsync(TestNetwork network) => await (await DeskAsync(network, Size(network))).ListAsync(false, CancellationToken.None);

    private static async Task WithdrawAsync(TestNetwork network, TestMember member, SealedRecord record)
    {
        using RecordKeys keys = member.Keys.ForRecord(record.Salt);
        await network.Exchange(member).WithdrawAsync(new WithdrawRequest
        {
            RecordId = record.Submission.RecordId,
            Reason = WithdrawalReason.Mistake,
            Signature = ByteString.CopyFrom(keys.Signing.Sign(RecordFormat.WithdrawMessage(record.Id, WithdrawalReason.Mistake, null))),
        });
    }
}
