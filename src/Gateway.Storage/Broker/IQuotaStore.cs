using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>What members have used, by days. All that an evaluator other than the broker keeps in a store.</summary>
public interface IQuotaStore : IAsyncDisposable
{
    /// <summary>Adds to what members have used of a quota on a day.</summary>
    ValueTask AddUsageAsync(IReadOnlyCollection<QuotaUsage> usage, CancellationToken cancellation);

    /// <summary>What members have used since a day, that day counted.</summary>
    ValueTask<IReadOnlyList<QuotaUsage>> ReadUsageAsync(UtcDay since, CancellationToken cancellation);
}
