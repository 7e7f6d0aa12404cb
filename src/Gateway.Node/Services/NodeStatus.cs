using Gateway.Node.Broker;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Replicas;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Services;

/// <summary>The state of the node in one answer.</summary>
public sealed class NodeStatus(
    INodeStore store, NodeMatcher matcher, Pseudonymiser pseudonymiser, Follower follower, Leadership leadership, NodeCertificate certificate, NodeSettings settings, BrokerConnection connection, Func<NodeView> view)
{
    private const int MostAlarms = 100;

    /// <summary>Reads it.</summary>
    public async Task<GetStatusResponse> ReadAsync(CancellationToken cancellation)
    {
        NodeView now = view();
        string address = connection.Address?.GetLeftPart(UriPartial.Authority) ?? ""; // None while it moves to another: the feed may not have noticed yet.
        IReadOnlyList<(CircleId Circle, NodeRecordState State, long Count)> counts = await store.CountRecordsAsync(cancellation);
        IReadOnlyDictionary<OutboxState, long> outbox = await store.CountOutboxAsync(cancellation);
        GetStatusResponse status = new()
        {
            MemberId = ByteString.CopyFrom(settings.Member.ToArray()),
            MemberName = settings.Name,
            Network = settings.Network,
            LogSize = now.Size,
            LogRoot = ByteString.CopyFrom(now.Root.ToArray()),
            BrokerLogSize = Math.Max(follower.BrokerSize, now.Size),
            BrokerConnected = (follower.IsConnected && address.Length > 0) || leadership.Leader is { HeardAt: > 0 },
            BrokerAddress = address,
            BrokerLastHeard = Math.Max(follower.LastHeard?.ToUnixTimeSeconds() ?? 0, (leadership.Leader?.HeardAt ?? 0) / 1_000),
            LiveRecords = (ulong)counts.Where(count => count.State == NodeRecordState.Live).Sum(count => count.Count),
            QuarantinedRecords = (ulong)counts.Where(count => count.State == NodeRecordState.Quarantined).Sum(count => count.Count),
            OutboxWaiting = (ulong)(outbox.GetValueOrDefault(OutboxState.Draft) + outbox.GetValueOrDefault(OutboxState.Sealed) + (await store.ReadOpenWithdrawalsAsync(cancellation)).Count),
            KnownIdentifiers = (ulong)matcher.Known.Count,
            PendingIdentifiers = (ulong)pseudonymiser.PendingCount,
            CertificateNotAfter = certificate.Current is { } current ? new DateTimeOffset(current.NotAfter.ToUniversalTime()).ToUnixTimeSeconds() : 0,
            LogDay = now.State.Day.Number,
        };
        status.Replicas.AddRange(leadership.Replicas.Select(replica => new NodeReplica { Name = replica.Name, Self = replica.IsSelf, Leads = replica.Leads, SeenAgo = (ulong)Math.Max(0, replica.SeenAgo.TotalMilliseconds) }));
        IReadOnlyList<StoredBackfill> readings = await store.ReadBackfillsAsync(cancellation);
        if (now.State.Members.TryGetValue(settings.Member, out NetworkMember? own)) status.Standing = own.Standing;
        NetworkMember? me = now.State.Members.GetValueOrDefault(settings.Member);
        foreach (NetworkCircle circle in now.State.Circles.Values.Where(circle => circle.Members.Contains(settings.Member)))
        {
            status.Circles.Add(new CircleStatus
            {
                Policy = circle.Policy,
                MemberCount = (uint)circle.Members.Count,
                Epoch = now.Keyring.Newest(circle.Id) is { } key ? (int)key.Epoch : -1,
                MayPublish = me is not null && circle.MayPublish(me),
                MayRead = me is not null && circle.MayRead(me),
                BackfillRemaining = (ulong)readings.Where(reading => reading.Circle == circle.Id).Sum(reading => (long)reading.Remaining),
                LiveRecords = (ulong)counts.Where(count => count.Circle == circle.Id && count.State == NodeRecordState.Live).Sum(count => count.Count),
            });
        }

        foreach (StoredAlarm alarm in await store.ReadAlarmsAsync(MostAlarms, cancellation))
        {
            status.Alarms.Add(new Alarm { RaisedAt = alarm.RaisedAt.ToUnixTimeSeconds(), Error = ErrorDetail.Parser.ParseFrom(alarm.Error) });
        }

        return status;
    }
}
