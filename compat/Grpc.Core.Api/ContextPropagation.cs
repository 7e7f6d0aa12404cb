namespace Grpc.Core;

/// <summary>What of a server call is carried into the client calls made on its behalf.</summary>
public class ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
{
    /// <summary>Deadline and cancellation.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Whether the deadline is.</summary>
    public bool IsPropagateDeadline { get; } = propagateDeadline;

    /// <summary>Whether cancellation is.</summary>
    public bool IsPropagateCancellation { get; } = propagateCancellation;
}

/// <summary>Carries a server call's deadline and cancellation into a client call. Grpc.AspNetCore.Server makes none.</summary>
public abstract class ContextPropagationToken
{
    private protected ContextPropagationToken()
    {
    }
}
