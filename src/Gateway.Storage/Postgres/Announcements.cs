using System.Runtime.CompilerServices;
using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>Hears by LISTEN, on a connection of its own, what is announced on a channel. NOTIFY is sent in the transaction it is about, so nobody hears of what is not committed.</summary>
/// <param name="address">The database.</param>
/// <param name="channel">The channel, as an SQL expression.</param>
/// <param name="time">Clock.</param>
internal sealed class Announcements(PostgresAddress address, string channel, TimeProvider time)
{
    /// <summary>A connection that has been silent for so long is asked whether it is still there.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5), BeforeNextTry = TimeSpan.FromMilliseconds(500);

    /// <summary>The schema's own part of a channel's name, as an SQL expression.</summary>
    public const string Schema = "current_schema()::regnamespace::oid";

    /// <summary>Yields what is announced, together what came together; null whenever it begins to listen.</summary>
    public async IAsyncEnumerable<IReadOnlyList<string>?> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
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

            List<string> heard = [];
            connection.Notification += (_, news) => heard.Add(news.Payload);
            yield return null;
            while (await TryWaitAsync(connection, cancellation).ConfigureAwait(false))
            {
                if (heard.Count == 0) continue;
                IReadOnlyList<string> together = heard;
                heard = [];
                yield return together;
            }
        }
    }

    private async ValueTask<NpgsqlConnection?> TryListenAsync(CancellationToken cancellation)
    {
        NpgsqlConnection connection = address.NewConnection();
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            using var name = new NpgsqlCommand($"SELECT {channel}", connection);
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
