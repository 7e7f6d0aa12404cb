using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>Four eyes, enforced by the store whoever calls it.</summary>
public abstract partial class BrokerStoreConformance
{
    public static TheoryData<Change.KindOneofCase> KindsThatTakeTwo => [.. Enum.GetValues<Change.KindOneofCase>().Where(kind => kind is not (Change.KindOneofCase.None or Change.KindOneofCase.Suspension))];

    [Fact]
    public async Task A_change_is_kept_numbered_and_decided_with_what_it_brings()
    {
        await using IBrokerStore store = await OpenAsync();
        long first = await store.Changes.AddAsync(Proposal(), None), second = await store.Changes.AddAsync(Proposal("bob"), None);
        Assert.Equal((1, 2), (first, second));
        Assert.Equivalent(new StoredChange(1, Proposal(), ChangeState.Open, null, null, null), await store.Changes.FindAsync(1, None), strict: true);
        Assert.Null(await store.Changes.FindAsync(3, None));
        await store.Changes.DecideAsync(Execution(1), None);
        Assert.Equivalent(new StoredChange(1, Proposal(), ChangeState.Executed, "bob", Noon.AddHours(1), null), await store.Changes.FindAsync(1, None), strict: true);
        Assert.Equal([2], (await store.Changes.ListAsync(undecidedOnly: true, 10, None)).Select(change => change.Number));
        Assert.Equal([2, 1], (await store.Changes.ListAsync(undecidedOnly: false, 10, None)).Select(change => change.Number));
        Assert.Equal([2], (await store.Changes.ListAsync(undecidedOnly: false, 1, None)).Select(change => change.Number));
    }

    [Theory]
    [MemberData(nameof(KindsThatTakeTwo))]
    public async Task Nobody_executes_a_change_of_his_own_in_whatever_letter_case(Change.KindOneofCase kind)
    {
        await using IBrokerStore store = await OpenAsync();
        long number = await store.Changes.AddAsync(Proposal("ann") with { Kind = kind }, None);
        foreach (string same in (string[])["ann", "Ann", "ANN", " ann ", "ann "])
        {
            await AssertNotOpenAsync(store, Execution(number, same));
            await Assert.ThrowsAsync<ChangeDecidedException>(async () => await store.AppendAsync(Append(DayLeaf(0)) with { Decisions = [Execution(number, same) with { Index = 0 }] }, None));
        }

        Assert.Null(await store.ReadHeadAsync(None));
        await store.Changes.DecideAsync(Execution(number), None);
    }

    [Fact]
    public async Task A_suspension_takes_one_operator_and_a_rejection_too()
    {
        await using IBrokerStore store = await OpenAsync();
        long suspension = await store.Changes.AddAsync(Proposal("ann") with { Kind = Change.KindOneofCase.Suspension }, None);
        await store.AppendAsync(Append(DayLeaf(0)) with { Decisions = [Execution(suspension, "ann") with { Index = 0 }] }, None);
        Assert.Equal(0UL, (await store.Changes.FindAsync(suspension, None))!.Index);
        long expulsion = await store.Changes.AddAsync(Proposal("ann"), None);
        await store.Changes.DecideAsync(Execution(expulsion, "ann") with { State = ChangeState.Rejected }, None);
    }

    [Theory]
    [InlineData(ChangeState.Executed)]
    [InlineData(ChangeState.Rejected)]
    public async Task What_is_decided_is_not_decided_again(ChangeState decided)
    {
        await using IBrokerStore store = await OpenAsync();
        long number = await store.Changes.AddAsync(Proposal(), None);
        await store.Changes.DecideAsync(Execution(number) with { State = decided }, None);
        await AssertNotOpenAsync(store, Execution(number));
        await AssertNotOpenAsync(store, Execution(number, "cid"));
        await AssertNotOpenAsync(store, Execution(number, "cid") with { State = ChangeState.Rejected });
        await Assert.ThrowsAsync<ChangeDecidedException>(async () => await store.AppendAsync(Append(DayLeaf(0)) with { Decisions = [Execution(number, "cid") with { Index = 0 }] }, None));
        Assert.Null(await store.ReadHeadAsync(None));
        Assert.Equal((decided, "bob"), ((await store.Changes.FindAsync(number, None)) is { } change ? (change.State, change.DecidedBy) : default));
    }

    [Fact]
    public async Task Executed_changes_of_a_kind_are_counted_however_many_were_proposed_since()
    {
        await using IBrokerStore store = await OpenAsync();
        for (int i = 0; i < 2; i++) await store.Changes.DecideAsync(Execution(await store.Changes.AddAsync(Proposal() with { Kind = Change.KindOneofCase.Reveal }, None)), None);
        await store.Changes.DecideAsync(Execution(await store.Changes.AddAsync(Proposal() with { Kind = Change.KindOneofCase.Reveal }, None)) with { State = ChangeState.Rejected }, None);
        await store.Changes.DecideAsync(Execution(await store.Changes.AddAsync(Proposal(), None)), None);
        for (int i = 0; i < 20; i++) await store.Changes.AddAsync(Proposal() with { Kind = Change.KindOneofCase.Reveal }, None);
        Assert.Equal(2, await store.Changes.CountExecutedAsync(Change.KindOneofCase.Reveal, Noon, None));
        Assert.Equal(0, await store.Changes.CountExecutedAsync(Change.KindOneofCase.Reveal, Noon.AddHours(1), None));
    }

