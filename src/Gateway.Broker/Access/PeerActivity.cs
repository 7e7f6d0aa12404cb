using System.Collections.Concurrent;
using Gateway.Protocol;

namespace Gateway.Broker.Access;

/// <summary>When each member and each evaluator last called, since the broker started, and when the certificate ends that it showed.</summary>
public sealed class PeerActivity(TimeProvider time)
{
    private readonly ConcurrentDictionary<MemberId, Seen> _members = new();
    private readonly ConcurrentDictionary<string, Seen> _evaluators = new();

    /// <summary>The last authenticated call of a member, or null.</summary>
    public DateTimeOffset? LastSeen(MemberId member) => _members.TryGetValue(member, out Seen? seen) ? seen.At : null;

    /// <summary>The end of the certificate that a member last showed, or null.</summary>
    public DateTimeOffset? CertificateEnd(MemberId member) => _members.TryGetValue(member, out Seen? seen) ? seen.CertificateEnd : null;

    /// <summary>The last call of an evaluator and the end of its certificate, or null.</summary>
    public (DateTimeOffset At, DateTimeOffset? CertificateEnd)? OfEvaluator(string name) => _evaluators.TryGetValue(name, out Seen? seen) ? (seen.At, seen.CertificateEnd) : null;

    internal void Note(MemberId member, DateTimeOffset? certificateEnd = null) =>
        _members.AddOrUpdate(member, _ => new Seen(time.GetUtcNow(), certificateEnd), (_, before) => new Seen(time.GetUtcNow(), certificateEnd ?? before.CertificateEnd));

    internal void Note(string evaluator, DateTimeOffset? certificateEnd) => _evaluators[evaluator] = new Seen(time.GetUtcNow(), certificateEnd);

    private sealed record Seen(DateTimeOffset At, DateTimeOffset? CertificateEnd);
}
