using Gateway.Node.Contributions;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Contributions;

public sealed class ContributionRulesTests
{
    public static TheoryData<string, Action<Contribution>> Faults => new()
    {
        { "CIRCLE_NOT_JOINED", contribution => contribution.Circle = "elsewhere" },
        { "REFERENCE_INVALID", contribution => contribution.Reference = "" },
        { "REFERENCE_INVALID", contribution => contribution.Reference = new string('x', 129) },
        { "SUMMARY_INVALID", contribution => contribution.Summary = null },
        { "SUMMARY_INVALID", contribution => contribution.Summary.Kind = RecordKind.Unspecified },
        { "NAME_MISSING", contribution => contribution.Subject = null },
        { "NAME_MISSING", contribution => contribution.Subject.Name = "" },
        { "NAME_TOO_LONG", contribution => contribution.Subject.Name = new string('x', 501) },
        { "NAME_TOO_LONG", contribution => contribution.Subject.Aliases.Add(new string('x', 501)) },
        { "TOO_MANY_ALIASES", contribution => contribution.Subject.Aliases.Add(Enumerable.Repeat("Alias", 65)) },
        { "IDENTIFIER_TYPE_UNKNOWN", contribution => contribution.Subject.Identifiers.Add(new StatedIdentifier { Type = 0, Value = "x" }) },
        { "IDENTIFIER_TYPE_UNKNOWN", contribution => contribution.References.Add(new StatedIdentifier { Type = 256, Value = "x" }) },
        { "EVIDENCE_TOO_WEAK", contribution => contribution.Summary.EvidenceGrade = EvidenceGrade.Suspected },
        { "EXPIRY_TOO_LATE", contribution => contribution.Summary.ExpiryDay = 60_000 },
        { "EXPIRY_PAST", contribution => contribution.Summary.ExpiryDay = 1 },
        { "NOTHING_IDENTIFIES", contribution => contribution.Subject.Identifiers.Clear() },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Each_rule_names_itself(string code, Action<Contribution> fault)
    {
        await using TestOutbox node = await TestOutbox.StartAsync(policy => policy.MinimumEvidenceGrade = EvidenceGrade.SeizureConfirmed);
        Contribution contribution = TestOutbox.Case("case-1");
        contribution.Subject.Country = "";
        fault(contribution);
        ContributionOutcome outcome = await node.AddAsync(contribution);
        Assert.Equal(code, outcome.Error?.Code);
        Assert.Equal(ContributionState.Refused, outcome.State);
    }

    [Fact]
    public void Who_may_not_publish_in_a_circle_is_told_so_and_who_is_in_none_too()
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()), policy => policy.PublishingRoles.Remove(MemberRole.Retailer));
        Gateway.Node.Feed.NodeView view = log.ReaderOf(log.Second, time).Read(log.Batch(log.Second), Gateway.Node.Feed.NodeView.Empty, Gateway.Ledger.TiledTree.Empty(new NoTiles())).View;
        Contribution contribution = new() { Circle = "retail" };
        Assert.Null(new ContributionRules(log.Second.Id, time).Judge(contribution, view.State, out Gateway.Protocol.Errors.Refusal? readOnly));
        Assert.Null(new ContributionRules(log.Outsider.Id, time).Judge(contribution, view.State, out Gateway.Protocol.Errors.Refusal? outside));
        Assert.Equal(("CIRCLE_READ_ONLY", "CIRCLE_NOT_JOINED"), (readOnly!.Code, outside!.Code));
    }
}
