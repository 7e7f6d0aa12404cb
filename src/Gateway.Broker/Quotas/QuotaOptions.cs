namespace Gateway.Broker.Quotas;

/// <summary>
/// How much a member may use, each counted on its own. Of records a fixed number a day. Of evaluations as many a day as <see cref="MedianFactor"/> times the median of the 28 days before, but never less
/// than the floor and never more than the figure a day; in 365 days as many as <see cref="DaysInYear"/> times the largest day's limit among them, and never more than the figure a year.
/// </summary>
public sealed record QuotaOptions
{
    /// <summary>Records published a day.</summary>
    public long RecordsPerDay { get; init; } = 200_000;

    /// <summary>Records published in 365 days.</summary>
    public long RecordsPerYear { get; init; } = 20_000_000;

    /// <summary>STRONG identifiers evaluated a day, whatever a member's median.</summary>
    public long StrongPerDay { get; init; } = 2_000_000;

    /// <summary>STRONG identifiers evaluated a day that are never too many: what a new member may begin with.</summary>
    public long StrongFloorPerDay { get; init; } = 500_000;

    /// <summary>STRONG identifiers evaluated in 365 days, whatever a member's median.</summary>
    public long StrongPerYear { get; init; } = 200_000_000;

    /// <summary>COMPOUND identifiers evaluated a day, whatever a member's median.</summary>
    public long CompoundPerDay { get; init; } = 4_000_000;

    /// <summary>COMPOUND identifiers evaluated a day that are never too many: what a new member may begin with.</summary>
    public long CompoundFloorPerDay { get; init; } = 1_000_000;

    /// <summary>COMPOUND identifiers evaluated in 365 days, whatever a member's median.</summary>
    public long CompoundPerYear { get; init; } = 400_000_000;

    /// <summary>NAME identifiers evaluated a day, whatever a member's median.</summary>
    public long NamePerDay { get; init; } = 4_000_000;

    /// <summary>NAME identifiers evaluated a day that are never too many: what a new member may begin with.</summary>
    public long NameFloorPerDay { get; init; } = 1_000_000;

    /// <summary>NAME identifiers evaluated in 365 days, whatever a member's median.</summary>
    public long NamePerYear { get; init; } = 400_000_000;

    /// <summary>How many times its median of the last 28 days a member may evaluate in a day.</summary>
    public double MedianFactor { get; init; } = 3;

    /// <summary>How many days at the limit make a year's limit: below 365, so that nobody evaluates at the limit all year.</summary>
    public int DaysInYear { get; init; } = 200;

    /// <summary>A day's use above so many times the median is unusual and raises an alarm, once it is above half the floor.</summary>
    public double UnusualFactor { get; init; } = 2;

    /// <summary>Limits agreed with single members.</summary>
    public IReadOnlyList<AgreedQuota> Agreed { get; init; } = [];

    /// <summary>Records a second, in the long run.</summary>
    public int RecordsPerSecond { get; init; } = 20_000;

    /// <summary>Records at once after a pause.</summary>
    public int RecordBurst { get; init; } = 100_000;

    /// <summary>Elements evaluated a second, in the long run.</summary>
    public int ElementsPerSecond { get; init; } = 20_000;

    /// <summary>Elements evaluated at once after a pause; at least 512.</summary>
    public int ElementBurst { get; init; } = 100_000;

    /// <summary>Enrolments tried a minute from one address; as many renewals of certificates are tried from one address, and for one member.</summary>
    public int EnrolmentsPerMinutePerAddress { get; init; } = 30;

    /// <summary>Enrolments tried a minute from anywhere.</summary>
    public int EnrolmentsPerMinute { get; init; } = 300;

    internal (long Day, long Year) LimitsOf(string quota) => quota switch
    {
        Quota.Records => (RecordsPerDay, RecordsPerYear),
        Quota.Strong => (StrongPerDay, StrongPerYear),
        Quota.Compound => (CompoundPerDay, CompoundPerYear),
        Quota.Name => (NamePerDay, NamePerYear),
        _ => throw new ArgumentException($"There is no quota '{quota}'.", nameof(quota)),
    };

    /// <summary>The floor of a day; null where the limit does not follow the median.</summary>
    internal long? FloorOf(string quota) => quota switch
    {
        Quota.Strong => StrongFloorPerDay,
        Quota.Compound => CompoundFloorPerDay,
        Quota.Name => NameFloorPerDay,
        _ => null,
    };

    internal IEnumerable<string> Validate()
    {
        if (MedianFactor < 1 || UnusualFactor < 1) yield return "quotas: medianFactor and unusualFactor must be at least 1.";
        if (DaysInYear is < 1 or > 365) yield return "quotas: daysInYear must lie between 1 and 365.";
        if (StrongFloorPerDay < 0 || CompoundFloorPerDay < 0 || NameFloorPerDay < 0) yield return "quotas: a floor must not be negative.";
        foreach (AgreedQuota agreed in Agreed)
        {
            if (!Gateway.Protocol.MemberId.TryParse(agreed.Member, out _) || !Quota.All.Contains(agreed.Quota) || agreed.PerDay < 0) yield return $"quotas: agreed: '{agreed.Member}' and '{agreed.Quota}' are not a member's id and one of {string.Join(", ", Quota.All)}, or perDay is negative.";
        }

        foreach (string quota in Quota.All)
        {
            (long day, long year) = LimitsOf(quota);
            if (day < 0 || year < day) yield return $"quotas: '{quota}' allows {day} a day and {year} a year; a year must allow at least what a day allows, and neither may be negative.";
        }

        if (RecordsPerSecond < 1 || RecordBurst < 1) yield return "quotas: recordsPerSecond and recordBurst must be at least 1.";
        if (ElementsPerSecond < 1 || ElementBurst < 512) yield return "quotas: elementsPerSecond must be at least 1 and elementBurst at least 512, one full request.";
        if (EnrolmentsPerMinutePerAddress < 1 || EnrolmentsPerMinute < 1) yield return "quotas: the enrolment limits must be at least 1.";
    }
}

/// <summary>A limit agreed with one member, in place of the one that follows from its median.</summary>
/// <param name="Member">The member's id, hex.</param>
/// <param name="Quota">"records", "strong", "compound" or "name".</param>
/// <param name="PerDay">How many a day.</param>
public sealed record AgreedQuota(string Member, string Quota, long PerDay);
