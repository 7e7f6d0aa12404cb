using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Protocol.Identity;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Certificates;

/// <summary>
/// The network's authorities with their keys. Which of them hold the log says; ca.crt repeats it for people and commands, and ca.key has the keys, one after the other in PEM. An authority that
/// is prepared for a rotation has its key there too, and its certificate in ca-next.crt until the log names it.
/// </summary>
public sealed class NetworkAuthorities : IDisposable
{
    private readonly BrokerFiles _files;
    private readonly SecretFolder _secrets;
    private readonly TimeSpan _settling;
    private readonly TimeProvider _time;
    private readonly RandomSource _random;
    private readonly Lock _gate = new();
    private volatile CertificateAuthority[] _inForce;
    private volatile byte[] _leaving = [];

    private NetworkAuthorities(BrokerFiles files, SecretFolder secrets, CertificateAuthority[] inForce, TimeSpan settling, TimeProvider time, RandomSource random)
    {
        _files = files;
        _secrets = secrets;
        _inForce = inForce;
        _settling = settling;
        _time = time;
        _random = random;
    }

    /// <summary>The authority that issues certificates of nodes and operators: the newest that was made long enough ago for every verifier to have heard of it.</summary>
    public CertificateAuthority Issuing
    {
        get
        {
            CertificateAuthority[] inForce = _inForce;
            return Array.Find(inForce, authority => _time.GetUtcNow() >= authority.Made + _settling) ?? inForce[^1];
        }
    }

    /// <summary>The oldest authority in force, which every node trusts, also one that has not yet heard of the others: it issues the broker's own certificate.</summary>
    public CertificateAuthority KnownToAll
    {
        get
        {
            CertificateAuthority[] inForce = _inForce;
            return Array.FindLast(inForce, authority => !authority.Certificate.RawData.AsSpan().SequenceEqual(_leaving)) ?? inForce[^1];
        }
    }

    /// <summary>The authorities in force, X.509 DER, the newest first.</summary>
    public IReadOnlyList<X509Certificate2> InForce => [.. _inForce.Select(authority => authority.Certificate)];

    /// <summary>Makes the first authority of a network and writes it.</summary>
    public static NetworkAuthorities Found(BrokerFiles files, SecretFolder secrets, string network, TimeProvider time, RandomSource random)
    {
        NetworkAuthorities made = new(files, secrets, [CertificateAuthority.Create(network, time, random)], TimeSpan.Zero, time, random);
        made.Write(made._inForce);
        return made;
    }

    /// <summary>Reads the authorities that hold.</summary>
    /// <param name="files">The broker's files.</param>
    /// <param name="secrets">Its secrets.</param>
    /// <param name="inForce">X.509 DER, as the log names them; null: as ca.crt has them.</param>
    /// <param name="settling">How long a new authority waits before it issues.</param>
    /// <param name="time">Clock.</param>
    /// <param name="random">Serial numbers.</param>
    /// <exception cref="BrokerOptionsException">The key of one is missing.</exception>
    public static NetworkAuthorities Load(BrokerFiles files, SecretFolder secrets, IEnumerable<ReadOnlyMemory<byte>>? inForce, TimeSpan settling, TimeProvider time, RandomSource random)
    {
        AuthoritySet named = inForce is null ? AuthoritySet.FromPem(File.ReadAllText(files.AuthorityCertificate)) : AuthoritySet.FromDer(inForce);
        return new NetworkAuthorities(files, secrets, WithKeys(files, secrets, named, time, random), settling, time, random);
    }

    /// <summary>An authority for the next rotation: its key is kept here, its certificate is for the log. Asked again it gives the same until the log names it.</summary>
    /// <returns>X.509 DER.</returns>
    public byte[] Prepare(string network)
    {
        lock (_gate)
        {
            if (File.Exists(_files.NextAuthority)) return AuthoritySet.FromPem(File.ReadAllText(_files.NextAuthority)).Authorities[0].RawData;
            CertificateAuthority next = CertificateAuthority.Create(network, _time, _random);
            WriteKeys([next, .. _inForce]);
            CertificateFiles.Replace(_files.NextAuthority, next.Certificate.ExportCertificatePem());
            return next.Certificate.RawData;
        }
    }

    /// <summary>Whether the key of a certificate is here.</summary>
    public bool HasKeyOf(ReadOnlySpan<byte> der)
    {
        lock (_gate)
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
            return ReadKeys(_files, _secrets).Any(key => IsOf(key, certificate));
        }
    }

    /// <summary>From now on an authority issues no certificate of the broker: whoever reads in the log that it is retired must find the broker under another by then.</summary>
    public void BeginRetirement(ReadOnlySpan<byte> der) => _leaving = der.ToArray();

    /// <summary>Takes over what the log says now, and writes it; the keys of authorities that hold no more are destroyed.</summary>
    /// <returns>Whether something changed.</returns>
    public bool Follow(IReadOnlyList<ReadOnlyMemory<byte>> inForce)
    {
        lock (_gate)
        {
            CertificateAuthority[] before = _inForce;
            if (inForce.Count == before.Length && inForce.Zip(before).All(pair => pair.First.Span.SequenceEqual(pair.Second.Certificate.RawData))) return false;
            CertificateAuthority[] after = WithKeys(_files, _secrets, AuthoritySet.FromDer(inForce), _time, _random);
            Write(after);
            File.Delete(_files.NextAuthority);
            _inForce = after; // Those before stay alive: a call may be using one.
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CertificateAuthority authority in _inForce) authority.Dispose();
    }

    private void Write(CertificateAuthority[] authorities)
    {
        WriteKeys(authorities);
        CertificateFiles.Replace(_files.AuthorityCertificate, new AuthoritySet(authorities.Select(authority => authority.Certificate)).ToPem());
    }

    private void WriteKeys(IEnumerable<CertificateAuthority> authorities)
    {
        byte[] pem = Encoding.ASCII.GetBytes(string.Join('\n', authorities.Select(authority => authority.ExportKey())));
        _secrets.Write(_files.AuthorityKey, pem);
        CryptographicOperations.ZeroMemory(pem);
    }

    private static CertificateAuthority[] WithKeys(BrokerFiles files, SecretFolder secrets, AuthoritySet named, TimeProvider time, RandomSource random)
    {
        List<ECDsa> keys = ReadKeys(files, secrets);
        return [.. named.Authorities.Select(certificate => new CertificateAuthority(
            certificate,
            keys.Find(key => IsOf(key, certificate)) ?? throw new BrokerOptionsException([$"{files.AuthorityKey} has no key of the authority {AuthoritySet.Fingerprint(certificate)[..16]} that the log names: restore it from a backup."]),
            time,
            random))];
    }

    private static List<ECDsa> ReadKeys(BrokerFiles files, SecretFolder secrets)
    {
        byte[] file = secrets.Read(files.AuthorityKey) ?? throw new BrokerOptionsException([$"{files.AuthorityKey} does not exist: restore it from a backup."]);
        string pem = Encoding.ASCII.GetString(file);
        CryptographicOperations.ZeroMemory(file);
        List<ECDsa> keys = [];
        ReadOnlySpan<char> rest = pem;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            ECDsa key = ECDsa.Create();
            key.ImportFromPem(rest[fields.Location]);
            keys.Add(key);
            rest = rest[fields.Location.End..];
        }

        return keys;
    }

    private static bool IsOf(ECDsa key, X509Certificate2 certificate) => key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo());
}
