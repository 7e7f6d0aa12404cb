namespace Gateway.Protocol;

/// <summary>Until when an answer is waited for. gRPC compares a deadline with the machine's clock, so it is of that clock whatever clock the caller goes by.</summary>
public static class CallDeadline
{
    /// <summary>So long from now.</summary>
    public static DateTime After(TimeSpan patience) => TimeProvider.System.GetUtcNow().UtcDateTime + patience;
}
