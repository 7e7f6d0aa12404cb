using Gateway.Storage.Audit;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>
/// Keeps what the officers of a member did through the local API, and what was refused: which call, how it ended, how many messages went in. No content, so no clear text of what was
/// asked. Calls that only look at the node's state are not kept.
/// </summary>
public sealed class OfficerAudit(IAuditStore store, TimeProvider time)
{
    private static readonly HashSet<string> Looking = ["GetStatus", "ListRecords", "VerifyLog", "ListOpenApplications", "ReadAudit", "ListDisputes", "SummariseOutcomes", "ListCases", "ListCaseDisclosures", "GetCaseworkStatus", "GetLogStanding", "ExportCheckpoint", "ListEvidence"];

    /// <summary>Keeps the end of a call.</summary>
    /// <param name="context">The call.</param>
    /// <param name="messages">Messages that the caller sent.</param>
    /// <param name="outcome">"done", or the code of the refusal.</param>
    public async Task NoteAsync(ServerCallContext context, ulong messages, string outcome)
    {
        string method = context.Method[(context.Method.LastIndexOf('/') + 1)..];
        if (outcome == "done" && Looking.Contains(method)) return;

        // The caller may have gone; what it did is kept all the same.
        await store.AppendAsync([new AuditEvent(time.GetUtcNow(), "officer", method, "", outcome, Math.Max(1, messages))], CancellationToken.None);
    }
}
