using Gateway.Node.Tests.Network;
using Gateway.Protocol.V1;
using Google.Protobuf;
using static Gateway.Node.Tests.Cases.CaseSteps;

namespace Gateway.Node.Tests.Cases;

/// <summary>Who asks what is held about him hears of the messages that name him.</summary>
public sealed class CaseSearchTests
{
    [Fact]
    public async Task Messages_that_name_somebody_are_found_at_both_ends_by_identifier_and_by_words()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        (RunningNode asker, RunningNode contributor) = await CaseTrafficTests.StartAsync(network, new CaseRefuser(""), new CaseRefuser(""));
        ByteString record = await PublishAsync(contributor, asker);
        ulong asked = await WriteAsync(asker, draft => draft.RecordId = record, "Is this the firm of Ms Weber, Élodie? Call 030-1234567.");
        await CarryUntilAsync([asker, contributor], async () => (await ListAsync(contributor)).Count == 1);
        ulong answered = (await ListAsync(contributor))[0].CaseId;
        await WriteAsync(
            contributor,
            draft =>
            {
                draft.CaseId = answered;
                draft.Identifiers.Add(new CaseIdentifier { Type = 1, Value = "Hidden@Shop.example" });
            },
            "Hall nine.");
        await CarryUntilAsync([asker, contributor], async () => (await ShowAsync(asker, asked)).Count == 2);

        Assert.Equal([(1, "email")], await FoundAsync(asker, new Party { Identifiers = { new StatedIdentifier { Type = 1, Value = "hidden@shop.example" } } }));
        Assert.Equal([(0, "name")], await FoundAsync(asker, new Party { Name = "Elodie Weber", Postcode = "10115", Country = "DE" }));
        Assert.Equal([(0, "phone")], await FoundAsync(asker, new Party { Identifiers = { new StatedIdentifier { Type = 2, Value = "+49 30 1234567" } } }));
        Assert.Equal([(1, "email")], await FoundAsync(contributor, new Party { Identifiers = { new StatedIdentifier { Type = 1, Value = "hidden@shop.example" } } }));
        Assert.Empty(await FoundAsync(asker, new Party { Name = "Anna Weber", Postcode = "10115", Country = "DE", Identifiers = { new StatedIdentifier { Type = 1, Value = "other@shop.example" } } }));

        async Task<(int Message, string Fields)[]> FoundAsync(RunningNode node, Party party)
        {
            FindSubjectResponse answer = await node.Life.FindSubjectAsync(new FindSubjectRequest { Party = party, WaitMilliseconds = 60_000 });
            List<CaseMessageLine> lines = await ShowAsync(node, (await ListAsync(node))[0].CaseId);
            SubjectHolding[] named = [.. answer.Holdings.Where(holding => holding.Kind == SubjectHoldingKind.Case)];
            Assert.All(named, holding => Assert.True(holding.RecordId == record && holding.UntilDay > holding.SinceDay && holding.Reference.StartsWith("case ", StringComparison.Ordinal), holding.ToString()));
            return [.. named.Select(holding => (lines.FindIndex(line => line.MessageId == holding.MessageId), string.Join(",", holding.MetFields)))];
        }
    }
}
