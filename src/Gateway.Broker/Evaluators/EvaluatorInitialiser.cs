using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Broker.Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Evaluators;

/// <summary>Makes an evaluator's folder, and completes it with what the broker's operator hands back.</summary>
public sealed class EvaluatorInitialiser(RandomSource random)
{
    /// <summary>Makes folder, seed, TLS key, and the request for the broker's operator.</summary>
    /// <exception cref="BrokerOptionsException">The options have faults, or the folder holds something already.</exception>
    public EvaluatorRequestFile Initialise(EvaluatorOptions options)
    {
        options.Validate();
        EvaluatorFiles files = options.Files;
        if (Directory.Exists(options.Directory) && Directory.EnumerateFileSystemEntries(options.Directory).Any())
        {
            throw new BrokerOptionsException([$"The folder {options.Directory} is not empty: nothing in it is overwritten. Name another one, or move it away."]);
        }

        BrokerFolder.Make(options.Directory);
        using SecretFolder secrets = options.OpenSecrets(random);
        secrets.Found();
        byte[] seed = random.GetBytes(BoxKey.SeedSize);
        secrets.Write(files.Seed, seed);
        CryptographicOperations.ZeroMemory(seed);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] pem = Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem());
        secrets.Write(files.TlsKey, pem);
        CryptographicOperations.ZeroMemory(pem);
        using BoxKey box = ReadBoxKey(files, secrets);
        EvaluatorRequestFile request = new()
        {
            Network = options.Network,
            Name = options.Name,
            Address = options.Address,
            BoxKey = Convert.ToHexStringLower(box.PublicKey.ToArray()),
            CertificateRequest = RequestOf(key, options.Name).CreateSigningRequestPem(),
        };
        CertificateFiles.WriteSecret(files.Request, Encoding.UTF8.GetBytes(request.ToJson()));
        CertificateFiles.WriteSecret(files.Options, options.ToJson()); // Last: a folder with options is whole.
        return request;
    }

    /// <summary>Takes what the broker's operator has handed back; again, with a new file, when the certificate has ended.</summary>
    /// <exception cref="RefusalException">The file is for another evaluator, or its certificate is not for this evaluator's key.</exception>
    public EvaluatorOptions Enrol(EvaluatorOptions options, EvaluatorAdmissionFile admission)
    {
        EvaluatorFiles files = options.Files;
        if (admission.Network != options.Network || admission.Name != options.Name) throw Mismatch($"The file is for evaluator {admission.Name} of {admission.Network}.");
        if (options.IsEnrolled && options.GenesisHash != admission.GenesisHash) throw Mismatch("The file is of another log of the same name.");
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(admission.Certificate);
        using SecretFolder secrets = options.OpenSecrets(random);
        using ECDsa key = EvaluatorCertificate.ReadKey(files, secrets);
        using ECDsa? certified = certificate.GetECDsaPublicKey();
        if (certified is null || !certified.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())) throw Mismatch("The certificate is of another key.");
        if (!CertificateIdentity.TryRead(certificate, out SpiffeId? id) || !id.IsEvaluator || id.Name != options.Name || id.Network != options.Network) throw Mismatch("The certificate names somebody else.");
        EvaluatorOptions enrolled = options with { Broker = admission.Broker, GenesisHash = admission.GenesisHash };
        enrolled.Validate();
        CertificateFiles.ReplaceSecret(files.Authority, Encoding.ASCII.GetBytes(admission.CertificateAuthority));
        CertificateFiles.ReplaceSecret(files.TlsCertificate, Encoding.ASCII.GetBytes(admission.Certificate));
        CertificateFiles.ReplaceSecret(files.Options, enrolled.ToJson());
        return enrolled;
    }

    /// <summary>A PKCS #10 request for the evaluator's key. The broker decides the name.</summary>
    internal static CertificateRequest RequestOf(ECDsa key, string name) => new($"CN={name} evaluator", key, HashAlgorithmName.SHA256);

    /// <summary>The box key: HKDF(seed, "gateway/v1/evaluator-box-key").</summary>
    internal static BoxKey ReadBoxKey(EvaluatorFiles files, SecretFolder secrets) => BrokerKeys.Read(secrets, files.Seed, seed =>
    {
        Span<byte> box = stackalloc byte[BoxKey.SeedSize];
        Hkdf.DeriveKey(seed, "gateway/v1/evaluator-box-key", box);
        BoxKey key = BoxKey.FromSeed(box);
        CryptographicOperations.ZeroMemory(box);
        return key;
    });

    private static RefusalException Mismatch(string what) => new(Refusal.Invalid("EVALUATOR_ADMISSION_MISMATCH", what, "file", "Give the file that the broker's operator made from this evaluator's request."));
}
