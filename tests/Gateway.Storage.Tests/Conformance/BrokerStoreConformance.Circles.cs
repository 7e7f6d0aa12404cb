using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

public abstract partial class BrokerStoreConformance
{
    [Fact]
    public async Task A_members_word_about_a_circle_stays_until_its_next_of_the_same_kind()
    {
        await using (IBrokerStore store = await OpenAsync())
        {
            await store.SaveCircleStatementAsync(new StoredCircleStatement(Circle(1), Member(1), false, Bytes("accept", 1, 90)), None);
            await store.SaveCircleStatementAsync(new StoredCircleStatement(Circle(1), Member(1), true, Bytes("leave", 1, 90)), None);
            await store.SaveCircleStatementAsync(new StoredCircleStatement(Circle(1), Member(2), false, Bytes("accept", 2, 90)), None);
            await store.SaveCircleStatementAsync(new StoredCircleStatement(Circle(1), Member(1), false, Bytes("accept", 3, 90)), None);
        }

        await using IBrokerStore reopened = await OpenAsync();
        IReadOnlyList<StoredCircleStatement> statements = await reopened.ListCircleStatementsAsync(None);
        Assert.Equal(3, statements.Count);
        Assert.Equal(Bytes("accept", 3, 90), statements.Single(one => one.Member == Member(1) && !one.IsDeparture).Statement);
        Assert.Equal(Bytes("leave", 1, 90), statements.Single(one => one.IsDeparture).Statement);
    }
}
