using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Connect;

/// <summary>The broker, reached as the operator whose certificate lies in the broker's folder, or as the node whose folder is given.</summary>
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
        Log = new LogService.LogServiceClient(connection.Invoker);
        Invoker = connection.Invoker;
    }

    /// <summary>Members and circles.</summary>
    public MembershipService.MembershipServiceClient Members { get; }

    /// <summary>The log.</summary>
    public LogService.LogServiceClient Log { get; }

    /// <summary>Starts calls of any other service.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>Deadline of one call.</summary>
    public DateTime Deadline => _connection.Deadline(Patience);

    /// <summary>As an operator.</summary>
    /// <param name="folder">The broker's folder.</param>
    /// <param name="operatorName">Whose certificate.</param>
    /// <exception cref="RefusalException">There is no such operator's certificate.</exception>
    public static BrokerAccess AsOperator(string folder, string operatorName)
    {
        BrokerOptions options = BrokerOptions.Load(folder);
        BrokerFiles files = options.Files;
        if (!File.Exists(files.OperatorCertificate(operatorName)))
        {
            throw new RefusalException(Refusal.NotFound("OPERATOR_UNKNOWN", "There is no certificate of this operator in the broker's folder.", files.OperatorCertificate(operatorName), "Name another with --operator."));
        }

        X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(files.AuthorityCertificate);
        using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(files.OperatorCertificate(operatorName), files.OperatorKey(operatorName));
        // Through PKCS #12: a key straight from PEM is not accepted for TLS on every platform.
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        return new BrokerAccess(BrokerConnection.WithCertificate(AddressOf(options), options.Network, authority, certificate), authority, certificate);
    }

    /// <summary>As a node.</summary>
    public static BrokerAccess AsNode(string folder, TimeProvider time)
    {
        NodeDirectory directory = new(folder);
        NodeSettings settings = directory.ReadSettings();
        X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(directory.AuthorityFile);
        NodeCertificate certificate = NodeCertificate.Load(directory);
        return new BrokerAccess(BrokerConnection.Authenticated(new Uri(settings.Broker), settings.Network, authority, certificate, time), authority, certificate);
    }

    /// <summary>As whoever the folder belongs to.</summary>
    public static BrokerAccess Of(string folder, FolderKind kind, string operatorName, TimeProvider time) =>
        kind == FolderKind.Broker ? AsOperator(folder, operatorName) : AsNode(folder, time);

    /// <summary>A failed call in the words of the command line.</summary>
    public static RefusalException Explain(RpcException fault) => new(fault.ToRefusal("broker"));

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
