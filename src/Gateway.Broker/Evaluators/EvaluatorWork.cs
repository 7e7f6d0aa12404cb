using System.Security.Cryptography;
using Gateway.Broker.Hosting;
using Gateway.Broker.Observation;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Evaluators;

/// <summary>What an evaluator does besides evaluating: follows the log, looks for shares, destroys old ones, writes what members used, renews its certificate. Nothing of it ends the process.</summary>
public sealed class EvaluatorWork(EvaluatorCore core, RandomSource random, TimeProvider time, ILogger<EvaluatorWork> log) : BackgroundService
{
    /// <summary>How often the broker is asked for its newest checkpoint and for a share.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>One look at everything that is due, but the feed.</summary>
    public async Task RunOnceAsync(CancellationToken cancellation)
    {
        await TryAsync("reading the checkpoint", async () => core.Log.Confirm((await core.Broker.Log.GetCheckpointAsync(new GetCheckpointRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation).ConfigureAwait(false)).Checkpoint)).ConfigureAwait(false);
        await TryAsync("reading the list of denied certificates", () => TakeDenyListAsync(cancellation)).ConfigureAwait(false);
        await TryAsync("looking for a share", () => core.Receiver.LookAsync(cancellation)).ConfigureAwait(false);
        await TryAsync("writing what was used", () => core.Quotas.FlushAsync(cancellation).AsTask()).ConfigureAwait(false);
        await TryAsync("destroying old shares", RetireAsync).ConfigureAwait(false);
        await TryAsync("renewing the certificate", () => RenewAsync(cancellation)).ConfigureAwait(false);
        foreach (QuotaStanding unusual in core.Quotas.TakeAlarms())
        {
            Gateway.Broker.Log.UnusualUse(log, unusual.Member.Prefix, unusual.Quota, unusual.Today, unusual.Median);
            core.Metrics.Unusual(unusual.Member, unusual.Quota);
        }
    }

    /// <summary>Reads the feed until it ends.</summary>
    public async Task FollowAsync(CancellationToken cancellation)
    {
        using AsyncServerStreamingCall<FollowResponse> call = core.Broker.Exchange.Follow(new FollowRequest { FromIndex = core.Log.Resume() }, cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false)) core.Log.Take(call.ResponseStream.Current);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(FollowUntilStoppedAsync(stoppingToken), LookUntilStoppedAsync(stoppingToken));

    private async Task FollowUntilStoppedAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await TryAsync("following the log", () => FollowAsync(stopping)).ConfigureAwait(false);
            await Task.Delay(random.Around(Interval), time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookUntilStoppedAsync(CancellationToken stopping)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            do await RunOnceAsync(stopping).ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TakeDenyListAsync(CancellationToken cancellation)
    {
        GetDenyListResponse response = await core.Broker.Certificates.GetDenyListAsync(new GetDenyListRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation).ConfigureAwait(false);
        if (core.TakeDenyList(response.DenyList) is { } refusal) throw new RefusalException(refusal);
    }

    private Task RetireAsync()
    {
        if (core.Log.View.Current.OprfKeys is { } announced && core.Shares.Retire(announced) is > 0 and int destroyed) Gateway.Broker.Log.SharesDestroyed(log, destroyed);
        return Task.CompletedTask;
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        if (time.GetUtcNow() < core.Certificate.RenewAt) return;
        RenewEvaluatorCertificateResponse response = await core.Broker.Evaluators.RenewEvaluatorCertificateAsync(
            new RenewEvaluatorCertificateRequest { CertificateRequest = ByteString.CopyFrom(core.Certificate.Request(core.Options.Name)) }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation).ConfigureAwait(false);
        core.Certificate.Replace(response.Certificate.ToByteArray());
        Gateway.Broker.Log.CertificateRenewed(log, core.Certificate.Current.NotAfter.ToUniversalTime());
    }

    private async Task TryAsync(string work, Func<Task> run)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RpcException or RefusalException or StoreUnavailableException or StoreCorruptException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            string what = fault is RpcException call ? call.ToRefusal("broker").ToString() : fault.Message;
            Gateway.Broker.Log.EvaluatorWorkFailed(log, work, what);
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
    }
}
