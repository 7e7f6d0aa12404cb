using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Tests;

/// <summary>A broker in a folder of its own, on a real listener on loopback with the real store; only its clock is moved by hand and its disk can be told to fail.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    public const string Network = "test.example", FirstOperator = "first", OtherOperator = "second";

    private readonly List<GrpcChannel> _channels = [];
    private WebApplication? _app;

    private TestBroker(BrokerOptions options, ManualTime time)
    {
        Options = options;
        Time = time;
        Authority = X509Certificate2.CreateFromPem(File.ReadAllText(options.Files.AuthorityCertificate));
    }

    public BrokerOptions Options { get; }

    public ManualTime Time { get; }

    public X509Certificate2 Authority { get; }

    public byte[] GenesisHash { get; private init; } = [];

    public FailingDisk? Disk { get; private set; }

    public FailingRandom Random { get; } = new();

    public BrokerCore Core => App.Services.GetRequiredService<BrokerCore>();

    public string Address => App.Urls.Single();

    private WebApplication App => _app ?? throw new InvalidOperationException("The broker is stopped.");

    public static async Task<TestBroker> StartAsync(QuotaOptions? quotas = null, string[]? operators = null, Func<BrokerOptions, BrokerOptions>? change = null)
    {
        ManualTime time = ManualTime.AtNoonToday();
        BrokerOptions options = new()
        {
            Directory = Path.Combine(Path.GetTempPath(), "gateway-broker-" + Guid.NewGuid().ToString("N")),
            Network = Network,
            Listen = "127.0.0.1:0",
            Quotas = quotas ?? new QuotaOptions { EnrolmentsPerMinutePerAddress = 10_000, EnrolmentsPerMinute = 10_000 },
        };
        options = change?.Invoke(options) ?? options;
        byte[] genesisHash = await new BrokerInitialiser(RandomSource.System, time).InitialiseAsync(options, operators ?? [FirstOperator, OtherOperator], CancellationToken.None);
        TestBroker broker = new(BrokerOptions.Load(options.Directory), time) { GenesisHash = genesisHash };
        await broker.ServeAsync();
        return broker;
    }

    /// <summary>Starts a second broker of the same network, on the same database, with a folder that is a copy of the first one's.</summary>
    public async Task<TestBroker> StartBesideAsync()
    {
        string folder = Options.Directory + "-2";
        System.IO.Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(Options.Directory, "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) != ".lock"))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(Options.Directory, file));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        TestBroker second = new(BrokerOptions.Load(folder), Time) { GenesisHash = GenesisHash };
        await second.ServeAsync();
        return second;
    }

    /// <summary>Stops the broker as a signal would, and starts it anew on the same folder.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await ServeAsync();
    }

    /// <summary>Stops the listener as a signal would; clients stay connected to see it.</summary>
    public Task StopServingAsync() => App.StopAsync();

    /// <summary>Does what the broker does by the clock.</summary>
    public Task RunDailyWorkAsync() => App.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<DailyWork>().Single().RunOnceAsync(CancellationToken.None);

    /// <summary>What a broker does every two seconds.</summary>
    public Task FollowOthersAsync() => App.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<SharedStoreWatch>().Single().RunOnceAsync(CancellationToken.None);

    public GrpcChannel ConnectAsOperator(string name = FirstOperator) => Connect(CertificateOf(name));

    /// <summary>An operator's certificate with its key.</summary>
    public X509Certificate2 CertificateOf(string name)
    {
        OperatorFile file = OperatorFile.Parse(File.ReadAllText(Options.Files.OperatorFile(name)));
        return X509Certificate2.CreateFromPem(file.Certificate, file.Key);
    }

    /// <summary>Members that have enrolled, in that order.</summary>
    public List<TestMember> Members { get; } = [];

    /// <summary>Who proposes.</summary>
    public AdministrationService.AdministrationServiceClient Operator => new(ConnectAsOperator());

    /// <summary>Who approves.</summary>
    public AdministrationService.AdministrationServiceClient SecondOperator => new(ConnectAsOperator(OtherOperator));

    /// <summary>The first operator proposes a change.</summary>
    public async Task<ChangeRecord> ProposeAsync(Change change) => (await Operator.ProposeChangeAsync(new ProposeChangeRequest { Change = change })).Change;

    /// <summary>One operator proposes, the other approves.</summary>
    public async Task<ApproveChangeResponse> DecideAsync(Change change) => await SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = (await ProposeAsync(change)).Id });

    /// <summary>A channel that shows a certificate, or none, and trusts the network's authority only.</summary>
    public GrpcChannel Connect(X509Certificate2? shown)
    {
        GrpcChannel channel = GrpcChannel.ForAddress(Address, new GrpcChannelOptions { HttpHandler = NewHandler(shown), DisposeHttpClient = true, MaxReceiveMessageSize = PublicListener.MaximumMessage });
        _channels.Add(channel);
        return channel;
    }

    public SocketsHttpHandler NewHandler(X509Certificate2? shown) => new()
    {
        SslOptions = new()
        {
            LocalCertificateSelectionCallback = shown is null ? null : (_, _, _, _, _) => shown,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                using X509Chain chain = new();
                chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                chain.ChainPolicy.CustomTrustStore.Add(Authority);
                chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                chain.ChainPolicy.VerificationTime = Time.GetUtcNow().UtcDateTime;
                return certificate is X509Certificate2 server
                    && (errors & System.Net.Security.SslPolicyErrors.RemoteCertificateNameMismatch) == 0
                    && chain.Build(server);
            },
        },
    };

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await StopAsync();
        Authority.Dispose();
        Directory.Delete(Options.Directory, recursive: true);
    }

    private async Task ServeAsync()
    {
        _app = await BrokerHost.BuildAsync(Options, new BrokerSeams
        {
            Time = Time,
            Random = Random,
            OpenStore = async (options, time, cancellation) => Disk = new FailingDisk(await Stores.OpenBrokerAsync(options.Store, options.Files.Store, time, cancellation)),
            Logging = logging => logging.ClearProviders(),
        });
        await _app.StartAsync();
    }

    private async Task StopAsync()
    {
        foreach (GrpcChannel channel in _channels) channel.Dispose();
        _channels.Clear();
        await App.StopAsync();
        await App.DisposeAsync();
        _app = null;
    }
}
