namespace Gateway.Storage.Tests.Postgres;

/// <summary>A test that needs PostgreSQL: passed over with the reason where its programs are absent, except in continuous integration.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (PostgresCluster.IsSkipped) Skip = "PostgreSQL's server programs are absent: on Debian, apt-get install postgresql; or name their folder by GATEWAY_POSTGRES_BIN.";
    }
}
