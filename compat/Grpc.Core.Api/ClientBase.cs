namespace Grpc.Core;

/// <summary>Base of generated clients.</summary>
public abstract class ClientBase
{
    /// <summary>A client without a channel, for test doubles: calls that are not overridden are refused.</summary>
    protected ClientBase() : this(new UnimplementedCallInvoker())
    {
    }

    /// <summary>A client made from another one's configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
        CallInvoker = configuration.CreateCallInvoker();
    }

    /// <summary>A client whose calls go over a channel.</summary>
    protected ClientBase(ChannelBase channel) : this(InvokerOf(channel))
    {
    }

    /// <summary>A client whose calls are started by a call invoker, such as one with interceptors.</summary>
    protected ClientBase(CallInvoker callInvoker) : this(new ClientBaseConfiguration(callInvoker, null))
    {
    }

    /// <summary>Starts this client's calls.</summary>
    protected CallInvoker CallInvoker { get; }

    internal ClientBaseConfiguration Configuration { get; }

    private static CallInvoker InvokerOf(ChannelBase channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker();
    }

    /// <summary>The call invoker of a client, and the host to name in its calls.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker undecorated;
        private readonly string? host;

        internal ClientBaseConfiguration(CallInvoker callInvoker, string? host)
        {
            ArgumentNullException.ThrowIfNull(callInvoker);
            undecorated = callInvoker;
            this.host = host;
        }

        internal CallInvoker CreateCallInvoker() => host is null ? undecorated : new HostCallInvoker(undecorated, host);

        internal ClientBaseConfiguration WithHost(string newHost) => new(undecorated, newHost);
    }
}

/// <summary>Base of generated clients, knowing the client's own type.</summary>
/// <typeparam name="T">The generated client.</typeparam>
public abstract class ClientBase<T> : ClientBase where T : ClientBase<T>
{
    /// <inheritdoc/>
    protected ClientBase()
    {
    }

    /// <inheritdoc/>
    protected ClientBase(ClientBaseConfiguration configuration) : base(configuration)
    {
    }

    /// <inheritdoc/>
    protected ClientBase(ChannelBase channel) : base(channel)
    {
    }

    /// <inheritdoc/>
    protected ClientBase(CallInvoker callInvoker) : base(callInvoker)
    {
    }

    /// <summary>A client like this one whose calls name another host.</summary>
    public T WithHost(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return NewInstance(Configuration.WithHost(host));
    }

    /// <summary>A client of the generated type with this configuration.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
