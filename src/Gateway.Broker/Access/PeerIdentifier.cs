using System.Formats.Asn1;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Certificates;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Grpc.Core;

namespace Gateway.Broker.Access;

/// <summary>
/// Finds out who shows a client certificate: issued by the network's authority and no other, within its time by the injected clock, for TLS clients, with exactly one URI name,
/// of a member that the log has. Chain and names are checked once a connection; time and membership at every call.
/// </summary>
public sealed class PeerIdentifier(NetworkView view, X509Certificate2 authority, TimeProvider time)
{
    private const string SubjectAlternativeName = "2.5.29.17";

    // By the certificate object, which lives as long as its connection.
    private readonly ConditionalWeakTable<X509Certificate2, Verdict> _verdicts = [];

    /// <summary>Identifies a certificate.</summary>
    /// <exception cref="RefusalException">UNAUTHENTICATED, with the reason.</exception>
    public Peer Identify(X509Certificate2? certificate)
    {
        if (certificate is null) throw Refuse("CERTIFICATE_MISSING", "The call came without a client certificate.", "Call with the certificate that enrolment gave the node, or with an operator's.");
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset end = new(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        if (now >= end) throw Expired();
        if (now < certificate.NotBefore.ToUniversalTime()) throw Refuse("CERTIFICATE_NOT_YET_VALID", "The client certificate is not valid yet.", "Check the clocks of both machines.");

        Verdict verdict = _verdicts.GetValue(certificate, Judge);
        if (verdict.Id is not { } id) throw Refuse(verdict.Code, verdict.What, verdict.Remedy);
        NetworkState state = view.Current;
        if (id.Network != state.Network) throw Refuse("CERTIFICATE_OF_ANOTHER_NETWORK", "The client certificate names another network.", "Call the broker of the network that issued it.");
        return id.IsOperator || id.IsEvaluator || (id.Member is { } member && state.Members.ContainsKey(member))
            ? new Peer(id, end)
            : throw Refuse("MEMBER_UNKNOWN", "The client certificate names no member of this network's log.", "Enrol the node with an invitation from the operator.");
    }

    /// <summary>The refusal of a call whose certificate has ended, before it began or under way.</summary>
    public static RefusalException Expired() =>
        Refuse("CERTIFICATE_EXPIRED", "The client certificate has expired.", "Renew it with the member key: a node does so by itself. Check the clocks of both machines.");

    private Verdict Judge(X509Certificate2 certificate)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        if (!chain.Build(certificate)) return Verdict.No("CERTIFICATE_UNTRUSTED", "The client certificate was not issued by the network's authority.", "Call with the certificate that enrolment gave the node.");

        // A chain policy accepts a certificate that names no purpose at all; this network issues none.
        bool isForClients = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(usage => usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == CertificateAuthority.ClientAuthentication));
        if (!isForClients) return Verdict.No("CERTIFICATE_PURPOSE", "The client certificate is not for TLS clients.", "Call with the certificate that enrolment gave the node.");

        List<string>? uris = ReadUris(certificate);
        return uris is [string uri] && SpiffeId.TryParse(uri, out SpiffeId? id) && !id.IsBroker
            ? new Verdict(id, "", "", "")
            : Verdict.No("CERTIFICATE_NAME", "The client certificate does not carry exactly one URI name of a node, an operator or an evaluator.", "Call with the certificate that enrolment gave the node.");
    }

    // .NET reads only DNS names and addresses out of this extension (RFC 5280 §4.2.1.6: uniformResourceIdentifier is [6] IA5String).
    private static List<string>? ReadUris(X509Certificate2 certificate)
    {
        List<string> uris = [];
        try
        {
            foreach (X509Extension extension in certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName))
            {
                AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    Asn1Tag tag = names.PeekTag();
                    if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 6))) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    else names.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            return null;
        }

        return uris;
    }

    private static RefusalException Refuse(string code, string what, string remedy) => new(new Refusal(StatusCode.Unauthenticated, code, what, "certificate", remedy));

    private sealed record Verdict(SpiffeId? Id, string Code, string What, string Remedy)
    {
        public static Verdict No(string code, string what, string remedy) => new(null, code, what, remedy);
    }
}