    [Fact]
    public async Task What_has_expired_or_was_never_proposed_is_not_executed()
    {
        await using IBrokerStore store = await OpenAsync();
        long number = await store.Changes.AddAsync(Proposal(), None);
        await AssertNotOpenAsync(store, Execution(number) with { At = Noon.AddDays(7) });
        await AssertNotOpenAsync(store, Execution(99));
        await AssertNotOpenAsync(store, Execution(number) with { State = ChangeState.Open });
        await store.Changes.DecideAsync(Execution(number) with { At = Noon.AddDays(7).AddTicks(-1) }, None);
    }

    [Fact]
    public async Task Of_many_approvals_at_once_exactly_one_executes()
    {
        await using IBrokerStore store = await OpenAsync();
        long number = await store.Changes.AddAsync(Proposal(), None);
        bool[] executed = await Task.WhenAll(Enumerable.Range(0, 20).Select(approver => Task.Run(async () =>
        {
            try
            {
                await store.Changes.DecideAsync(Execution(number, $"approver-{approver}") with { AdmittedOperator = $"op-{approver}" }, None);
                return true;
            }
            catch (ChangeDecidedException)
            {
                return false;
            }
        })));
        Assert.Single(executed, won => won);
        Assert.Single(await store.Changes.ReadOperatorsAsync(None));
    }

    [Fact]
    public async Task Sponsors_sign_an_open_admission_once_each()
    {
        await using IBrokerStore store = await OpenAsync();
        long number = await store.Changes.AddAsync(Proposal() with { Kind = Change.KindOneofCase.Admission }, None);
        await store.Changes.AddSponsorAsync(number, Member(1), Bytes("signature", 1, 64), None);
        await store.Changes.AddSponsorAsync(number, Member(1), Bytes("signature", 2, 64), None);
        await store.Changes.AddSponsorAsync(number, Member(2), Bytes("signature", 3, 64), None);
        IReadOnlyList<StatementSignature> signatures = await store.Changes.ReadSponsorsAsync(number, None);
        Assert.Equal(2, signatures.Count);
        Assert.Equal(Bytes("signature", 2, 64), signatures.Single(one => one.MemberId.Span.SequenceEqual(Member(1).ToArray())).Signature.ToByteArray());
        await store.Changes.DecideAsync(Execution(number), None);
        await Assert.ThrowsAsync<ChangeDecidedException>(async () => await store.Changes.AddSponsorAsync(number, Member(3), Bytes("signature", 4, 64), None));
        long other = await store.Changes.AddAsync(Proposal(), None);
        await Assert.ThrowsAsync<ChangeDecidedException>(async () => await store.Changes.AddSponsorAsync(other, Member(3), Bytes("signature", 4, 64), None));
    }

    [Fact]
    public async Task Operators_come_first_with_the_broker_and_then_by_changes_and_a_name_is_given_once()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.Changes.AddFirstOperatorsAsync(["ann", "bob"], Noon, None);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.Changes.AddFirstOperatorsAsync(["eve"], Noon, None));
        await store.Changes.DecideAsync(Execution(await store.Changes.AddAsync(Proposal(), None)) with { AdmittedOperator = "cid" }, None);
        await store.Changes.DecideAsync(Execution(await store.Changes.AddAsync(Proposal(), None)) with { RemovedOperator = "bob" }, None);
        Assert.Equal([new StoredOperator("ann", Noon, null), new("bob", Noon, Noon.AddHours(1)), new("cid", Noon.AddHours(1), null)], await store.Changes.ReadOperatorsAsync(None));

        long again = await store.Changes.AddAsync(Proposal(), None);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.Changes.DecideAsync(Execution(again) with { AdmittedOperator = "bob" }, None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.Changes.DecideAsync(Execution(again) with { AdmittedOperator = "Ann" }, None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.Changes.DecideAsync(Execution(again) with { RemovedOperator = "bob" }, None));
        Assert.Equal(ChangeState.Open, (await store.Changes.FindAsync(again, None))!.State);
    }

    private static ProposedChange Proposal(string author = "ann") => new(Change.KindOneofCase.Expulsion, Bytes("change", 1, 40), author, Noon, Noon.AddDays(7));

    private static ChangeDecision Execution(long number, string @operator = "bob") => new(number, ChangeState.Executed, @operator, Noon.AddHours(1));

    private static async Task AssertNotOpenAsync(IBrokerStore store, ChangeDecision decision) =>
        await Assert.ThrowsAsync<ChangeDecidedException>(async () => await store.Changes.DecideAsync(decision, None));
}
