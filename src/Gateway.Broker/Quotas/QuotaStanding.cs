using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Broker.Quotas;

/// <summary>Use and limits of a member in one quota.</summary>
/// <param name="Member">The member.</param>
/// <param name="Quota">The quota's name.</param>
/// <param name="Today">Used today.</param>
/// <param name="PerDay">Limit of today.</param>
/// <param name="InYear">Used in the last 365 days, today counted.</param>
/// <param name="PerYear">Limit of 365 days.</param>
/// <param name="Median">Median of the 28 days before today.</param>
/// <param name="IsUnusual">Whether today's use is out of proportion to the median.</param>
/// <param name="Days">Used on each of the last 28 days, oldest first, today last.</param>
public sealed record QuotaStanding(MemberId Member, string Quota, long Today, long PerDay, long InYear, long PerYear, long Median, bool IsUnusual, IReadOnlyList<long> Days)
{
    /// <summary>The message form.</summary>
    public QuotaUse ToMessage() => new()
    {
        Quota = Quota,
        UsedToday = (ulong)Math.Max(0, Today),
        DayLimit = (ulong)PerDay,
        UsedInYear = (ulong)Math.Max(0, InYear),
        YearLimit = (ulong)PerYear,
        Median = (ulong)Math.Max(0, Median),
        Unusual = IsUnusual,
        Days = { Days.Select(count => (ulong)Math.Max(0, count)) },
    };
}
