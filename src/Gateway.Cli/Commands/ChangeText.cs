using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cli.Output;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Cli.Commands;

/// <summary>A change in words, and as a document.</summary>
internal static class ChangeText
{
    /// <summary>What it is, in one line.</summary>
    public static string Of(Change change) => change.KindCase switch
    {
        Change.KindOneofCase.Admission => Joined(change.Admission.MemberJoined) is var joined ? $"admit {joined.Name} ({Codes.Roles.Of(joined.Role)})" : "",
        Change.KindOneofCase.Suspension => $"suspend {Hex(change.Suspension.MemberId)} ({Codes.Reasons.Of(change.Suspension.Reason)})",
        Change.KindOneofCase.Reinstatement => $"reinstate {Hex(change.Reinstatement.MemberId)} ({Codes.Reasons.Of(change.Reinstatement.Reason)})",
        Change.KindOneofCase.Expulsion => $"expel {Hex(change.Expulsion.MemberId)} ({Codes.Reasons.Of(change.Expulsion.Reason)})",
        Change.KindOneofCase.CirclePolicy => (change.CirclePolicy.Policy.CircleId.IsEmpty ? "found circle " : "change circle ") + change.CirclePolicy.Policy.Name,
        Change.KindOneofCase.Operator => $"{(change.Operator.Action == OperatorAction.Admitted ? "admit" : "remove")} operator {change.Operator.Name}",
        Change.KindOneofCase.Reveal => $"trace record {Hex(change.Reveal.RecordId)} ({Codes.RevealReasons.Of(change.Reveal.Reason)})",
        Change.KindOneofCase.RecordWithdrawal => $"withdraw record {Hex(change.RecordWithdrawal.RecordId)} ({Codes.WithdrawalBases.Of(change.RecordWithdrawal.LegalBasis)})",
        Change.KindOneofCase.CertificateAuthority => $"{(change.CertificateAuthority.Action == AuthorityAction.Added ? "add" : "retire")} certificate authority {FingerprintOf(change.CertificateAuthority)}",
        Change.KindOneofCase.OprfKeys => $"share out the OPRF keys with evaluator {change.OprfKeys.ShareWith}",
        _ => change.KindCase.ToString(),
    };

    /// <summary>All of it, for --json.</summary>
    public static object Document(ChangeRecord change) => new
    {
        ChangeId = change.Id,
        Kind = change.Change.KindCase.ToString(),
        What = Of(change.Change),
        State = Codes.Changes.Of(change.State),
        change.Author,
        ProposedAt = DateTimeOffset.FromUnixTimeSeconds(change.ProposedAt),
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(change.ExpiresAt),
        DecidedBy = change.DecidedBy.Length == 0 ? null : change.DecidedBy,
        DecidedAt = change.DecidedAt == 0 ? null : (DateTimeOffset?)DateTimeOffset.FromUnixTimeSeconds(change.DecidedAt),
        Index = change.Index == 0 ? (ulong?)null : change.Index,
        Sponsors = change.SponsorSignatures.Select(sponsor => Hex(sponsor.MemberId)),
        Details = Details(change.Change).ToDictionary(line => line.Name, line => line.Value),
    };

    /// <summary>Its particulars, for who decides about it.</summary>
    public static IEnumerable<(string Name, string Value)> Details(Change change)
    {
        switch (change.KindCase)
        {
            case Change.KindOneofCase.Admission:
                foreach ((string Name, string Value) line in Details(change.Admission.MemberJoined, change.Admission.Contacts)) yield return line;
                break;
            case Change.KindOneofCase.CirclePolicy:
                CirclePolicy policy = change.CirclePolicy.Policy;
                yield return ("Purpose", policy.Purpose);
                yield return ("Legal basis", policy.LegalBasis);
                yield return ("Steward", Hex(policy.StewardId));
                yield return ("Founders", string.Join(' ', policy.FoundingMemberIds.Select(Hex)));
                yield return ("Publish", string.Join(' ', policy.PublishingRoles.Select(Codes.Roles.Of)));
                yield return ("Read", string.Join(' ', policy.ReadingRoles.Select(Codes.Roles.Of)));
                yield return ("Evidence", Codes.Evidence.Of(policy.MinimumEvidenceGrade));
                yield return ("Retention", string.Create(CultureInfo.InvariantCulture, $"{policy.MaximumRetentionDays} days"));
                yield return ("Names", Codes.NameMatchings.Of(policy.NameMatching));
                break;
            case Change.KindOneofCase.Reveal:
                yield return ("Case", change.Reveal.CaseReference);
                break;
            case Change.KindOneofCase.RecordWithdrawal:
                yield return ("Case", change.RecordWithdrawal.CaseReference);
                break;
            case Change.KindOneofCase.CertificateAuthority when change.CertificateAuthority.Forced:
                yield return ("Forced", "members that still have certificates of it are left behind");
                break;
        }
    }

    /// <summary>An application as an officer or an operator sees it before deciding.</summary>
    public static IEnumerable<(string Name, string Value)> Details(SignedStatement statement, Contacts contacts)
    {
        MemberJoined joined = Joined(statement);
        yield return ("Name", joined.Name);
        yield return ("Role", Codes.Roles.Of(joined.Role));
        yield return ("Member id", Hex(joined.MemberId));
        yield return ("Contact", $"{contacts.Name}, {contacts.Email}, {contacts.Phone}");
        yield return ("Fingerprint", FingerprintOf(statement));
    }

    /// <summary>What stands for all that a statement says, its keys too: to be compared by telephone.</summary>
    public static string FingerprintOf(SignedStatement statement) =>
        string.Join(' ', Convert.ToHexStringLower(SHA256.HashData(statement.Body.Span)).Chunk(8).Select(group => new string(group)));

    /// <summary>The message of an application's statement.</summary>
    public static MemberJoined Joined(SignedStatement statement) => MemberJoined.Parser.ParseFrom(statement.Body);

    private static string FingerprintOf(CertificateAuthorityChange change)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(change.Certificate.Span);
        return AuthoritySet.Fingerprint(certificate);
    }

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);
}
