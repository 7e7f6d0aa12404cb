namespace Gateway.Broker.Quotas;

/// <summary>How much a member may use, each counted on its own.</summary>
public sealed record QuotaOptions
{
    /// <summary>Records published a day.</summary>
    public long RecordsPerDay { get; init; } = 200_000;

    /// <summary>Records published in 365 days.</summary>
    public long RecordsPerYear { get; init; } = 20_000_000;

    /// <summary>STRONG identifiers evaluated a day.</summary>
    public long StrongPerDay { get; init; } = 2_000_000;

    /// <summary>STRONG identifiers evaluated in 365 days.</summary>
    public long StrongPerYear { get; init; } = 200_000_000;

    /// <summary>COMPOUND identifiers evaluated a day.</summary>
    public long CompoundPerDay { get; init; } = 4_000_000;

    /// <summary>COMPOUND identifiers evaluated in 365 days.</summary>
    public long CompoundPerYear { get; init; } = 400_000_000;

    /// <summary>NAME identifiers evaluated a day.</summary>
    public long NamePerDay { get; init; } = 4_000_000;

    /// <summary>NAME identifiers evaluated in 365 days.</summary>
    public long NamePerYear { get; init; } = 400_000_000;

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

    internal IEnumerable<string> Validate()
    {
        foreach (string quota in (string[])[Quota.Records, Quota.Strong, Quota.Compound, Quota.Name])
        {
            (long day, long year) = LimitsOf(quota);
            if (day < 0 || year < day) yield return $"quotas: '{quota}' allows {day} a day and {year} a year; a year must allow at least what a day allows, and neither may be negative.";
        }

        if (RecordsPerSecond < 1 || RecordBurst < 1) yield return "quotas: recordsPerSecond and recordBurst must be at least 1.";
        if (ElementsPerSecond < 1 || ElementBurst < 512) yield return "quotas: elementsPerSecond must be at least 1 and elementBurst at least 512, one full request.";
        if (EnrolmentsPerMinutePerAddress < 1 || EnrolmentsPerMinute < 1) yield return "quotas: the enrolment limits must be at least 1.";
    }
}
