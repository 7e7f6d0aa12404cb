using Gateway.Broker.Access;
using Gateway.Broker.Certificates;
using Gateway.Broker.Sequencing;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Which certificates were issued and which are denied, and the authority that is to issue next.</summary>
public sealed class CertificatesService(CertificateDenials denials, NetworkAuthorities authorities, NetworkView view, IBrokerStore store, TimeProvider time)
    : Gateway.Protocol.V1.CertificatesService.CertificatesServiceBase
{
    /// <inheritdoc/>
    public override Task<GetDenyListResponse> GetDenyList(GetDenyListRequest request, ServerCallContext context) => Task.FromResult(new GetDenyListResponse { DenyList = denials.Current });

    /// <inheritdoc/>
    public override async Task<DenyCertificateResponse> DenyCertificate(DenyCertificateRequest request, ServerCallContext context) =>
        new() { Number = await denials.DenyAsync(request.Serial, request.Reason, Peer.Of(context).RequireOperator(), context.CancellationToken).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override async Task<ListCertificatesResponse> ListCertificates(ListCertificatesRequest request, ServerCallContext context)
    {
        DateTimeOffset now = time.GetUtcNow();
        HashSet<string> denied = [.. (await store.Certificates.ReadDeniedAsync(now, context.CancellationToken).ConfigureAwait(false)).Select(certificate => Convert.ToHexString(certificate.KeyHash))];
        ListCertificatesResponse response = new() { DenyListNumber = denials.Holder.Number };
        foreach (StoredCertificate issued in await store.Certificates.ReadIssuedAsync(context.CancellationToken).ConfigureAwait(false))
        {
            if (issued.NotAfter <= now) continue;
            response.Certificates.Add(new IssuedCertificate
            {
                Name = issued.Name,
                Serial = ByteString.CopyFrom(issued.Serial),
                KeyHash = ByteString.CopyFrom(issued.KeyHash),
                Authority = ByteString.CopyFrom(issued.Authority),
                IssuedAt = issued.IssuedAt.ToUnixTimeSeconds(),
                NotAfter = issued.NotAfter.ToUnixTimeSeconds(),
                Denied = denied.Contains(Convert.ToHexString(issued.KeyHash)),
            });
        }

        return response;
    }

    /// <inheritdoc/>
    public override Task<PrepareAuthorityResponse> PrepareAuthority(PrepareAuthorityRequest request, ServerCallContext context) =>
        Task.FromResult(new PrepareAuthorityResponse { Certificate = ByteString.CopyFrom(authorities.Prepare(view.Current.Network)) });
}
