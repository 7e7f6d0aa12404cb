namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors before a call invoker. The invoker itself stays as it is.</summary>
public static class CallInvokerExtensions
{
    /// <summary>An invoker whose calls pass the interceptor first.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, Interceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(interceptor);
        return new InterceptingCallInvoker(invoker, interceptor);
    }

    /// <summary>An invoker whose calls pass these interceptors in this order.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, params Interceptor[] interceptors)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(interceptors);
        foreach (Interceptor interceptor in interceptors.AsEnumerable().Reverse()) invoker = invoker.Intercept(interceptor);
        return invoker;
    }

    /// <summary>
    /// An invoker whose calls have their headers changed by a function. It is given the caller's own collection, or a new one, and
    /// returns the one to send.
    /// </summary>
    public static CallInvoker Intercept(this CallInvoker invoker, Func<Metadata, Metadata> interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return invoker.Intercept(new HeaderInterceptor(interceptor));
    }
}
