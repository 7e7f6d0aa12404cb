namespace Gateway.Broker.Cases;

/// <summary>What a member may do with sealed messages of cases.</summary>
public sealed record CaseOptions
{
    /// <summary>Messages a member sends in an hour.</summary>
    public int MessagesPerHour { get; init; } = 120;

    /// <summary>Chunks of attachments a member sends in an hour, of 256 KiB at most.</summary>
    public int ChunksPerHour { get; init; } = 2_400;

    /// <summary>Bytes of messages and chunks that a member may have waiting for others.</summary>
    public long WaitingBytesPerMember { get; init; } = 128L * 1_024 * 1_024;

    /// <summary>How long a message waits to be fetched.</summary>
    public TimeSpan MessageLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long the broker knows who opened a thread to whom, after its last message.</summary>
    public TimeSpan ThreadLifetime { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Every fault, a sentence each.</summary>
    public IEnumerable<string> Validate()
    {
        if (MessagesPerHour < 1 || ChunksPerHour < 1) yield return "cases: messagesPerHour and chunksPerHour must be at least 1.";
        if (WaitingBytesPerMember < 1_048_576) yield return "cases: waitingBytesPerMember must be at least 1,048,576.";
        if (MessageLifetime < TimeSpan.FromDays(1) || MessageLifetime > TimeSpan.FromDays(90)) yield return "cases: messageLifetime must lie between one and 90 days.";
        if (ThreadLifetime < MessageLifetime || ThreadLifetime > TimeSpan.FromDays(3_650)) yield return "cases: threadLifetime must lie between messageLifetime and ten years.";
    }
}
