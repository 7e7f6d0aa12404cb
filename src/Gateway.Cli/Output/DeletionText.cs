using System.Globalization;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Output;

/// <summary>How far the end of a record has been carried out, in words and as a document. Counts and ages; nobody's name is in it.</summary>
public static class DeletionText
{
    /// <summary>E.g. "acknowledged by 41 of 42, one offline since 3 h".</summary>
    public static string Of(DeletionState state)
    {
        if (!state.Ended) return "not ended";
        string counts = string.Create(CultureInfo.InvariantCulture, $"acknowledged by {state.Acknowledged:N0} of {state.Members:N0}");
        int online = state.Waiting.Count(waiting => waiting.Online);
        DeletionWaiting[] away = [.. state.Waiting.Where(waiting => !waiting.Online)];
        string offline = away.Length switch
        {
            0 => "",
            1 => $", one {Since(away[0])}",
            _ => string.Create(CultureInfo.InvariantCulture, $", {away.Length:N0} offline, the longest {Since(away.MaxBy(waiting => waiting.AwaySeconds)!)}"),
        };
        return counts + (online == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {online:N0} connected and at work")) + offline;
    }

    /// <summary>For --json.</summary>
    public static object Document(DeletionState state) => new
    {
        RecordId = Convert.ToHexStringLower(state.RecordId.Span),
        state.Ended,
        EndedAtIndex = state.Ended ? state.EndedAtIndex : (ulong?)null,
        EndedAt = state.Ended ? DateTimeOffset.FromUnixTimeSeconds(state.EndedAt) : (DateTimeOffset?)null,
        state.Members,
        state.Acknowledged,
        Waiting = state.Waiting.Select(waiting => new { waiting.Online, waiting.AwaySeconds }),
        state.LimitSeconds,
    };

    private static string Since(DeletionWaiting waiting) => waiting.AwaySeconds == 0 ? "offline, not seen since the broker's start" : $"offline since {AgeText.Of(waiting.AwaySeconds)}";
}
