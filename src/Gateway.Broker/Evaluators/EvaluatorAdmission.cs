using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Certificates;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Evaluators;

/// <summary>Gives evaluators under operators of their own their certificates. Being admitted lets an evaluator read the log; a share it gets apart from that.</summary>
public sealed class EvaluatorAdmission(NetworkView view, IBrokerStore store, CertificateIssuance issuance, TimeSpan lifetime, TimeProvider time)
{
    private readonly KeyedLock<string> _one = new();

    /// <summary>Admits an evaluator, or gives one that is admitted a certificate again.</summary>
    /// <exception cref="RefusalException">The request has a fault, or the name is another evaluator's.</exception>
    public async Task<AdmitEvaluatorResponse> AdmitAsync(string operatorName, AdmitEvaluatorRequest request, CancellationToken cancellation)
    {
        if (!SpiffeId.IsName(request.Name) || request.Name == OprfKeySet.Broker) throw Invalid("EVALUATOR_NAME_INVALID", "An evaluator's name is made of a–z, 0–9 and '-', has at most 63 characters and is not 'broker'.", "name", "Choose another name.");
        if (!OprfKeySet.IsAddress(request.Address, out Uri? address)) throw Invalid("EVALUATOR_ADDRESS_INVALID", "An evaluator's address is https, a host and a port, and nothing after it.", "address", "Give an address such as https://evaluator.example:7444.");
        if (!BoxPublicKey.TryFromBytes(request.BoxPk.Span, out _)) throw Invalid("BOX_KEY_INVALID", "The box key is not an X25519 key of 32 bytes.", "box_pk", "Send the request that `gateway evaluator init` wrote.");
        PublicKey key = CertificateAuthority.ReadRequest(request.CertificateRequest.Span);
        using KeyedLock<string>.Holding held = await _one.EnterAsync("", cancellation).ConfigureAwait(false);
        StoredEvaluator? known = await FindAsync(request.Name, cancellation).ConfigureAwait(false);
        if (known is not null && !known.BoxKey.AsSpan().SequenceEqual(request.BoxPk.Span))
        {
            throw new RefusalException(new Refusal(Grpc.Core.StatusCode.AlreadyExists, "EVALUATOR_EXISTS", "An evaluator of this name with another box key is admitted.", request.Name, "Choose another name; an evaluator that has lost its seed has lost its share."));
        }

        await store.SaveEvaluatorAsync(new StoredEvaluator(request.Name, request.Address, request.BoxPk.ToByteArray(), operatorName, time.GetUtcNow()), cancellation).ConfigureAwait(false);

        return new AdmitEvaluatorResponse { Certificate = await IssueAsync(key, request.Name, address, cancellation).ConfigureAwait(false), GenesisHash = ByteString.CopyFrom(view.Current.GenesisHash.Span) };
    }

    /// <summary>A new certificate for an admitted evaluator.</summary>
    public async Task<RenewEvaluatorCertificateResponse> RenewAsync(string name, RenewEvaluatorCertificateRequest request, CancellationToken cancellation)
    {
        StoredEvaluator known = await FindAsync(name, cancellation).ConfigureAwait(false)
            ?? throw new RefusalException(Refusal.NotFound("EVALUATOR_NOT_ADMITTED", "No evaluator of this name was admitted.", name, "Admit it with `gateway evaluator admit`."));
        return new RenewEvaluatorCertificateResponse { Certificate = await IssueAsync(CertificateAuthority.ReadRequest(request.CertificateRequest.Span), name, new Uri(known.Address), cancellation).ConfigureAwait(false) };
    }

    private async ValueTask<StoredEvaluator?> FindAsync(string name, CancellationToken cancellation) =>
        (await store.ListEvaluatorsAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(other => other.Name == name);

    private async Task<ByteString> IssueAsync(PublicKey key, string name, Uri address, CancellationToken cancellation) => ByteString.CopyFrom(
        await issuance.IssueAsync(key, SpiffeId.ForEvaluator(view.Current.Network, name), lifetime, cancellation, [address.IdnHost.Trim('[', ']')]).ConfigureAwait(false));

    private static RefusalException Invalid(string code, string what, string which, string remedy) => new(Refusal.Invalid(code, what, which, remedy));
}
