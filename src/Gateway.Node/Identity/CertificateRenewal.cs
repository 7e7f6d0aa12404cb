using Gateway.Node.Broker;
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
/// Renews the node's certificate at half of its life. The member key proves the request, so that a node that was off until its certificate had ended comes back by itself.
/// </summary>
public sealed class CertificateRenewal(NodeCertificate certificate, BrokerConnection connection, EvaluatorConnections evaluators, CallInvoker broker, NodeSettings settings, MemberKeys keys, AlarmBell alarms, TimeProvider time, ILogger<CertificateRenewal> logger) : BackgroundService
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
            byte[] request = certificate.RequestRenewal(settings.Network);
            RenewCertificateResponse response = await _broker.RenewCertificateAsync(
                new RenewCertificateRequest
                {
                    CertificateRequest = ByteString.CopyFrom(request),
                    MemberId = ByteString.CopyFrom(settings.Member.ToArray()),
                    CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(request, Convert.FromHexString(settings.GenesisHash), keys.Member)),
                },
                deadline: time.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(30),
                cancellationToken: cancellation);
            certificate.Replace(response.Certificate.ToByteArray());
            connection.Renew();
            evaluators.Renew();
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
