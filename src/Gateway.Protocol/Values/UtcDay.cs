namespace Gateway.Protocol;

/// <summary>A day as the protocol counts it: days since 1970-01-01 UTC, as u32 (protocol §1).</summary>
/// <param name="Number">Days since 1970-01-01.</param>
public readonly record struct UtcDay(uint Number) : IComparable<UtcDay>
{
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>The day a moment lies in, by UTC.</summary>
    public static UtcDay Of(DateTimeOffset moment) => FromDate(DateOnly.FromDateTime(moment.UtcDateTime));

    /// <summary>The day of a date; dates before 1970 count as day 0.</summary>
    public static UtcDay FromDate(DateOnly date) => new((uint)Math.Max(0, date.DayNumber - Epoch));

    /// <summary>The date of the day.</summary>
    public DateOnly ToDate() => DateOnly.FromDayNumber(checked((int)Math.Min(Number, (uint)(DateOnly.MaxValue.DayNumber - Epoch)) + Epoch));

    /// <summary>The day so many days later.</summary>
    public UtcDay AddDays(uint days) => new(checked(Number + days));

    /// <inheritdoc/>
    public int CompareTo(UtcDay other) => Number.CompareTo(other.Number);

    /// <summary>Whether <paramref name="left"/> is earlier.</summary>
    public static bool operator <(UtcDay left, UtcDay right) => left.Number < right.Number;

    /// <summary>Whether <paramref name="left"/> is later.</summary>
    public static bool operator >(UtcDay left, UtcDay right) => left.Number > right.Number;

    /// <summary>Whether <paramref name="left"/> is not later.</summary>
    public static bool operator <=(UtcDay left, UtcDay right) => left.Number <= right.Number;

    /// <summary>Whether <paramref name="left"/> is not earlier.</summary>
    public static bool operator >=(UtcDay left, UtcDay right) => left.Number >= right.Number;

    /// <summary>YYYY-MM-DD.</summary>
    public override string ToString() => ToDate().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
