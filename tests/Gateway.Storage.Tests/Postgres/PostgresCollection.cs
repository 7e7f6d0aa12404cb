using Xunit.Abstractions;
using Xunit.Sdk;

namespace Gateway.Storage.Tests.Postgres;

/// <summary>Tests that share one PostgreSQL.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresCluster>
{
    public const string Name = "PostgreSQL";
}

/// <summary>For classes whose tests are inherited: leaves none of them where PostgreSQL is absent. <see cref="PostgresPresenceTests"/> says so.</summary>
public sealed class OnlyWithPostgres : ITestCaseOrderer
{
    public const string TypeName = "Gateway.Storage.Tests.Postgres.OnlyWithPostgres", AssemblyName = "Gateway.Storage.Tests";

    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase => PostgresCluster.IsSkipped ? [] : testCases;
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresPresenceTests(PostgresCluster cluster)
{
    [PostgresFact]
    public void The_conformance_of_the_stores_is_tested_over_a_server_with_checksums() => Assert.Equal(-1, cluster.Execute("DO $$ BEGIN ASSERT current_setting('data_checksums') = 'on'; END $$"));
}
