namespace Grpc.Core.Interceptors;

/// <summary>The call a client interceptor is handed: what is called, where, and how.</summary>
/// <typeparam name="TRequest">Type of the request messages.</typeparam>
/// <typeparam name="TResponse">Type of the response messages.</typeparam>
public struct ClientInterceptorContext<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    where TRequest : class where TResponse : class
{
    /// <summary>The method called.</summary>
    public Method<TRequest, TResponse> Method { get; } = method;

    /// <summary>The host named in the call; null for the channel's own.</summary>
    public string? Host { get; } = host;

    /// <summary>What the caller asked for.</summary>
    public CallOptions Options { get; } = options;
}
