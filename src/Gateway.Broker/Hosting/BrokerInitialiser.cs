using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Broker.Administration;
using Gateway.Broker.Certificates;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Observation;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Gateway.Storage.Postgres;
using Gateway.Storage.Secrets;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Broker.Hosting;

/// <summary>Makes a new broker: its folder with authority, keys, first operators and options, and a log that begins with Genesis and the OPRF keys.</summary>
public sealed class BrokerInitialiser(RandomSource random, TimeProvider time)
{
    private const int FirstOperators = 2;

    /// <summary>Makes the broker. Genesis carries the log's first day.</summary>
    /// <param name="options">The options, with the folder to make; its hosts get localhost and 127.0.0.1 added.</param>
    /// <param name="operatorNames">Names of the first operators, at least two: [a-z0-9-]. Each gets a file with its certificate and key.</param>
    /// <param name="cancellation">Cancels the work; a folder half made is left for inspection.</param>
    /// <returns>What nodes pin: SHA-256 of the Genesis entry, 32 bytes.</returns>
    /// <exception cref="BrokerOptionsException">The options have faults, or the folder holds something already.</exception>
    public async Task<byte[]> InitialiseAsync(BrokerOptions options, IReadOnlyList<string> operatorNames, CancellationToken cancellation)
    {
        options = options with { Hosts = [.. options.Hosts.Concat(["localhost", "127.0.0.1"]).Distinct(StringComparer.OrdinalIgnoreCase)] };
        options.Validate();
        if (operatorNames.FirstOrDefault(name => !SpiffeId.IsName(name)) is { } odd) throw new BrokerOptionsException([$"The operator's name '{odd}' is not made of a–z, 0–9 and '-'."]);
        if (operatorNames.Distinct(StringComparer.Ordinal).Count() < FirstOperators) throw new BrokerOptionsException([$"A broker begins with at least {FirstOperators} operators of different names: what one proposes another approves."]);
        BrokerFiles files = options.Files;
        if (Directory.Exists(options.Directory) && Directory.EnumerateFileSystemEntries(options.Directory).Any())
        {
            throw new BrokerOptionsException([$"The folder {options.Directory} is not empty: nothing in it is overwritten. Name another one, or move it away."]);
        }

        BrokerFolder.Make(options.Directory);
        BrokerFolder.Make(files.Operators);
        using SecretFolder secrets = options.OpenSecrets(random);
        secrets.Found();
        using NetworkAuthorities authorities = NetworkAuthorities.Found(files, secrets, options.Network, time, random);
        new BrokerCertificate(files.BrokerCertificate, files.BrokerKey, secrets, authorities, SpiffeId.ForBroker(options.Network, "broker"), options.Hosts, options.BrokerCertificateLifetime, time).Current.Dispose();
        byte[] genesisHash = await BeginLogAsync(options, secrets, authorities.Issuing, operatorNames, cancellation).ConfigureAwait(false);
        NetworkFile network = new() { Network = options.Network, Broker = options.AdvertisedAddress, BrokerAlsoAt = options.AlsoAdvertised, CertificateAuthority = authorities.Issuing.Certificate.ExportCertificatePem(), GenesisHash = Convert.ToHexStringLower(genesisHash) };
        CertificateFiles.WriteSecret(files.Network, Encoding.UTF8.GetBytes(network.ToJson()));
        foreach (string name in operatorNames) WriteOperator(authorities.Issuing, options, network, name);
        CertificateFiles.WriteSecret(files.Options, options.ToJson()); // Last: a folder with options is whole.
        return genesisHash;
    }

    private static void WriteOperator(CertificateAuthority authority, BrokerOptions options, NetworkFile network, string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = authority.Issue(new PublicKey(key), SpiffeId.ForOperator(options.Network, name), OperatorCertificates.Lifetime);
        OperatorFile file = new() { Network = network, Name = name, Certificate = certificate.ExportCertificatePem(), Key = key.ExportPkcs8PrivateKeyPem() };
        CertificateFiles.WriteSecret(options.Files.OperatorFile(name), Encoding.UTF8.GetBytes(file.ToJson()));
    }

    private async Task<byte[]> BeginLogAsync(BrokerOptions options, SecretFolder secrets, CertificateAuthority authority, IReadOnlyList<string> operatorNames, CancellationToken cancellation)
    {
        byte[] logSeed = random.GetBytes(SigningKey.SeedSize);
        byte[] oprfSeed = random.GetBytes(OprfShare.SeedSize);
        try
        {
            secrets.Write(options.Files.LogSeed, logSeed);
            secrets.Write(options.Files.OprfSeed, oprfSeed);
            using SigningKey logKey = SigningKey.FromSeed(logSeed);
            using OprfShare share = OprfShare.Derive(oprfSeed, 1, random);
            using BrokerMetrics metrics = new();
            await using IBrokerStore store = await Stores.OpenBrokerAsync(options.Store, options.Files.Store, time, cancellation).ConfigureAwait(false);
            NetworkView view = await NetworkView.LoadAsync(store, cancellation).ConfigureAwait(false);
            if (view.Current.Genesis is not null) throw new BrokerOptionsException([$"store: {PostgresAddress.Parse(options.Store)} holds the log of a network already: name an empty database."]);
            await using Sequencer sequencer = await Sequencer.OpenAsync(store, view, options.Network, logKey, random, time, new LogSignal(), metrics, NullLogger.Instance, cancellation).ConfigureAwait(false);
            await sequencer.ChangeStateAsync(new StateChange { Entries = [GenesisOf(options, authority, logKey), new Entry { OprfKeys = new OprfKeys { Version = share.Version, Evaluators = { share.ToKeys() } } }] }).ConfigureAwait(false);
            await store.Changes.AddFirstOperatorsAsync([.. operatorNames.Distinct(StringComparer.Ordinal)], time.GetUtcNow(), cancellation).ConfigureAwait(false);
            return view.Current.GenesisHash.ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(logSeed);
            CryptographicOperations.ZeroMemory(oprfSeed);
        }
    }

    private Entry GenesisOf(BrokerOptions options, CertificateAuthority authority, SigningKey logKey) => new()
    {
        Genesis = new Genesis
        {
            Network = options.Network,
            LogPk = ByteString.CopyFrom(logKey.PublicKey.ToArray()),
            CaCertificate = ByteString.CopyFrom(authority.Certificate.RawData),
            Day = UtcDay.Of(time.GetUtcNow()).Number,
        },
    };
}
