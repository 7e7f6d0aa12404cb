namespace Grpc.Core;

/// <summary>Adds authentication headers to the metadata of a call that is about to start.</summary>
/// <param name="context">Which call it is.</param>
/// <param name="metadata">Where the headers go.</param>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

/// <summary>The call that asks for authentication headers.</summary>
public class AuthInterceptorContext
{
    /// <summary>A call that cannot be cancelled.</summary>
    public AuthInterceptorContext(string serviceUrl, string methodName) : this(serviceUrl, methodName, CancellationToken.None)
    {
    }

    /// <summary>A call that can be cancelled while its headers are being fetched.</summary>
    public AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(serviceUrl);
        ArgumentNullException.ThrowIfNull(methodName);
        ServiceUrl = serviceUrl;
        MethodName = methodName;
        CancellationToken = cancellationToken;
    }

    /// <summary>The service's address: scheme, authority, and the service's full name as the path.</summary>
    public string ServiceUrl { get; }

    /// <summary>The method's name within its service.</summary>
    public string MethodName { get; }

    /// <summary>Cancelled when the call is.</summary>
    public CancellationToken CancellationToken { get; }
}

/// <summary>What a call shows of its caller, besides what the connection proves. Sent over TLS only.</summary>
public abstract class CallCredentials
{
    /// <summary>Credentials that a function writes into the headers of each call.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new FromDelegate(interceptor);
    }

    /// <summary>Several credentials as one, applied in this order.</summary>
    /// <exception cref="ArgumentException">There are fewer than two.</exception>
    public static CallCredentials Compose(params CallCredentials[] credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        if (credentials.Length < 2) throw new ArgumentException("Compose takes two credentials or more.", nameof(credentials));
        return new Composite([.. credentials]);
    }

    /// <summary>Tells a transport what these credentials consist of.</summary>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);

    private sealed class FromDelegate(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetAsyncAuthInterceptorCredentials(state, interceptor);
    }

    private sealed class Composite(IReadOnlyList<CallCredentials> credentials) : CallCredentials
    {
        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, credentials);
    }
}

/// <summary>How a transport learns what call credentials consist of.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    /// <summary>They are these, in this order.</summary>
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    /// <summary>They are what this function writes.</summary>
    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}
