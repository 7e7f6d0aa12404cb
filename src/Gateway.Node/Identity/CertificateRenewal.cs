using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Identity;

/// <summary>Renews the node's certificate at half of its life (protocol §2).</summary>
public sealed class CertificateRenewal(NodeCertificate certificate, CallInvoker broker, SpiffeId self, AlarmBell alarms, TimeProvider time, ILogger<CertificateRenewal> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly MembershipService.MembershipServiceClient _broker = new(broker);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            do
            {
                if (time.GetUtcNow() >= certificate.RenewAt) await RenewAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        try
        {
            RenewCertificateResponse response = await _broker.RenewCertificateAsync(
                new RenewCertificateRequest { CertificateRequest = ByteString.CopyFrom(certificate.RequestRenewal(self)) },
                deadline: time.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(30),
                cancellationToken: cancellation);
            certificate.Replace(response.Certificate.ToByteArray());
            NodeEvents.CertificateRenewed(logger, certificate.Current.NotAfter.ToUniversalTime());
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
    }
}
