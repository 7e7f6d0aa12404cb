using System.Security.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Identity;

/// <summary>
/// Looks after what the node and the broker show each other: renews the node's certificate at half of its life, or when it is denied, each time for a new TLS key; takes over the authorities
/// of the log and the list of denied certificates. The member key proves a request, so that a node that was off until its certificate had ended, or that has none, comes back by itself.
/// </summary>
public sealed class CertificateRenewal(
    NodeCertificate certificate, NodeAuthorities authorities, NodeDenials denials, BrokerConnection connection, EvaluatorConnections evaluators, CallInvoker broker, NodeSettings settings, MemberKeys keys, Func<NodeView> view,
    AlarmBell alarms, TimeProvider time, ILogger<CertificateRenewal> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DenyListInterval = TimeSpan.FromMinutes(1);

    private readonly MembershipService.MembershipServiceClient _broker = new(broker);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private DateTimeOffset _denyListDue = DateTimeOffset.MinValue;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            do
            {
                await RunOnceAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>One look; whatever is due is done.</summary>
    public async Task RunOnceAsync(CancellationToken cancellation)
    {
        try
        {
            authorities.Follow(view().State);
            if (connection.UnknownAuthority is { } fingerprint)
            {
                await alarms.RaiseOnceAsync(
                    Refusal.Denied("AUTHORITY_UNKNOWN", "The broker shows a certificate of an authority that this node does not trust.", fingerprint[..16],
                        "If the authority was changed while this node was away: `gateway node trust`, with the fingerprint from the broker's operator. Else somebody pretends to be the broker."),
                    cancellation);
            }

            if (time.GetUtcNow() >= _denyListDue)
            {
                await denials.RefreshAsync(view().State, broker, cancellation);
                if (denials.Number > 0) _denyListDue = time.GetUtcNow() + DenyListInterval;
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await alarms.RaiseFailureAsync("looking after certificates", fault, cancellation);
        }

        if (IsDue()) await RenewAsync(cancellation);
    }

    private bool IsDue()
    {
        DateTimeOffset now = time.GetUtcNow();
        return certificate.Current is not { } current || now >= certificate.RenewAt || denials.IsDenied(current) || (authorities.ByHand is { } byHand && byHand.FindIssuer(current, now) is null);
    }

    /// <summary>Renews now.</summary>
    public async Task RenewAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            byte[] request = NodeCertificate.Request(key, settings.Network);
            RenewCertificateResponse response = await _broker.RenewCertificateAsync(
                new RenewCertificateRequest
                {
                    CertificateRequest = ByteString.CopyFrom(request),
                    MemberId = ByteString.CopyFrom(settings.Member.ToArray()),
                    CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(request, Convert.FromHexString(settings.GenesisHash), keys.Member)),
                },
                deadline: CallDeadline.After(TimeSpan.FromSeconds(30)),
                cancellationToken: cancellation);
            certificate.Replace(response.Certificate.ToByteArray(), key);
            connection.Renew();
            evaluators.Renew();
            NodeEvents.CertificateRenewed(logger, certificate.Current!.NotAfter.ToUniversalTime());
        }
        catch (RpcException fault)
        {
            NodeEvents.WorkFailed(logger, "certificate renewal", fault.ToRefusal("broker").What);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // The present certificate goes on until it ends; people have half of its life to look.
            await alarms.RaiseFailureAsync("certificate renewal", fault, cancellation);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gate.Dispose();
        base.Dispose();
    }
}
