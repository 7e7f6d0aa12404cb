using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Storage.Audit;

/// <summary>
/// The hash chain of an audit: each entry's hash (<see cref="AuditHash"/>) covers the one before it. Who can write the store can make a whole new chain; that shows against any hash
/// noted elsewhere, an export for one.
/// </summary>
public static class AuditChain
{
    /// <summary>The entry that follows another one.</summary>
    /// <param name="before">The entry before, or null for the first.</param>
    /// <param name="next">What happened.</param>
    public static AuditEntry Next(AuditEntry? before, AuditEvent next)
    {
        AuditEntry entry = new()
        {
            Number = (before?.Number ?? 0) + 1,
            At = next.At.ToUnixTimeMilliseconds(),
            Actor = next.Actor,
            Action = next.Action,
            Subject = next.Subject,
            Outcome = next.Outcome,
            Count = next.Count,
        };
        entry.Hash = ByteString.CopyFrom(AuditHash.Of(entry, before is null ? new byte[AuditHash.Size] : before.Hash.Span));
        return entry;
    }

    /// <summary>Goes through a chain from its first entry to its end.</summary>
    /// <param name="entries">All entries, ascending.</param>
    /// <param name="noted">An entry noted elsewhere, which the chain must hold as it was; null where there is none.</param>
    /// <param name="cancellation">Cancels the reading.</param>
    /// <returns>How far it holds, and what is wrong after that.</returns>
    public static async ValueTask<AuditFinding> VerifyAsync(IAsyncEnumerable<AuditEntry> entries, AuditEntry? noted, CancellationToken cancellation)
    {
        AuditEntry? before = null;
        try
        {
            await foreach (AuditEntry entry in entries.WithCancellation(cancellation).ConfigureAwait(false))
            {
                ulong expected = (before?.Number ?? 0) + 1;
                if (entry.Number != expected) return new AuditFinding(before, $"Entry {expected} is missing: entry {entry.Number} stands in its place.");
                if (!AuditHash.Of(entry, before is null ? new byte[AuditHash.Size] : before.Hash.Span).AsSpan().SequenceEqual(entry.Hash.Span)) return new AuditFinding(before, $"Entry {entry.Number} is not what it was, or does not follow the one before it.");
                if (noted is not null && noted.Number == entry.Number && !noted.Hash.Equals(entry.Hash)) return new AuditFinding(before, $"Entry {entry.Number} is not the one that was noted: the chain was made anew.");
                before = entry;
            }
        }
        catch (StoreCorruptException damaged)
        {
            return new AuditFinding(before, damaged.Message);
        }

        return noted is not null && noted.Number > (before?.Number ?? 0)
            ? new AuditFinding(before, $"The chain ends at entry {before?.Number ?? 0}; entry {noted.Number} was noted: its end was cut off.")
            : new AuditFinding(before, null);
    }
}

/// <summary>What came of going through a chain.</summary>
/// <param name="Head">The last entry up to which it holds; null where not even the first does, or there is none.</param>
/// <param name="Fault">What is wrong after that; null where all of it holds.</param>
public sealed record AuditFinding(AuditEntry? Head, string? Fault);
