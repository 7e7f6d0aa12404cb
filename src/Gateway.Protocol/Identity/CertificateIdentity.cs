using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Protocol.Identity;

/// <summary>Reads who a certificate is for: exactly one URI name, of the form of <see cref="SpiffeId"/> (protocol §2).</summary>
public static class CertificateIdentity
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag UriName = new(TagClass.ContextSpecific, 6);

    /// <summary>Reads the identity; false where there is no URI name, more than one, or one of another form. Says nothing about who issued the certificate.</summary>
    public static bool TryRead(X509Certificate2 certificate, [NotNullWhen(true)] out SpiffeId? id)
    {
        id = null;
        List<string> uris = [];
        try
        {
            foreach (X509Extension extension in certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName))
            {
                AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (names.PeekTag().HasSameClassAndValue(UriName)) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriName));
                    else names.ReadEncodedValue();
                }
            }
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            return false;
        }

        return uris.Count == 1 && SpiffeId.TryParse(uris[0], out id);
    }
}
