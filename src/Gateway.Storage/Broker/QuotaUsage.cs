using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>How much of a quota a member has used on a day.</summary>
/// <param name="Member">The member.</param>
/// <param name="Quota">Name of the quota: "records", "strong", "compound", "name".</param>
/// <param name="Day">The day, by the broker's clock.</param>
/// <param name="Count">How many.</param>
public sealed record QuotaUsage(MemberId Member, string Quota, UtcDay Day, long Count);
