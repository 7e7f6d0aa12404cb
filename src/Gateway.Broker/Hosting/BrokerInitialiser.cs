using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Certificates;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Observation;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Gateway.Storage.Sqlite;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Broker.Hosting;

/// <summary>Makes a new broker: its folder with authority, keys, first operator and options, and a log that begins with Genesis and the OPRF keys.</summary>
public sealed class BrokerInitialiser(RandomSource random, TimeProvider time)
{
    private static readonly TimeSpan OperatorLifetime = TimeSpan.FromDays(365);

    /// <summary>Makes the broker. Genesis carries the log's first day.</summary>
    /// <param name="options">The options, with the folder to make; its hosts get localhost and 127.0.0.1 added.</param>
    /// <param name="operatorName">Name of the first operator: [a-z0-9-].</param>
    /// <param name="cancellation">Cancels the work; a folder half made is left for inspection.</param>
    /// <returns>What nodes pin: SHA-256 of the Genesis entry, 32 bytes.</returns>
    /// <exception cref="BrokerOptionsException">The options have faults, or the folder holds something already.</exception>
    public async Task<byte[]> InitialiseAsync(BrokerOptions options, string operatorName, CancellationToken cancellation)
    {
        options = options with { Hosts = [.. options.Hosts.Concat(["localhost", "127.0.0.1"]).Distinct(StringComparer.OrdinalIgnoreCase)] };
        options.Validate();
        if (!SpiffeId.IsName(operatorName)) throw new BrokerOptionsException([$"The operator's name '{operatorName}' is not made of a–z, 0–9 and '-'."]);
        BrokerFiles files = options.Files;
        if (Directory.Exists(options.Directory) && Directory.EnumerateFileSystemEntries(options.Directory).Any())
        {
            throw new BrokerOptionsException([$"The folder {options.Directory} is not empty: nothing in it is overwritten. Name another one, or move it away."]);
        }

        BrokerFolder.Make(options.Directory);
        BrokerFolder.Make(files.Operators);
        using CertificateAuthority authority = CertificateAuthority.Create(options.Network, time, random);
        authority.Save(files.AuthorityCertificate, files.AuthorityKey);
        BrokerCertificate.LoadOrIssue(files.BrokerCertificate, files.BrokerKey, authority, SpiffeId.ForBroker(options.Network, "broker"), options.Hosts, options.BrokerCertificateLifetime, time).Current.Dispose();
        IssueOperator(authority, options, operatorName);

        byte[] genesisHash = await BeginLogAsync(options, authority, cancellation).ConfigureAwait(false);
        CertificateFiles.WriteSecret(files.Options, options.ToJson()); // Last: a folder with options is whole.
        return genesisHash;
    }

    /// <summary>Issues the certificate of a further operator into the broker's folder, or renews one; good for a year.</summary>
    public void IssueOperator(BrokerOptions options, string operatorName)
    {
        using CertificateAuthority authority = CertificateAuthority.Load(options.Files.AuthorityCertificate, options.Files.AuthorityKey, time, random);
        IssueOperator(authority, options, operatorName);
    }

    private static void IssueOperator(CertificateAuthority authority, BrokerOptions options, string operatorName)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = authority.Issue(new PublicKey(key), SpiffeId.ForOperator(options.Network, operatorName), OperatorLifetime);
        CertificateFiles.Replace(options.Files.OperatorCertificate(operatorName), options.Files.OperatorKey(operatorName), certificate, key);
    }

    private async Task<byte[]> BeginLogAsync(BrokerOptions options, CertificateAuthority authority, CancellationToken cancellation)
    {
        byte[] logSeed = random.GetBytes(SigningKey.SeedSize);
        byte[] oprfSeed = random.GetBytes(OprfShare.SeedSize);
        try
        {
            CertificateFiles.WriteSecret(options.Files.LogSeed, logSeed);
            CertificateFiles.WriteSecret(options.Files.OprfSeed, oprfSeed);
            using SigningKey logKey = SigningKey.FromSeed(logSeed);
            using OprfShare share = OprfShare.Derive(oprfSeed, 1, random);
            using BrokerMetrics metrics = new();
            await using SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(options.Files.Store, time, cancellation).ConfigureAwait(false);
            NetworkView view = await NetworkView.LoadAsync(store, cancellation).ConfigureAwait(false);
            await using Sequencer sequencer = await Sequencer.OpenAsync(store, view, options.Network, logKey, random, time, new LogSignal(), metrics, NullLogger.Instance, cancellation).ConfigureAwait(false);
            await sequencer.ChangeStateAsync(new StateChange { Entries = [GenesisOf(options, authority, logKey), new Entry { OprfKeys = new OprfKeys { Version = share.Version, Evaluators = { share.ToKeys() } } }] }).ConfigureAwait(false);
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
