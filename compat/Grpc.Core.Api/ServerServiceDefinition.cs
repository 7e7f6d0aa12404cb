namespace Grpc.Core;

/// <summary>The methods of a service with their handlers.</summary>
public class ServerServiceDefinition
{
    private readonly IReadOnlyList<Action<ServiceBinderBase>> methods;

    private ServerServiceDefinition(IReadOnlyList<Action<ServiceBinderBase>> methods) => this.methods = methods;

    /// <summary>A builder without methods.</summary>
    public static Builder CreateBuilder() => new();

    /// <summary>Gives each method to a binder, in the order they were added.</summary>
    public void BindService(ServiceBinderBase serviceBinder)
    {
        foreach (Action<ServiceBinderBase> add in methods) add(serviceBinder);
    }

    /// <summary>Collects methods. Each AddMethod refuses, by ArgumentException, a method that has been added.</summary>
    public class Builder
    {
        private readonly List<Action<ServiceBinderBase>> methods = [];
        private readonly HashSet<string> names = [];

        /// <summary>Adds a method of one request and one response.</summary>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler)
            where TRequest : class where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a method of many requests and one response.</summary>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a method of one request and many responses.</summary>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a method of many requests and many responses.</summary>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>The methods added so far.</summary>
        public ServerServiceDefinition Build() => new(methods.ToArray());

        private Builder Add(IMethod method, Action<ServiceBinderBase> add)
        {
            if (!names.Add(method.FullName)) throw new ArgumentException($"The method {method.FullName} was added twice.", nameof(method));
            methods.Add(add);
            return this;
        }
    }
}
