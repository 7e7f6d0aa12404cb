using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Certificates;
using Gateway.Broker.Hosting;
using Gateway.Broker.Sequencing;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Administration;

/// <summary>
/// Adds a certificate authority that the broker has prepared, or retires one. An authority is retired only when every active member, and everybody else with a certificate, has one of another
/// authority, or after the overlap by force: whoever then still trusts only the retired one is locked out, and comes back by hand.
/// </summary>
internal sealed class AuthorityExecutor(BrokerOptions options, NetworkView view, ICertificateStore store, NetworkAuthorities authorities, BrokerCertificate certificate, TimeProvider time, ILogger log) : IChangeExecutor
{
    private const int MostNamed = 5;

    public Change.KindOneofCase Kind => Change.KindOneofCase.CertificateAuthority;

    public async ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation)
    {
        CertificateAuthorityChange wanted = change.CertificateAuthority;
        if (!AuthoritySet.IsAuthority(wanted.Certificate.Span)) return Refusal.Invalid("AUTHORITY_INVALID", "The certificate is not one of an authority.", "certificate", "Take the one that PrepareAuthority gave.");
        bool isInForce = state.Authorities.Any(authority => authority.Span.SequenceEqual(wanted.Certificate.Span));
        switch (wanted.Action)
        {
            case AuthorityAction.Added when isInForce:
                return Refusal.Precondition("AUTHORITY_IN_FORCE", "The authority is in force already.", "certificate", "Nothing is left to do.");
            case AuthorityAction.Added when state.Authorities.Count >= AuthoritySet.Maximum:
                return Refusal.Precondition("AUTHORITIES_TOO_MANY", $"{AuthoritySet.Maximum} authorities are in force, and no more can be.", "certificate", "Retire the oldest first.");
            case AuthorityAction.Added when !authorities.HasKeyOf(wanted.Certificate.Span):
                return Refusal.Precondition("AUTHORITY_KEY_MISSING", "The broker does not have the key of this authority.", "certificate", "Take the one that PrepareAuthority gave.");
            case AuthorityAction.Added:
                return null;
            case AuthorityAction.Retired when !isInForce:
                return Refusal.NotFound("AUTHORITY_UNKNOWN", "No such authority is in force.", "certificate", "Name one of those that the log names.");
            case AuthorityAction.Retired when state.Authorities.Count == 1:
                return Refusal.Precondition("AUTHORITY_LAST", "It is the only authority.", "certificate", "Add another first, with 'gateway broker ca rotate'.");
            case AuthorityAction.Retired:
                return await FindMissingAsync(wanted, state, cancellation).ConfigureAwait(false);
            default:
                return Refusal.Invalid("CHANGE_KIND", "The change says neither that the authority is added nor that it is retired.", "action", "Update the older of the two programs.");
        }
    }

    public ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation)
    {
        CertificateAuthorityChange wanted = change.CertificateAuthority;
        IEnumerable<ByteString> others = state.Authorities.Where(authority => !authority.Span.SequenceEqual(wanted.Certificate.Span)).Select(authority => ByteString.CopyFrom(authority.Span));
        CertificateAuthorities next = new();
        if (wanted.Action == AuthorityAction.Added)
        {
            next.Certificates.Add(wanted.Certificate);
        }
        else
        {
            // Before the entry: who reads it must find the broker under an authority that stays.
            authorities.BeginRetirement(wanted.Certificate.Span);
            if (certificate.IsDue) certificate.Renew();
        }

        next.Certificates.AddRange(others);
        return ValueTask.FromResult(new ChangeEffect { Entries = [new Entry { CertificateAuthorities = next }], Committed = Follow });
    }

    private async ValueTask<Refusal?> FindMissingAsync(CertificateAuthorityChange wanted, NetworkState state, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset overlapEnds = state.Authorities.Where(authority => !authority.Span.SequenceEqual(wanted.Certificate.Span)).Select(MadeOf).Max() + options.AuthorityOverlap;
        if (wanted.Forced)
        {
            return now >= overlapEnds
                ? null
                : Refusal.Precondition("AUTHORITY_OVERLAP", $"The authorities have not held beside each other long enough; that ends {overlapEnds:yyyy-MM-dd HH:mm} UTC.", "certificate", "Wait, or retire it without force once nobody is missing.");
        }

        byte[] retired = SHA256.HashData(wanted.Certificate.Span);
        Dictionary<string, StoredCertificate> last = (await store.ReadIssuedAsync(cancellation).ConfigureAwait(false)).GroupBy(issued => issued.Name).ToDictionary(group => group.Key, group => group.Last());
        string[] members = [.. state.Members.Values
            .Where(member => member.IsActive && !last.Any(issued => issued.Key.StartsWith($"spiffe://{state.Network}/{member.Id}/", StringComparison.Ordinal) && HasMoved(issued.Value)))
            .Select(member => member.Name)];
        string[] missing = [.. members, .. last.Values.Where(issued => SpiffeId.TryParse(issued.Name, out SpiffeId? id) && id.Member is null && issued.NotAfter > now && !HasMoved(issued)).Select(issued => issued.Name)];
        if (missing.Length == 0) return null;
        string named = string.Join(", ", missing.Take(MostNamed)) + (missing.Length > MostNamed ? $" and {missing.Length - MostNamed} more" : "");
        return Refusal.Precondition("AUTHORITY_IN_USE", $"{missing.Length} have no certificate of another authority yet: {named}.", "certificate",
            $"Wait until their nodes have renewed, which they do by themselves within a day of running; who stays away can be left behind by --force from {overlapEnds:yyyy-MM-dd HH:mm} UTC on.");

        // Settled: calls under way over the connection that showed the certificate before have ended.
        bool HasMoved(StoredCertificate issued) => issued.NotAfter > now && issued.IssuedAt + options.AuthoritySettling <= now && !issued.Authority.AsSpan().SequenceEqual(retired);
    }

    private static DateTimeOffset MadeOf(ReadOnlyMemory<byte> der)
    {
        using X509Certificate2 read = X509CertificateLoader.LoadCertificate(der.Span);
        return CertificateAuthority.MadeOf(read);
    }

    private void Follow()
    {
        try
        {
            authorities.Follow(view.Current.Authorities);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Log.AuthoritiesNotWritten(log, error); // The broker's work by the clock tries again.
        }
    }
}
