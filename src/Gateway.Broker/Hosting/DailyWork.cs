using System.Security.Cryptography;
using Gateway.Broker.Certificates;
using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Hosting;

/// <summary>What the broker does by the clock: the log's Day, the items of expired records, the usage of quotas, its own certificate.</summary>
public sealed class DailyWork(BrokerCore core, TimeProvider time, ILogger<DailyWork> log) : BackgroundService
{
    /// <summary>How often the clock is looked at. Often, because a wait until midnight would miss a clock that is set.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private const int ItemsAtOnce = 1_000;

    // Items may have expired while the broker was off, so they are looked for once at the start too.
    private UtcDay? _swept;
    private UtcDay? _disputesEnded;
    private bool _warned;

    /// <summary>One look at the clock; everything that is due is done.</summary>
    public async Task RunOnceAsync(CancellationToken cancellation)
    {
        try
        {
            await BeginDayAsync().ConfigureAwait(false);
            await DeleteExpiredAsync(cancellation).ConfigureAwait(false);
            await EndDisputesAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is RefusalException or StoreUnavailableException or StoreCorruptException or InvalidOperationException)
        {
            Log.DailyWorkFailed(log, error);
        }

        try
        {
            await core.Quotas.FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StoreUnavailableException or StoreCorruptException)
        {
            Log.UsageNotWritten(log, error);
        }

        foreach (QuotaStanding unusual in core.Quotas.TakeAlarms())
        {
            Log.UnusualUse(log, unusual.Member.Prefix, unusual.Quota, unusual.Today, unusual.Median);
            core.Metrics.Unusual(unusual.Member, unusual.Quota);
        }

        RetireShares();
        RenewCertificate();
        try
        {
            await core.Denials.KeepFreshAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StoreUnavailableException or StoreCorruptException)
        {
            Log.DailyWorkFailed(log, error);
        }
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the listener: no call meets the day of yesterday.
        await RunOnceAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) await RunOnceAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task BeginDayAsync()
    {
        UtcDay today = UtcDay.Of(time.GetUtcNow()), logged = core.View.Current.Day;
        if (today < logged)
        {
            if (!_warned) Log.ClockBehind(log, today.ToString(), logged.ToString());
            _warned = true;
            return;
        }

        _warned = false;
        if (today == logged) return;
        await core.Sequencer.ChangeStateAsync(new StateChange { Entries = [new Entry { Day = new Day { Day_ = today.Number } }] }).ConfigureAwait(false);
        Log.NewDay(log, today.ToString());
    }

    private async Task EndDisputesAsync(CancellationToken cancellation)
    {
        UtcDay day = core.View.Current.Day;
        if (_disputesEnded == day) return;
        if (await core.Disputes.EndOverdueAsync(cancellation).ConfigureAwait(false) is > 0 and int ended) Log.DisputesOverdue(log, ended);
        await core.Objections.ForgetAsync(cancellation).ConfigureAwait(false);
        _disputesEnded = day;
    }

    private async Task DeleteExpiredAsync(CancellationToken cancellation)
    {
        UtcDay day = core.View.Current.Day;
        if (_swept == day) return;
        int deleted, total = 0;
        do
        {
            deleted = await core.Store.DeleteExpiredItemsAsync(day, ItemsAtOnce, cancellation).ConfigureAwait(false);
            total += deleted;
        }
        while (deleted == ItemsAtOnce);
        if (total > 0) Log.ItemsDeleted(log, total);
        _swept = day;
    }

    private void RetireShares()
    {
        try
        {
            core.RetireShares();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Log.DailyWorkFailed(log, error);
        }
    }

    private void RenewCertificate()
    {
        BrokerCertificate certificate = core.Certificate;
        try
        {
            if (core.Authorities.Follow(core.View.Current.Authorities)) Log.AuthoritiesChanged(log, string.Join(", ", core.Authorities.InForce.Select(authority => AuthoritySet.Fingerprint(authority)[..16])));
            if (!certificate.IsDue) return;
            certificate.Renew();
            Log.CertificateRenewed(log, certificate.NotAfter);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            Log.CertificateNotRenewed(log, error, certificate.NotAfter);
        }
    }
}
