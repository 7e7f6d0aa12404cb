namespace Grpc.Core;

/// <summary>How a channel secures its connections.</summary>
public abstract class ChannelCredentials
{
    /// <summary>Not at all.</summary>
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    /// <summary>By TLS, with the certificates of the channel's HTTP handler.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    /// <summary>Channel credentials, and call credentials that go with every call of the channel.</summary>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        return new Composite(channelCredentials, callCredentials);
    }

    /// <summary>Tells a transport what these credentials consist of.</summary>
    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state);

    private sealed class InsecureCredentials : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetInsecureCredentials(state);
    }

    private sealed class Composite(ChannelCredentials channel, CallCredentials call) : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, channel, call);
    }
}

/// <summary>How a transport learns what channel credentials consist of.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    /// <summary>There are none.</summary>
    public abstract void SetInsecureCredentials(object? state);

    /// <summary>They are TLS, with certificates in PEM or null for the transport's own.</summary>
    public abstract void SetSslCredentials(
        object? state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback);

    /// <summary>They are these two.</summary>
    public abstract void SetCompositeCredentials(object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}
