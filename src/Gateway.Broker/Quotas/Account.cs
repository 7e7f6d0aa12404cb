using Gateway.Protocol;

namespace Gateway.Broker.Quotas;

/// <summary>What one member has used of one quota, by days.</summary>
internal sealed class Account
{
    /// <summary>Days that a median looks back.</summary>
    public const int MedianDays = 28;

    private readonly SortedDictionary<uint, long> _days = [];

    public long Total { get; private set; }

    /// <summary>The limits of a day, once they are known.</summary>
    public (UtcDay Day, long PerDay, long PerYear)? LimitsOn { get; set; }

    /// <summary>The day on which unusual use was last reported.</summary>
    public UtcDay? AlarmedOn { get; set; }

    public long On(UtcDay day) => _days.GetValueOrDefault(day.Number);

    public void Add(UtcDay day, long count)
    {
        _days[day.Number] = On(day) + count;
        Total += count;
    }

    public void Forget(UtcDay before)
    {
        while (_days.Count > 0 && _days.First() is var oldest && oldest.Key < before.Number)
        {
            Total -= oldest.Value;
            _days.Remove(oldest.Key);
        }
    }

    /// <summary>The median of the 28 days before a day, days without use counted: the lower one of the two in the middle, so that it is a number of something.</summary>
    public long MedianBefore(UtcDay day)
    {
        // More than half of the days without use: the rule, for most members and quotas.
        if (_days.Count < MedianDays / 2) return 0;
        Span<long> used = stackalloc long[MedianDays];
        for (int i = 0; i < MedianDays; i++) used[i] = day.Number > (uint)i ? _days.GetValueOrDefault(day.Number - 1 - (uint)i) : 0;
        used.Sort();
        return used[(MedianDays / 2) - 1];
    }
}
