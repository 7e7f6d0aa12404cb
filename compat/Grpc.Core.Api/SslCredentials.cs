namespace Grpc.Core;

/// <summary>TLS. Grpc.Net.Client takes certificates from its HTTP handler and refuses any given here.</summary>
/// <param name="rootCertificates">Trusted certificates in PEM; null for the transport's own.</param>
/// <param name="keyCertificatePair">The client's key and certificate; null for none.</param>
/// <param name="verifyPeerCallback">A further check of the peer; null for none.</param>
public sealed class SslCredentials(
    string? rootCertificates = null, KeyCertificatePair? keyCertificatePair = null, VerifyPeerCallback? verifyPeerCallback = null) : ChannelCredentials
{
    /// <summary>Trusted certificates in PEM; null for the transport's own.</summary>
    public string? RootCertificates { get; } = rootCertificates;

    /// <summary>The client's key and certificate; null for none.</summary>
    public KeyCertificatePair? KeyCertificatePair { get; } = keyCertificatePair;

    /// <inheritdoc/>
    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
        configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, verifyPeerCallback);
}

/// <summary>A private key and the certificates that vouch for it, both in PEM.</summary>
public sealed class KeyCertificatePair(string certificateChain, string privateKey)
{
    /// <summary>The certificates in PEM, the key's own first.</summary>
    public string CertificateChain { get; } = certificateChain;

    /// <summary>The private key in PEM.</summary>
    public string PrivateKey { get; } = privateKey;
}

/// <summary>Whether to go on with a connection whose peer has passed the checks of TLS.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);

/// <summary>The peer of a connection that is being made.</summary>
public class VerifyPeerContext(string targetName, string peerPem)
{
    /// <summary>The name the client connected to.</summary>
    public string TargetName { get; } = targetName;

    /// <summary>The peer's certificate in PEM.</summary>
    public string PeerPem { get; } = peerPem;
}
