using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Certificates;

/// <summary>Issues certificates while the broker runs: for no denied key, and noted before they are handed out, so that each can be denied, and that it is known who still has one of an older authority.</summary>
public sealed class CertificateIssuance(NetworkAuthorities authorities, DenyListHolder denials, ICertificateStore store, TimeProvider time)
{
    /// <summary>Issues a certificate.</summary>
    /// <param name="key">Its public key.</param>
    /// <param name="id">Its name.</param>
    /// <param name="lifetime">How long it holds.</param>
    /// <param name="cancellation">Cancels the noting.</param>
    /// <param name="hosts">DNS names and IP addresses it is good for as a server; none for a client.</param>
    /// <returns>X.509 DER.</returns>
    /// <exception cref="RefusalException">CERTIFICATE_KEY_DENIED.</exception>
    public async Task<byte[]> IssueAsync(PublicKey key, SpiffeId id, TimeSpan lifetime, CancellationToken cancellation, IEnumerable<string>? hosts = null)
    {
        CertificateAuthority authority = authorities.Issuing;
        using X509Certificate2 issued = authority.Issue(key, id, lifetime, hosts ?? []);
        if (denials.IsDenied(issued, null))
        {
            throw new RefusalException(Refusal.Denied("CERTIFICATE_KEY_DENIED", "The certificate request is for a key that is denied.", "certificate_request", "Make a new key, and ask again."));
        }

        StoredCertificate noted = new(
            Convert.FromHexString(issued.SerialNumber), id.ToString(), DenyListHolder.KeyHash(issued), SHA256.HashData(authority.Certificate.RawData), time.GetUtcNow(), new DateTimeOffset(issued.NotAfter.ToUniversalTime(), TimeSpan.Zero));
        await store.AddIssuedAsync(noted, cancellation).ConfigureAwait(false);
        return issued.RawData;
    }
}
