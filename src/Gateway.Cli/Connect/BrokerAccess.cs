using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Secrets;
using Grpc.Core;

namespace Gateway.Cli.Connect;

/// <summary>The broker, reached as an operator by his file, or as the node whose folder is given.</summary>
public sealed class BrokerAccess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly BrokerConnection _connection;
    private readonly IDisposable[] _certificates;

    private BrokerAccess(BrokerConnection connection, params IDisposable[] certificates)
    {
        _connection = connection;
        _certificates = certificates;
        Members = new MembershipService.MembershipServiceClient(connection.Invoker);
        Administration = new AdministrationService.AdministrationServiceClient(connection.Invoker);
        Log = new LogService.LogServiceClient(connection.Invoker);
        Certificates = new CertificatesService.CertificatesServiceClient(connection.Invoker);
        Invoker = connection.Invoker;
    }

    /// <summary>Members and circles.</summary>
    public MembershipService.MembershipServiceClient Members { get; }

    /// <summary>What operators decide.</summary>
    public AdministrationService.AdministrationServiceClient Administration { get; }

    /// <summary>The network, where an operator calls.</summary>
    public NetworkFile? Network { get; private init; }

    /// <summary>The log.</summary>
    public LogService.LogServiceClient Log { get; }

    /// <summary>Certificates issued and denied.</summary>
    public CertificatesService.CertificatesServiceClient Certificates { get; }

    /// <summary>Starts calls of any other service.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>Deadline of one call.</summary>
    public static DateTime Deadline => CallDeadline.After(Patience);

    /// <summary>As an operator.</summary>
    /// <param name="folder">The broker's folder, which may hold the operator's file; nothing of it is needed where a file is named.</param>
    /// <param name="operator">The operator's file, or his name where his file lies in the broker's folder.</param>
    /// <exception cref="RefusalException">There is no such file, or the operator's admission waits yet.</exception>
    public static BrokerAccess AsOperator(string folder, string @operator)
    {
        BrokerFiles files = new(folder);
        string path = File.Exists(@operator) ? @operator : files.OperatorFile(@operator);
        if (!File.Exists(path)) throw new RefusalException(Refusal.NotFound("OPERATOR_UNKNOWN", "There is no file of this operator.", path, "Name the operator's file with --operator."));
        OperatorFile file = OperatorFile.Parse(File.ReadAllText(path));
        if (file.Certificate.Length == 0) throw new RefusalException(Refusal.Precondition("OPERATOR_WAITS", "The operator has no certificate yet.", path, "When another operator has approved his admission: gateway operator install."));

        // Beside the broker its own file is the newest; an operator elsewhere trusts what his file says.
        bool isBeside = path != @operator && File.Exists(files.Options);
        AuthoritySet authorities = AuthoritySet.FromPem(isBeside ? File.ReadAllText(files.AuthorityCertificate) : file.Network.CertificateAuthority);
        using X509Certificate2 pem = X509Certificate2.CreateFromPem(file.Certificate, file.Key);

        // Through PKCS #12: a key straight from PEM is not accepted for TLS on every platform.
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        IReadOnlyList<Uri> addresses = isBeside ? [AddressOf(BrokerOptions.Load(folder))] : file.Network.Brokers;
        return new BrokerAccess(BrokerConnection.WithCertificate(addresses, file.Network.Network, () => authorities, certificate), certificate) { Network = file.Network };
    }

    /// <summary>As a node.</summary>
    public static BrokerAccess AsNode(string folder, TimeProvider time, SealingSecret? secret = null)
    {
        NodeDirectory directory = new(folder, secret);
        NodeSettings settings = directory.ReadSettings();
        AuthoritySet authorities = AuthoritySet.FromPem(File.ReadAllText(directory.AuthorityFile));
        if (File.Exists(directory.TrustedFile)) authorities = authorities.With(AuthoritySet.FromPem(File.ReadAllText(directory.TrustedFile)));
        NodeCertificate certificate = NodeCertificate.Load(directory);
        return new BrokerAccess(BrokerConnection.Authenticated(settings.Brokers, settings.Network, () => authorities, certificate, time), certificate);
    }

    /// <summary>As whoever the folder belongs to.</summary>
    public static BrokerAccess Of(string folder, FolderKind kind, string operatorName, TimeProvider time, SealingSecret? secret = null) =>
        kind == FolderKind.Broker ? AsOperator(folder, operatorName) : AsNode(folder, time, secret);

    /// <summary>A failed call in the words of the command line.</summary>
    public static RefusalException Explain(RpcException fault) => new(fault.ToRefusal("broker"));

    /// <summary>One call, its failure in the words of the command line.</summary>
    public static async Task<T> AskAsync<T>(Func<DateTime, AsyncUnaryCall<T>> call)
    {
        try
        {
            return await call(Deadline);
        }
        catch (RpcException fault)
        {
            throw Explain(fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        foreach (IDisposable certificate in _certificates) certificate.Dispose();
    }

    // The operator sits where the broker runs: its listening address works there even when the advertised name does not resolve.
    private static Uri AddressOf(BrokerOptions options)
    {
        IPEndPoint listen = IPEndPoint.Parse(options.Listen);
        if (listen.Port == 0) return new Uri(options.AdvertisedAddress);
        IPAddress address = listen.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : listen.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : listen.Address;
        return new Uri($"https://{new IPEndPoint(address, listen.Port)}");
    }
}
