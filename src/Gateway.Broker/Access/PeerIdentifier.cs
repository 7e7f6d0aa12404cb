using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Administration;
using Gateway.Broker.Certificates;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Broker.Access;

/// <summary>
/// Finds out who shows a client certificate: issued by an authority that the log names and no other, within its time by the injected clock, for TLS clients, with exactly one URI name,
/// of a member that the log has. Chain and names are checked once a connection and set of authorities; time and membership at every call.
/// </summary>
public sealed class PeerIdentifier(NetworkView view, Func<string, bool> isOperator, Func<X509Certificate2, MemberId?, bool> isDenied, TimeProvider time)
{
    private readonly LoggedAuthorities _authorities = new();

    // By the certificate object, which lives as long as its connection.
    private readonly ConditionalWeakTable<X509Certificate2, Verdict> _verdicts = [];

    /// <summary>Identifies a certificate.</summary>
    /// <exception cref="RefusalException">UNAUTHENTICATED, with the reason; PERMISSION_DENIED for a member or an operator that is known and not served any more.</exception>
    public Peer Identify(X509Certificate2? certificate)
    {
        if (certificate is null) throw Refuse("CERTIFICATE_MISSING", "The call came without a client certificate.", "Call with the certificate that enrolment gave the node, or with an operator's.");
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset end = new(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        if (now >= end) throw Expired();
        if (now < certificate.NotBefore.ToUniversalTime()) throw Refuse("CERTIFICATE_NOT_YET_VALID", "The client certificate is not valid yet.", "Check the clocks of both machines.");

        NetworkState state = view.Current;
        AuthoritySet authorities = _authorities.Of(state.Authorities);
        if (!_verdicts.TryGetValue(certificate, out Verdict? verdict) || !ReferenceEquals(verdict.Under, authorities))
        {
            verdict = Judge(certificate, authorities);
            _verdicts.AddOrUpdate(certificate, verdict);
        }

        if (verdict.Id is not { } id) throw Refuse(verdict.Code, verdict.What, verdict.Remedy);
        if (isDenied(certificate, id.Member))
        {
            throw Refuse("CERTIFICATE_DENIED", "The client certificate is denied.", "A node gets another by itself, for a new key. If it does not, ask the broker's operator.");
        }

        if (id.Network != state.Network) throw Refuse("CERTIFICATE_OF_ANOTHER_NETWORK", "The client certificate names another network.", "Call the broker of the network that issued it.");
        if (RefusalOf(id) is { } refusal) throw new RefusalException(refusal);
        return new Peer(id, end);
    }

    /// <summary>Why somebody whose certificate was good is not served, or null: asked at every call, and of open streams whenever the log grows.</summary>
    public Refusal? RefusalOf(SpiffeId id)
    {
        if (id.IsOperator) return isOperator(id.Name) ? null : OperatorRemoved();
        if (id.IsEvaluator) return null; // Which evaluators there are is said where they are admitted; a denied certificate was refused before.
        return id.Member is { } member && view.Current.Members.TryGetValue(member, out NetworkMember? known)
            ? RefusalOf(known.Standing)
            : Unauthenticated("MEMBER_UNKNOWN", "The client certificate names no member of this network's log.", "Enrol the node with an invitation from the operator.");
    }

    /// <summary>Why a member of a standing is not served, or null.</summary>
    public static Refusal? RefusalOf(MemberStanding standing) => standing switch
    {
        MemberStanding.Active => null,
        MemberStanding.Suspended => Refusal.Denied("MEMBER_SUSPENDED", "The member is suspended: the broker does not serve it until it is reinstated.", "member", "Ask the broker's operators; the log names the reason. Local screening goes on."),
        MemberStanding.Expelled => Refusal.Denied("MEMBER_EXPELLED", "The member was expelled from the network.", "member", "The log names the reason. To come back, apply anew under another id."),
        _ => Refusal.Denied("MEMBER_LEFT", "The member has left the network.", "member", "To come back, apply anew under another id."),
    };

    /// <summary>The refusal of who is no operator, or not any more.</summary>
    public static Refusal OperatorRemoved() => Refusal.Denied("OPERATOR_REMOVED", "The certificate's holder is not an operator of this broker, or not any more.", "certificate", "Ask the broker's operators.");

    /// <summary>The refusal of a call whose certificate has ended, before it began or under way.</summary>
    public static RefusalException Expired() =>
        Refuse("CERTIFICATE_EXPIRED", "The client certificate has expired.", "Renew it with the member key: a node does so by itself. Check the clocks of both machines.");

    private Verdict Judge(X509Certificate2 certificate, AuthoritySet authorities)
    {
        if (authorities.FindIssuer(certificate, time.GetUtcNow()) is null) return Verdict.No(authorities, "CERTIFICATE_UNTRUSTED", "The client certificate was not issued by the network's authority.", "Call with the certificate that enrolment gave the node.");

        // A chain policy accepts a certificate that names no purpose at all; this network issues none.
        bool isForClients = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(usage => usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == CertificateAuthority.ClientAuthentication));
        if (!isForClients) return Verdict.No(authorities, "CERTIFICATE_PURPOSE", "The client certificate is not for TLS clients.", "Call with the certificate that enrolment gave the node.");
        return CertificateIdentity.TryRead(certificate, out SpiffeId? id) && !id.IsBroker
            ? new Verdict(authorities, id, "", "", "")
            : Verdict.No(authorities, "CERTIFICATE_NAME", "The client certificate does not carry exactly one URI name of a node, an operator or an evaluator.", "Call with the certificate that enrolment gave the node.");
    }

    private static RefusalException Refuse(string code, string what, string remedy) => new(Unauthenticated(code, what, remedy));

    private static Refusal Unauthenticated(string code, string what, string remedy) => new(StatusCode.Unauthenticated, code, what, "certificate", remedy);

    private sealed record Verdict(AuthoritySet Under, SpiffeId? Id, string Code, string What, string Remedy)
    {
        public static Verdict No(AuthoritySet under, string code, string what, string remedy) => new(under, null, code, what, remedy);
    }
}
