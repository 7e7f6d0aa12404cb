namespace Grpc.Core.Interceptors;

/// <summary>Call invokers of a channel with interceptors before them.</summary>
public static class ChannelExtensions
{
    /// <summary>An invoker of the channel whose calls pass the interceptor first.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, Interceptor interceptor) => InvokerOf(channel).Intercept(interceptor);

    /// <summary>An invoker of the channel whose calls pass these interceptors in this order.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, params Interceptor[] interceptors) => InvokerOf(channel).Intercept(interceptors);

    /// <summary>An invoker of the channel whose calls have their headers changed by a function.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, Func<Metadata, Metadata> interceptor) => InvokerOf(channel).Intercept(interceptor);

    private static CallInvoker InvokerOf(ChannelBase channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker();
    }
}
