using System.Globalization;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Quotas;

/// <summary>
/// Who has used how much of what, today and in the last 365 days. Counted in memory; evaluations are written to the store in batches (<see cref="FlushAsync"/>), records by the
/// sequencer in the transaction that publishes them.
/// </summary>
public sealed class QuotaLedger
{
    private const int YearDays = 365;

    private readonly Lock _lock = new();
    private readonly IQuotaStore _store;
    private readonly QuotaOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<(MemberId Member, string Quota), Account> _accounts = [];
    private readonly List<QuotaStanding> _alarms = [];
    private readonly RateLimiter<MemberId> _recordRate;
    private readonly RateLimiter<MemberId> _elementRate;
    private readonly Dictionary<(MemberId Member, string Quota), long> _agreed;
    private Dictionary<(MemberId Member, string Quota, UtcDay Day), long> _unwritten = [];

    private QuotaLedger(IQuotaStore store, QuotaOptions options, TimeProvider time)
    {
        _store = store;
        _options = options;
        _time = time;
        _agreed = options.Agreed.ToDictionary(agreed => (MemberId.TryParse(agreed.Member, out MemberId member) ? member : default, agreed.Quota), agreed => agreed.PerDay);
        _recordRate = new RateLimiter<MemberId>("records", options.RecordBurst, options.RecordsPerSecond, time);
        _elementRate = new RateLimiter<MemberId>("evaluations", options.ElementBurst, options.ElementsPerSecond, time);
    }

    /// <summary>Reads what was used before.</summary>
    public static async ValueTask<QuotaLedger> LoadAsync(IQuotaStore store, QuotaOptions options, TimeProvider time, CancellationToken cancellation)
    {
        QuotaLedger ledger = new(store, options, time);
        UtcDay since = FirstOfYear(UtcDay.Of(time.GetUtcNow()));
        foreach (QuotaUsage usage in await store.ReadUsageAsync(since, cancellation).ConfigureAwait(false))
        {
            ledger.AccountOf(usage.Member, usage.Quota).Add(usage.Day, usage.Count);
        }

        return ledger;
    }

    /// <summary>Counts a use, or says which quota is used up and when it refills. A use that is refused later is given back.</summary>
    /// <param name="member">Who uses it.</param>
    /// <param name="quota">What is used.</param>
    /// <param name="count">How much.</param>
    /// <param name="day">The day it is counted on, for <see cref="GiveBack"/>.</param>
    public Refusal? TryTake(MemberId member, string quota, int count, out UtcDay day)
    {
        UtcDay today = day = UtcDay.Of(_time.GetUtcNow());
        if (RateOf(quota).TryTake(member, count) is { } tooFast) return tooFast;
        lock (_lock)
        {
            Account account = AccountOf(member, quota);
            (long perDay, long perYear) = LimitsOf(member, quota, account, today);
            if (account.On(today) + count > perDay)
            {
                return Refusal.Exhausted("QUOTA_EXHAUSTED", string.Create(CultureInfo.InvariantCulture, $"The day's quota of {perDay:N0} is used up."), $"{quota} per day",
                    $"It refills at {today.AddDays(1)} 00:00 UTC; the broker's operator can raise it.");
            }

            if (account.Total + count > perYear)
            {
                return Refusal.Exhausted("QUOTA_EXHAUSTED", string.Create(CultureInfo.InvariantCulture, $"The quota of {perYear:N0} in 365 days is used up."), $"{quota} per year",
                    $"It refills day by day, next at {today.AddDays(1)} 00:00 UTC; the broker's operator can raise it.");
            }

            account.Add(today, count);
            Note(member, quota, today, count);
            if (IsUnusual(quota, account, today) && account.AlarmedOn != today)
            {
                account.AlarmedOn = today;
                _alarms.Add(Use(member, quota, account, today));
            }

            return null;
        }
    }

    /// <summary>Use and limits of a member, a line for each quota.</summary>
    public IReadOnlyList<QuotaStanding> UseOf(MemberId member)
    {
        UtcDay today = UtcDay.Of(_time.GetUtcNow());
        lock (_lock)
        {
            return [.. Quota.All.Select(quota => Use(member, quota, AccountOf(member, quota), today))];
        }
    }

    /// <summary>Members whose use has become unusual since the last time this was asked; each once a day for each quota.</summary>
    public IReadOnlyList<QuotaStanding> TakeAlarms()
    {
        lock (_lock)
        {
            QuotaStanding[] taken = [.. _alarms];
            _alarms.Clear();
            return taken;
        }
    }

