using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Protocol.Errors;

namespace Gateway.Protocol.Identity;

/// <summary>The certificate authorities of a network that are trusted now: one, or during a rotation the old and the new. Never the system's roots. Immutable.</summary>
public sealed class AuthoritySet
{
    /// <summary>Most authorities at once.</summary>
    public const int Maximum = 3;

    /// <summary>Longest certificate of an authority in bytes.</summary>
    public const int MaximumCertificate = 4 * 1_024;

    /// <summary>Extended key usage: TLS server.</summary>
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2[] _authorities;

    /// <summary>Trusts these, the one that issues first.</summary>
    public AuthoritySet(IEnumerable<X509Certificate2> authorities) => _authorities = [.. authorities];

    /// <summary>The authorities, the one that issues first, without keys.</summary>
    public IReadOnlyList<X509Certificate2> Authorities => _authorities;

    /// <summary>Reads certificates in DER.</summary>
    /// <exception cref="CryptographicException">One of them is no certificate.</exception>
    public static AuthoritySet FromDer(IEnumerable<ReadOnlyMemory<byte>> authorities) => new(authorities.Select(der => X509CertificateLoader.LoadCertificate(der.Span)));

    /// <summary>Reads certificates in PEM, one after the other.</summary>
    /// <exception cref="RefusalException">AUTHORITY_UNREADABLE: there is none, or one cannot be read.</exception>
    public static AuthoritySet FromPem(string pem)
    {
        X509Certificate2Collection read = [];
        try
        {
            read.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            read.Clear();
        }

        return read.Count > 0
            ? new AuthoritySet(read)
            : throw new RefusalException(Refusal.Invalid("AUTHORITY_UNREADABLE", "The text holds no certificate in PEM.", "certificate authority", "Take the file that the broker's operator gave you, whole."));
    }

    /// <summary>The certificates in PEM.</summary>
    public string ToPem() => string.Concat(_authorities.Select(authority => authority.ExportCertificatePem() + "\n"));

    /// <summary>These and the ones of another set, none twice.</summary>
    public AuthoritySet With(AuthoritySet others) => new(_authorities.Concat(others._authorities).DistinctBy(Fingerprint));

    /// <summary>SHA-256 of a certificate, 64 hexadecimal digits: what people compare.</summary>
    public static string Fingerprint(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

    /// <summary>Whether a certificate can be an authority of a network: X.509, at most 4 KiB, marked as an authority in a critical extension.</summary>
    public static bool IsAuthority(ReadOnlySpan<byte> der)
    {
        if (der.Length is 0 or > MaximumCertificate) return false;
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
            return certificate.RawData.AsSpan().SequenceEqual(der)
                && certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints is { CertificateAuthority: true, Critical: true });
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The authority that issued a certificate, if it holds at a time; else null. Names are not looked at.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="at">The time.</param>
    /// <param name="purpose">Extended key usage that it must allow, or null.</param>
    public X509Certificate2? FindIssuer(X509Certificate2 certificate, DateTimeOffset at, string? purpose = null) =>
        _authorities.FirstOrDefault(authority => Holds(certificate, authority, at, purpose)); // One by one: they may have one name.

    private static bool Holds(X509Certificate2 certificate, X509Certificate2 authority, DateTimeOffset at, string? purpose)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // The authority issues no revocation lists: certificates are short-lived, and there is a list of denied ones.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        if (purpose is not null) chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        return chain.Build(certificate);
    }
}
