using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore
{
    private const string CircleStatements = "circle_statements";

    /// <inheritdoc/>
    public ValueTask SaveCircleStatementAsync(StoredCircleStatement statement, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return _database.WriteAsync(
            session =>
            {
                session.Start("REPLACE INTO circle_statements VALUES (?, ?, ?, ?, ?)", CircleStatements)
                    .Bind(statement.Circle).Bind(statement.Member).Bind(statement.IsDeparture ? 1L : 0L).Bind(statement.Statement.AsSpan()).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredCircleStatement>> ListCircleStatementsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredCircleStatement>>(
        session => ReadAll(
            session.Start("SELECT * FROM circle_statements ORDER BY circle, member, departure"),
            query =>
            {
                query.Row(CircleStatements);
                StoredCircleStatement statement = new(query.Circle(), query.Member(), query.Int64() != 0, query.Bytes());
                query.CheckRow($"{statement.Circle.Prefix}/{statement.Member.Prefix}");
                return statement;
            }),
        cancellation);
}
