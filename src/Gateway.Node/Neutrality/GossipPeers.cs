using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Broker;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Neutrality;

/// <summary>How the last comparison with a peer went.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Member">Who answered last; null before anybody has.</param>
/// <param name="ComparedAt">When; null before any.</param>
/// <param name="Fault">Why the last attempt failed, or null.</param>
public sealed record PeerStanding(string Address, MemberId? Member, DateTimeOffset? ComparedAt, string? Fault);

/// <summary>
/// Asks other members' nodes for their newest checkpoint and compares it, past the broker: one that shows its members different logs would hardly relay what gives it away. A round asks every peer.
/// </summary>
public sealed class GossipPeers(
    NodeSettings settings, NodeCertificate certificate, NodeAuthorities authorities, NodeDenials denials, OwnLog log, ForkWatch forks, Func<NodeView> view, AlarmBell alarms, RandomSource random, TimeProvider time,
    ILogger<GossipPeers> logger) : RepeatedWork("comparing logs with other nodes", Pauses.Every(Interval), alarms, random, time)
{
    /// <summary>Extended key usage: TLS client.</summary>
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private volatile IReadOnlyList<PeerStanding> _standing = [.. settings.GossipPeers.Select(peer => new PeerStanding(peer, null, null, null))];

    /// <summary>How it stands with each peer.</summary>
    public IReadOnlyList<PeerStanding> Standing => _standing;

    /// <summary>
    /// Whether a name is that of a member's node of this network, whatever its standing: the broker suspends and expels by its word alone, and a history it has made up must not keep those apart who would find it out.
    /// </summary>
    public static bool IsMember(SpiffeId id, NodeView now) => id.Network == now.State.Network && id.Member is { } member && now.State.Members.ContainsKey(member);

    /// <summary>Compares with every peer once.</summary>
    public async Task RunOnceAsync(CancellationToken cancellation) => _standing = await Task.WhenAll(_standing.Select(peer => CompareAsync(peer, cancellation)));

    /// <inheritdoc/>
    protected override Task RoundAsync(CancellationToken cancellation) => RunOnceAsync(cancellation);

    private async Task<PeerStanding> CompareAsync(PeerStanding peer, CancellationToken cancellation)
    {
        if (await log.OpenAsync(cancellation) is not var (head, _)) return peer;
        MemberId? answered = null;
        using BrokerConnection connection = BrokerConnection.ToNode(
            new Uri(peer.Address),
            id =>
            {
                answered = id.Member;
                return IsMember(id, view());
            },
            () => authorities.Current, certificate, Time, denials.IsDenied);
        try
        {
            CompareCheckpointsResponse response = await new GossipService.GossipServiceClient(connection.Invoker).CompareCheckpointsAsync(
                new CompareCheckpointsRequest { Checkpoint = ByteString.CopyFrom(head.Note) }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            string? fault = response.Checkpoint.IsEmpty ? null : await CompareAsync(head, response, answered!.Value, cancellation);
            return fault is null ? peer with { Member = answered, ComparedAt = Time.GetUtcNow(), Fault = null } : Failed(peer, fault);
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            return Failed(peer, fault.ToRefusal("peer").What);
        }
    }

    private async Task<string?> CompareAsync(LogHead mine, CompareCheckpointsResponse response, MemberId member, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> theirs = response.Checkpoint.Memory;
        if (response.Root.IsEmpty) return (await forks.CompareAsync(theirs, member.ToString(), cancellation)).Fault;
        if (!TreeHash.TryFromBytes(response.Root.Span, out TreeHash root) || !ForkProof.TryHashes(response.ConsistencyProof, out List<TreeHash> proof)) return "its answer holds a hash of a wrong length.";
        return (await forks.CompareLargerAsync(theirs, mine.Note, root, proof, member.ToString(), cancellation)).Fault;
    }

    private PeerStanding Failed(PeerStanding peer, string what)
    {
        NodeEvents.GossipFailed(logger, peer.Address, what);
        return peer with { Fault = what };
    }
}
