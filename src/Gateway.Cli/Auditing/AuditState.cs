using System.Text.Json;
using Gateway.Ledger;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Auditing;

/// <summary>What an audit leaves for the next one: the checkpoint up to which everything was verified. The tree below comes from the log's own hash tiles and is held against its root.</summary>
/// <param name="Key">The log's key as a C2SP verifier key.</param>
/// <param name="Checkpoint">The note.</param>
/// <param name="Genesis">The Genesis entry, where the log has served it: what proves a fork to others begins with it, and a log that forks may serve it no more.</param>
public sealed record AuditState(string Key, string Checkpoint, byte[]? Genesis = null)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Reads a file; null where there is none.</summary>
    /// <exception cref="RefusalException">The file is no such state, or another log's.</exception>
    public static async Task<AuditState?> ReadAsync(string path, NoteKey key, CancellationToken cancellation)
    {
        if (!File.Exists(path)) return null;
        try
        {
            AuditState? state = JsonSerializer.Deserialize<AuditState>(await File.ReadAllTextAsync(path, cancellation), Json);
            if (state?.Checkpoint is not null && state.Key == key.ToString()) return state;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new RefusalException(Refusal.Invalid("AUDIT_STATE_UNREADABLE", "The file holds no state of an audit of this log.", path, "Name the file that an earlier audit of this log wrote, or another one to begin anew."));
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string path) => NodeDirectory.WriteWhole(path, JsonSerializer.SerializeToUtf8Bytes(this, Json));
}
