using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>Hears by LISTEN, on a connection of its own, that the log has grown. NOTIFY is sent in the transaction that extends it, so nobody hears of what is not committed.</summary>
internal sealed class LogNews(PostgresAddress address, TimeProvider time)
{
    /// <summary>The channel of a schema, as an SQL expression.</summary>
    public const string Channel = "'gateway_log_' || current_schema()::regnamespace::oid";

    /// <summary>A connection that has been silent for so long is asked whether it is still there.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5), BeforeNextTry = TimeSpan.FromMilliseconds(500);

    /// <summary>Yields the sizes that are told, and 0 whenever it begins to listen.</summary>
    public async IAsyncEnumerable<ulong> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            await using NpgsqlConnection? connection = await TryListenAsync(cancellation).ConfigureAwait(false);
            if (connection is null)
            {
                await Task.Delay(BeforeNextTry, time, cancellation).ConfigureAwait(false);
                continue;
            }

            ulong told = 0;
            connection.Notification += (_, news) => told = Math.Max(told, ulong.TryParse(news.Payload, NumberStyles.None, CultureInfo.InvariantCulture, out ulong size) ? size : 0);
            yield return 0;
            for (ulong before = 0; await TryWaitAsync(connection, cancellation).ConfigureAwait(false);)
            {
                if (told == before) continue;
                before = told;
                yield return told;
            }
        }
    }

    private async ValueTask<NpgsqlConnection?> TryListenAsync(CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(address.Connection);
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            using var name = new NpgsqlCommand($"SELECT {Channel}", connection);
            using var listen = new NpgsqlCommand($"LISTEN {await name.ExecuteScalarAsync(cancellation).ConfigureAwait(false)}", connection);
            await listen.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch (NpgsqlException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            return null;
        }
    }

    private static async ValueTask<bool> TryWaitAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            if (!await connection.WaitAsync(Silence, cancellation).ConfigureAwait(false))
            {
                using var question = new NpgsqlCommand("SELECT 1", connection);
                await question.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            }

            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
