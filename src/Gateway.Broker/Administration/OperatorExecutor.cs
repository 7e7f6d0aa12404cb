using System.Security.Cryptography.X509Certificates;
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

    public ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation)
    {
        string name = change.Operator.Name;
        return ValueTask.FromResult(change.Operator.Action == OperatorAction.Admitted
            ? new ChangeEffect
            {
                Decide = decision => decision with { AdmittedOperator = name },
                Committed = () => roster.Admit(name),
                Answer = response => response.OperatorCertificate = certificates.Issue(name, change.Operator.CertificateRequest),
            }
            : new ChangeEffect { Decide = decision => decision with { RemovedOperator = name }, Committed = () => roster.Remove(name) });
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
public sealed class OperatorCertificates(NetworkView view, CertificateAuthority authority)
{
    /// <summary>How long an operator's certificate holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>Issues a certificate: X.509 DER.</summary>
    /// <param name="name">The operator's name.</param>
    /// <param name="request">PKCS #10, DER.</param>
    /// <exception cref="RefusalException">It is no request.</exception>
    public ByteString Issue(string name, ByteString request)
    {
        PublicKey key = CertificateAuthority.ReadRequest(request.Span);
        using X509Certificate2 issued = authority.Issue(key, SpiffeId.ForOperator(view.Current.Network, name), Lifetime);
        return ByteString.CopyFrom(issued.RawData);
    }
}
