using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

public sealed partial record NetworkState
{
    // Null until the log changes what Genesis says.
    private IReadOnlyList<ReadOnlyMemory<byte>>? RotatedAuthorities { get; init; }

    /// <summary>The certificate authorities whose certificates hold now, X.509 DER, the one that issues first; empty before Genesis.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Authorities => RotatedAuthorities ?? (Genesis is null || Genesis.CaCertificate.IsEmpty ? [] : [Genesis.CaCertificate.Memory]);

    // Each change leaves one authority standing: whoever trusts those before the change can follow it.
    private string? SetAuthorities(CertificateAuthorities entry, out NetworkState next)
    {
        next = this;
        ReadOnlyMemory<byte>[] authorities = [.. entry.Certificates.Select(certificate => certificate.Memory)];
        if (authorities.Length is 0 or > AuthoritySet.Maximum) return $"The log names {authorities.Length} certificate authorities where 1 to {AuthoritySet.Maximum} are allowed.";
        if (authorities.Any(certificate => !AuthoritySet.IsAuthority(certificate.Span))) return "The log names a certificate authority that is none.";
        if (authorities.Where((certificate, i) => authorities.Take(i).Any(other => other.Span.SequenceEqual(certificate.Span))).Any()) return "The log names a certificate authority twice.";
        if (!authorities.Any(certificate => Authorities.Any(known => known.Span.SequenceEqual(certificate.Span)))) return "The log names only certificate authorities that are new: nobody could follow the change.";
        if (authorities.Length == Authorities.Count && authorities.Zip(Authorities).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span))) return "The log names the certificate authorities it named before.";
        next = this with { RotatedAuthorities = authorities };
        return null;
    }
}
