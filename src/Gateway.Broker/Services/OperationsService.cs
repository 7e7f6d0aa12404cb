using Gateway.Broker.Evaluators;
using Gateway.Broker.Hosting;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>How the broker does, for its operators.</summary>
public sealed class OperationsService(BrokerCore core) : Gateway.Protocol.V1.OperationsService.OperationsServiceBase
{
    /// <inheritdoc/>
    public override async Task<GetBrokerStatusResponse> GetBrokerStatus(GetBrokerStatusRequest request, ServerCallContext context)
    {
        NetworkState state = core.View.Current;
        GetBrokerStatusResponse status = new()
        {
            Network = state.Network,
            StartedAt = core.StartedAt.ToUnixTimeSeconds(),
            LogSize = core.Signal.Size,
            Day = state.Day.Number,
            StoreBytes = SizeOf(core.Files.Store) + SizeOf(core.Files.Store + "-wal"),
            CertificateNotAfter = core.Certificate.NotAfter.ToUnixTimeSeconds(),
            AuthorityNotAfter = new DateTimeOffset(core.Authorities.Issuing.Certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero).ToUnixTimeSeconds(),
            OpenFeeds = (uint)core.Feeds.OpenCount,
            OpenUploads = (uint)core.Feeds.OpenUploads,
            EvaluationsWaiting = (uint)core.Evaluations.Count,
            OtherRefusals = { core.Refusals.Of(null) },
        };
        status.Disputes = await core.Disputes.StatusAsync(context.CancellationToken).ConfigureAwait(false);
        foreach (NetworkMember member in state.Members.Values.OrderBy(member => member.Name, StringComparer.Ordinal)) status.Members.Add(Describe(member));
        await AddEvaluatorsAsync(status, state, context.CancellationToken).ConfigureAwait(false);
        return status;
    }

    private MemberStatus Describe(NetworkMember member) => new()
    {
        MemberId = member.Joined.MemberId,
        Name = member.Name,
        Role = member.Role,
        Standing = member.Standing.ToString().ToLowerInvariant(),
        LastSeen = core.Activity.LastSeen(member.Id)?.ToUnixTimeSeconds() ?? 0,
        CertificateNotAfter = core.Activity.CertificateEnd(member.Id)?.ToUnixTimeSeconds() ?? 0,
        Feed = core.Feeds.PositionOf(member.Id, core.Signal.Size),
        Quotas = { core.Quotas.UseOf(member.Id).Select(use => use.ToMessage()) },
        Refusals = { core.Refusals.Of(member.Id) },
    };

    private async ValueTask AddEvaluatorsAsync(GetBrokerStatusResponse status, NetworkState state, CancellationToken cancellation)
    {
        string? waiting = (await core.Store.ReadShareOfferAsync(cancellation).ConfigureAwait(false))?.Evaluator;
        IReadOnlyList<StoredEvaluator> admitted = await core.Store.ListEvaluatorsAsync(cancellation).ConfigureAwait(false);
        IEnumerable<EvaluatorKeys> inForce = state.OprfKeys?.Evaluators ?? [];
        foreach (EvaluatorKeys keys in inForce) status.Evaluators.Add(Describe(keys.Name, keys.Address, true));
        foreach (StoredEvaluator other in admitted.Where(other => inForce.All(keys => keys.Name != other.Name))) status.Evaluators.Add(Describe(other.Name, other.Address, false));

        EvaluatorStatus Describe(string name, string address, bool isInForce)
        {
            (DateTimeOffset At, DateTimeOffset? CertificateEnd)? seen = core.Activity.OfEvaluator(name);
            return new EvaluatorStatus
            {
                Name = name,
                Address = address,
                InForce = isInForce,
                ShareWaits = waiting == name,
                LastSeen = seen?.At.ToUnixTimeSeconds() ?? 0,
                CertificateNotAfter = seen?.CertificateEnd?.ToUnixTimeSeconds() ?? 0,
            };
        }
    }

    private static ulong SizeOf(string file) => File.Exists(file) ? (ulong)new FileInfo(file).Length : 0;
}
