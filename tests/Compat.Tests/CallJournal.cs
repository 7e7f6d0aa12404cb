using System.Collections.Concurrent;

namespace Compat.Tests;

/// <summary>What the server of one test saw.</summary>
internal sealed class CallJournal
{
    /// <summary>Set when a Wait call has come in, to the deadline it came with.</summary>
    public TaskCompletionSource<DateTime> WaitStarted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when that call's cancellation has reached the server.</summary>
    public TaskCompletionSource WaitCancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The lines that interceptors wrote, in order.</summary>
    public ConcurrentQueue<string> Lines { get; } = new();
}
