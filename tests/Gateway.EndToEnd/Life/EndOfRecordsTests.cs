using Gateway.Node.Broker;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.EndToEnd.Life;

/// <summary>Withdrawn, rectified, ended by the broker: over a real broker and real nodes.</summary>
public sealed class EndOfRecordsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_withdrawal_is_acknowledged_by_every_node_that_is_there_and_the_one_that_is_off_is_counted_without_a_name()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        (LocalNode retailer, LocalNode customs, LocalNode other) = await ThreeAsync(network);

        // Of three members one will be away: where two others had to cosign, nothing would be deleted until it is back.
        foreach (LocalNode node in new[] { retailer, customs })
        {
            await node.StopAsync();
            node.Directory.WriteSettings(node.Directory.ReadSettings() with { CosignatureQuorum = 1 });
            await node.StartAsync();
        }

        ContributionOutcome published = Assert.Single(await retailer.ContributeAsync(LocalNode.Case("acx", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        await other.UntilAsync(status => status.LiveRecords == 1, "the record");
        Assert.False((await DeletionOf(retailer, published.RecordId)).Ended);

        await other.StopAsync();
        await retailer.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = published.RecordId, Reason = WithdrawalReason.Mistake });
        DeletionState state = await UntilAsync(() => DeletionOf(retailer, published.RecordId), found => found.Acknowledged == 2);
        Assert.Equal((true, 3U, 24U * 3_600), (state.Ended, state.Members, state.LimitSeconds));
        Assert.False(Assert.Single(state.Waiting).Online);

        ListAcknowledgementsResponse named = await ListAsync(network);
        Assert.Equal(["other"], named.Members.Where(member => member.Outstanding > 0).Select(member => member.MemberName));
        Assert.DoesNotContain(named.Members, member => member.Overdue);

        await other.StartAsync();
        state = await UntilAsync(() => DeletionOf(customs, published.RecordId), found => found.Acknowledged == 3);
        Assert.Empty(state.Waiting);

        // At one size, one digest.
        named = await UntilAsync(() => ListAsync(network), all => all.Members.Select(member => member.Size).Distinct().Count() == 1);
        Assert.Single(named.Members.Select(member => member.Digest).Distinct());
        Assert.Empty(named.Findings);
        foreach (LocalNode node in new[] { retailer, customs, other }) Assert.Empty((await node.StatusAsync()).Alarms);
    }

    [Fact]
    public async Task A_rectified_record_is_replaced_everywhere_and_the_hit_is_the_replacements()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        (LocalNode retailer, LocalNode customs, _) = await ThreeAsync(network);
        Contribution wrong = LocalNode.Case("acx", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example");
        ContributionOutcome published = Assert.Single(await retailer.ContributeAsync(wrong));
        Contribution right = wrong.Clone();
        right.Circle = "";
        right.Summary.EvidenceGrade = EvidenceGrade.CourtDecision;
        RectifyResponse rectified = await retailer.Life.RectifyAsync(new RectifyRequest { RecordId = published.RecordId, Contribution = right });
        Assert.Equal((ContributionState.Published, "case-1"), (rectified.Outcome.State, rectified.Outcome.Reference));
        Assert.True(rectified.WithdrawalIndex > rectified.Outcome.Index);

        await customs.UntilAsync(status => status.LogSize > rectified.WithdrawalIndex, "the rectification");
        ScreeningResult hit = await customs.ScreenAsync(LocalNode.ShipmentOf("S1", "Someone Else Ltd", "sales@bad-shoes.example"));
        Hit only = Assert.Single(hit.Hits);
        Assert.Equal((rectified.Outcome.RecordId, EvidenceGrade.CourtDecision), (only.RecordId, only.Summary.EvidenceGrade));
        RecordLine old = (await RecordsAsync(customs)).Single(line => line.RecordId == published.RecordId);
        Assert.Equal(("WITHDRAWN", rectified.Outcome.RecordId), (old.State, old.ReplacementId));

        // The corrected case is the one that is known under the reference; the record that is gone is not rectified again.
        right.Circle = "acx";
        Assert.True(Assert.Single(await retailer.ContributeAsync(right)).AlreadyKnown);
        RpcException again = await Assert.ThrowsAsync<RpcException>(async () => await retailer.Life.RectifyAsync(new RectifyRequest { RecordId = published.RecordId, Contribution = right }));
        Assert.Contains(again.ToRefusal("node").Code, new[] { "RECORD_NOT_PUBLISHED", "RECORD_ENDED" });
        RpcException foreign = await Assert.ThrowsAsync<RpcException>(async () => await customs.Life.RectifyAsync(new RectifyRequest { RecordId = rectified.Outcome.RecordId, Contribution = right }));
        Assert.Equal("RECORD_NOT_OWN", foreign.ToRefusal("node").Code);
    }

    [Fact]
    public async Task Two_operators_withdraw_a_record_on_a_legal_basis_and_its_contributor_hears_of_it()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        (LocalNode retailer, LocalNode customs, _) = await ThreeAsync(network);
        ContributionOutcome published = Assert.Single(await retailer.ContributeAsync(LocalNode.Case("acx", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record");

        // One operator alone does not end a record, and nobody without a ground.
        RpcException groundless = await Assert.ThrowsAsync<RpcException>(() => network.Operators.ProposeAsync(new Change { RecordWithdrawal = new RecordWithdrawalChange { RecordId = published.RecordId, CaseReference = "order 7" } }));
        Assert.Equal("LEGAL_BASIS_INVALID", groundless.ToRefusal("broker").Code);
        ChangeRecord proposed = await network.Operators.ProposeAsync(new Change { RecordWithdrawal = new RecordWithdrawalChange { RecordId = published.RecordId, LegalBasis = WithdrawalBasis.CourtOrder, CaseReference = "order 7" } });
        Assert.Equal(1UL, (await customs.StatusAsync()).LiveRecords);
        ApproveChangeResponse approved = await network.Operators.ApproveAsync(proposed);

        await customs.UntilAsync(status => status.LiveRecords == 0 && status.LogSize > approved.Change.Index, "the withdrawal");
        Assert.Empty((await customs.StatusAsync()).Alarms);
        GetStatusResponse mine = await retailer.UntilAsync(status => status.Alarms.Count > 0, "the alarm");
        Assert.Equal("RECORD_WITHDRAWN_BY_BROKER", Assert.Single(mine.Alarms).Error.Code);
        await UntilAsync(() => DeletionOf(retailer, published.RecordId), found => found.Acknowledged == 3);
        Assert.Equal("WITHDRAWN", (await RecordsAsync(retailer)).Single().State);
    }

    [Fact]
    public async Task What_is_held_about_somebody_is_found_and_never_from_whom_it_came()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        (LocalNode retailer, LocalNode customs, _) = await ThreeAsync(network);
        ContributionOutcome published = Assert.Single(await retailer.ContributeAsync(LocalNode.Case("acx", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record");
        await customs.ScreenAsync(LocalNode.ShipmentOf("S1", "Someone Else Ltd", "sales@bad-shoes.example"));
        await customs.Watch.RegisterSellerAsync(new RegisterSellerRequest
        {
            Seller = new Seller { Reference = "account-1", Party = new Party { Kind = SubjectKind.Organisation, Name = "Bad Shoes", Identifiers = { new StatedIdentifier { Type = 1, Value = "sales@bad-shoes.example" } } } }, WaitMilliseconds = 60_000,
        });

        FindSubjectRequest request = new() { Party = new Party { Identifiers = { new StatedIdentifier { Type = 1, Value = "Sales@Bad-Shoes.example" } } }, WaitMilliseconds = 60_000 };
        FindSubjectResponse answer = await customs.Life.FindSubjectAsync(request);
        SubjectRecord record = Assert.Single(answer.Records);
        Assert.Equal((published.RecordId, "acx", "Test", "Test"), (record.RecordId, record.Circle, record.Purpose, record.LegalBasis));
        Assert.Equal(EvidenceGrade.SeizureConfirmed, record.Summary.EvidenceGrade);
        Assert.True(record.PublishedDay > 20_000);
        Assert.Contains(answer.Holdings, holding => holding.Kind == SubjectHoldingKind.Shipment && holding.Reference == "S1" && holding.UntilDay > holding.SinceDay);
        Assert.Contains(answer.Holdings, holding => holding.Kind == SubjectHoldingKind.Seller && holding.Reference == "account-1");
        Assert.Contains(answer.Holdings, holding => holding.Kind == SubjectHoldingKind.LookedUp);
        byte[] bytes = answer.ToByteArray();
        Assert.Equal(-1, bytes.AsSpan().IndexOf(retailer.Member.ToArray()));
        Assert.Equal(-1, bytes.AsSpan().IndexOf("retailer"u8));

        // Who asked is in the audit chain of the node, what was asked is not.
        using AsyncServerStreamingCall<ReadAuditResponse> audit = customs.Officers.ReadAudit(new ReadAuditRequest());
        List<string> actions = [];
        await foreach (ReadAuditResponse page in audit.ResponseStream.ReadAllAsync()) actions.AddRange(page.Entries.Select(entry => entry.Action));
        Assert.Contains("FindSubject", actions);

        await retailer.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = published.RecordId, Reason = WithdrawalReason.Mistake });
        await customs.UntilAsync(status => status.LiveRecords == 0, "the withdrawal");
        Assert.Empty((await customs.Life.FindSubjectAsync(request)).Records);
        RpcException nothing = await Assert.ThrowsAsync<RpcException>(async () => await customs.Life.FindSubjectAsync(new FindSubjectRequest()));
        Assert.Equal("NOTHING_TO_FIND", nothing.ToRefusal("node").Code);
    }

    internal static async Task<(LocalNode Retailer, LocalNode Customs, LocalNode Other)> ThreeAsync(LocalNetwork network)
    {
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        LocalNode other = await network.AddNodeAsync("other", MemberRole.Retailer);
        await network.CreateCircleAsync("acx", customs, retailer, other);
        return (retailer, customs, other);
    }

    private static async Task<DeletionState> DeletionOf(LocalNode node, ByteString record) =>
        (await node.Life.GetRecordDeletionsAsync(new GetRecordDeletionsRequest { RecordIds = { record } })).Records[0];

    private static async Task<ListAcknowledgementsResponse> ListAsync(LocalNetwork network)
    {
        using BrokerConnection connection = network.AsOperator();
        return await new AcknowledgementsService.AcknowledgementsServiceClient(connection.Invoker).ListAcknowledgementsAsync(new ListAcknowledgementsRequest());
    }

    private static async Task<IReadOnlyList<RecordLine>> RecordsAsync(LocalNode node)
    {
        List<RecordLine> lines = [];
        using AsyncServerStreamingCall<ListRecordsResponse> call = node.Contributions.ListRecords(new ListRecordsRequest());
        await foreach (ListRecordsResponse page in call.ResponseStream.ReadAllAsync()) lines.AddRange(page.Records);
        return lines;
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            T now = await read();
            if (holds(now)) return now;
            if (patience.IsCancellationRequested) throw new TimeoutException($"It stays {now}");
            await Task.Delay(100);
        }
    }
}