    /// <summary>Takes back a use, on the day it was counted on; never more than was used that day.</summary>
    public void GiveBack(MemberId member, string quota, int count, UtcDay day)
    {
        lock (_lock)
        {
            Account account = AccountOf(member, quota);
            long back = Math.Min(count, account.On(day));
            if (back <= 0) return;
            account.Add(day, -back);
            Note(member, quota, day, -back);
        }
    }

    /// <summary>Writes what was counted since the last time. What cannot be written is kept for the next time.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        Dictionary<(MemberId Member, string Quota, UtcDay Day), long> taken;
        lock (_lock)
        {
            taken = _unwritten;
            _unwritten = [];
        }

        QuotaUsage[] usage = [.. taken.Where(pair => pair.Value != 0).Select(pair => new QuotaUsage(pair.Key.Member, pair.Key.Quota, pair.Key.Day, pair.Value))];
        if (usage.Length == 0) return;
        try
        {
            await _store.AddUsageAsync(usage, cancellation).ConfigureAwait(false);
        }
        catch
        {
            lock (_lock)
            {
                foreach (QuotaUsage used in usage) Note(used.Member, used.Quota, used.Day, used.Count);
            }

            throw;
        }
    }

    /// <summary>
    /// Takes up what other brokers on the same store have counted today: what is counted here is never less than what the store says, and what was used there is taken off the rate here.
    /// </summary>
    public async ValueTask FollowAsync(CancellationToken cancellation)
    {
        UtcDay today = UtcDay.Of(_time.GetUtcNow());
        IReadOnlyList<QuotaUsage> stored = await _store.ReadUsageAsync(today, cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (QuotaUsage used in stored)
            {
                Account account = AccountOf(used.Member, used.Quota);
                long missing = used.Count + _unwritten.GetValueOrDefault((used.Member, used.Quota, used.Day)) - account.On(used.Day);
                if (missing <= 0) continue;
                account.Add(used.Day, missing);
                RateOf(used.Quota).Owe(used.Member, missing);
            }
        }
    }

    private RateLimiter<MemberId> RateOf(string quota) => quota == Quota.Records ? _recordRate : _elementRate;

    private void Note(MemberId member, string quota, UtcDay day, long count)
    {
        if (quota == Quota.Records) return; // Written by the sequencer.
        _unwritten[(member, quota, day)] = _unwritten.GetValueOrDefault((member, quota, day)) + count;
    }

    private Account AccountOf(MemberId member, string quota)
    {
        if (!_accounts.TryGetValue((member, quota), out Account? account)) _accounts[(member, quota)] = account = new Account();
        return account;
    }

    private QuotaStanding Use(MemberId member, string quota, Account account, UtcDay today)
    {
        (long perDay, long perYear) = LimitsOf(member, quota, account, today);
        long[] days = [.. Enumerable.Range(0, Account.MedianDays).Select(i => account.On(Back(today, Account.MedianDays - 1 - i)))];
        return new QuotaStanding(member, quota, account.On(today), perDay, account.Total, perYear, account.MedianBefore(today), IsUnusual(quota, account, today), days);
    }

    private (long PerDay, long PerYear) LimitsOf(MemberId member, string quota, Account account, UtcDay today)
    {
        account.Forget(FirstOfYear(today));
        (long mostPerDay, long mostPerYear) = _options.LimitsOf(quota);
        if (_agreed.TryGetValue((member, quota), out long agreed)) return (agreed, Math.Max(mostPerYear, Multiply(agreed, _options.DaysInYear)));
        if (_options.FloorOf(quota) is not { } floor) return (mostPerDay, mostPerYear);

        // Once a day: the days before today change no more, but for what is given back.
        if (account.LimitsOn?.Day != today)
        {
            long LimitOf(UtcDay day) => Math.Min(mostPerDay, Math.Max(floor, Multiply(account.MedianBefore(day), _options.MedianFactor)));
            long largest = Enumerable.Range(0, YearDays).Max(back => LimitOf(Back(today, back)));
            account.LimitsOn = (today, LimitOf(today), Math.Min(mostPerYear, Multiply(largest, _options.DaysInYear)));
        }

        return (account.LimitsOn.Value.PerDay, account.LimitsOn.Value.PerYear);
    }

    private bool IsUnusual(string quota, Account account, UtcDay today) =>
        _options.FloorOf(quota) is { } floor && account.On(today) > Math.Max(floor / 2, Multiply(account.MedianBefore(today), _options.UnusualFactor));

    private static long Multiply(long count, double factor) => (long)Math.Min(long.MaxValue / 2, count * factor);

    private static UtcDay Back(UtcDay day, int days) => new(day.Number >= (uint)days ? day.Number - (uint)days : 0);

    private static UtcDay FirstOfYear(UtcDay today) => Back(today, YearDays - 1);
}
