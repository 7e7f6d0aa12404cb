namespace Grpc.Core;

/// <summary>Receives the methods of a service, one call each. A binder refuses the kinds it does not override.</summary>
public abstract class ServiceBinderBase
{
    /// <summary>Receives a method of one request and one response; the handler is null when only the method's shape is asked for.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        where TRequest : class where TResponse : class => throw Unsupported(method);

    /// <summary>Receives a method of many requests and one response.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class where TResponse : class => throw Unsupported(method);

    /// <summary>Receives a method of one request and many responses.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class where TResponse : class => throw Unsupported(method);

    /// <summary>Receives a method of many requests and many responses.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class where TResponse : class => throw Unsupported(method);

    private NotSupportedException Unsupported(IMethod method) =>
        new($"{GetType()} does not bind {method.Type} methods such as {method.FullName}.");
}
