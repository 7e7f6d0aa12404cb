using Gateway.Broker.Certificates;
using Gateway.Broker.Sequencing;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Administration;

/// <summary>Admits an operator, whose certificate the approval gives, or removes one.</summary>
internal sealed class OperatorExecutor(OperatorRoster roster, OperatorCertificates certificates) : IChangeExecutor
{
    /// <summary>Fewer cannot decide anything.</summary>
    private const int FewestOperators = 2;

    public Change.KindOneofCase Kind => Change.KindOneofCase.Operator;

    public ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation) => ValueTask.FromResult(change.Operator.Action switch
    {
        OperatorAction.Admitted => CheckAdmission(change.Operator),
        OperatorAction.Removed => CheckRemoval(change.Operator),
        _ => Refusal.Invalid("OPERATOR_ACTION", "The change neither admits nor removes an operator.", "action", "Name one of the two."),
    });

    public async ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation)
    {
        string name = change.Operator.Name;
        if (change.Operator.Action != OperatorAction.Admitted) return new ChangeEffect { Decide = decision => decision with { RemovedOperator = name }, Committed = () => roster.Remove(name) };

        // Issued before the decision is in the store: until then nobody on the roster has its name, and it opens nothing.
        ByteString certificate = await certificates.IssueAsync(name, change.Operator.CertificateRequest, cancellation).ConfigureAwait(false);
        return new ChangeEffect
        {
            Decide = decision => decision with { AdmittedOperator = name },
            Committed = () => roster.Admit(name),
            Answer = response => response.OperatorCertificate = certificate,
        };
    }

    private Refusal? CheckAdmission(OperatorChange change)
    {
        if (!SpiffeId.IsName(change.Name)) return Refusal.Invalid("OPERATOR_NAME", "An operator's name is made of a–z, 0–9 and '-', at most 63.", "name", "Choose such a name.");
        if (roster.HasEverHad(change.Name)) return Refusal.Precondition("OPERATOR_NAME_TAKEN", "An operator has, or had, this name.", change.Name, "Choose another name: one that was removed is not given again, since certificates with it may still be about.");
        CertificateAuthority.ReadRequest(change.CertificateRequest.Span);
        return null;
    }

    private Refusal? CheckRemoval(OperatorChange change)
    {
        if (!roster.Has(change.Name)) return Refusal.NotFound("OPERATOR_UNKNOWN", "There is no operator of this name.", change.Name, "Name another.");
        return roster.Count > FewestOperators
            ? null
            : Refusal.Precondition("OPERATORS_TOO_FEW", $"A broker needs {FewestOperators} operators: with fewer nothing could be decided any more.", change.Name, "Admit another operator first.");
    }
}

/// <summary>Certificates of operators: by a request only, so that the key stays with the operator.</summary>
public sealed class OperatorCertificates(NetworkView view, CertificateIssuance issuance)
{
    /// <summary>How long an operator's certificate holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>Issues a certificate: X.509 DER.</summary>
    /// <param name="name">The operator's name.</param>
    /// <param name="request">PKCS #10, DER.</param>
    /// <param name="cancellation">Cancels the noting.</param>
    /// <exception cref="RefusalException">It is no request, or its key is denied.</exception>
    public async Task<ByteString> IssueAsync(string name, ByteString request, CancellationToken cancellation) => ByteString.CopyFrom(
        await issuance.IssueAsync(CertificateAuthority.ReadRequest(request.Span), SpiffeId.ForOperator(view.Current.Network, name), Lifetime, cancellation).ConfigureAwait(false));
}
