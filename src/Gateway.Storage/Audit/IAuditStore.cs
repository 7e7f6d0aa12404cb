using Gateway.Protocol.V1;

namespace Gateway.Storage.Audit;

/// <summary>An append-only chain of what was done and what was refused: each entry's hash covers the one before it (<see cref="AuditChain"/>).</summary>
public interface IAuditStore
{
    /// <summary>Appends events in this order, in one durable transaction. Returns the chain's last entry.</summary>
    ValueTask<AuditEntry> AppendAsync(IReadOnlyList<AuditEvent> events, CancellationToken cancellation);

    /// <summary>The last entry, or null in an empty chain.</summary>
    ValueTask<AuditEntry?> ReadHeadAsync(CancellationToken cancellation);

    /// <summary>Entries from a number on, ascending.</summary>
    IAsyncEnumerable<AuditEntry> ReadAsync(ulong from, CancellationToken cancellation);
}

/// <summary>Something to be kept in the chain.</summary>
/// <param name="At">When.</param>
/// <param name="Actor">Who: "operator NAME", "member ID", "officer", "anonymous ADDRESS".</param>
/// <param name="Action">What was asked, e.g. an RPC's name.</param>
/// <param name="Subject">To which thing: a number, a shortened id. No personal data.</param>
/// <param name="Outcome">"done", or the code of the refusal.</param>
/// <param name="Count">How many of the same it stands for, 1 upwards.</param>
public sealed record AuditEvent(DateTimeOffset At, string Actor, string Action, string Subject, string Outcome, ulong Count = 1);
