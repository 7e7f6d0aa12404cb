using System.Globalization;
using System.Runtime.CompilerServices;

namespace Gateway.Storage.Postgres;

/// <summary>Hears that the log has grown.</summary>
internal sealed class LogNews(PostgresAddress address, TimeProvider time)
{
    /// <summary>The channel of a schema, as an SQL expression.</summary>
    public const string Channel = "'gateway_log_' || " + Announcements.Schema;

    private readonly Announcements _announcements = new(address, Channel, time);

    /// <summary>Yields the sizes that are told, and 0 whenever it begins to listen.</summary>
    public async IAsyncEnumerable<ulong> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        ulong told = 0;
        await foreach (IReadOnlyList<string>? heard in _announcements.ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (heard is null)
            {
                told = 0;
                yield return 0;
                continue;
            }

            ulong before = told;
            foreach (string payload in heard) told = Math.Max(told, ulong.TryParse(payload, NumberStyles.None, CultureInfo.InvariantCulture, out ulong size) ? size : 0);
            if (told > before) yield return told;
        }
    }
}
