namespace Grpc.Core;

/// <summary>A connection, or pool of them, to one target.</summary>
public abstract class ChannelBase
{
    /// <summary>A channel to a target, in the transport's own notation.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>What the channel connects to.</summary>
    public string Target { get; }

    /// <summary>A call invoker whose calls go over this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>What the transport does to shut down; nothing unless overridden.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;

    /// <summary>Shuts the channel down, if its transport has something to shut down. Grpc.Net.Client's ends by Dispose instead.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();
}
