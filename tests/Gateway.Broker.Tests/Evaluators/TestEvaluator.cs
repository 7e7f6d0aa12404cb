using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Quotas;
using Gateway.Cli.Lab;
using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Tests.Evaluators;

/// <summary>An evaluator under an operator of its own: real folder, real listener, real log, beside a <see cref="TestBroker"/> and on its clock.</summary>
internal sealed class TestEvaluator : IAsyncDisposable
{
    private readonly TestBroker _broker;
    private readonly List<GrpcChannel> _channels = [];
    private WebApplication? _app;

    private TestEvaluator(TestBroker broker, EvaluatorOptions options)
    {
        _broker = broker;
        Options = options;
    }

    public EvaluatorOptions Options { get; private set; }

    public EvaluatorCore Core => _app!.Services.GetRequiredService<EvaluatorCore>();

    public EvaluatorWork Work => _app!.Services.GetRequiredService<EvaluatorWork>();

    public static async Task<TestEvaluator> StartAsync(TestBroker broker, string name = "second", QuotaOptions? quotas = null)
    {
        int port = FreePort.Next();
        EvaluatorOptions options = new()
        {
            Directory = Path.Combine(Path.GetTempPath(), "gateway-evaluator-" + Guid.NewGuid().ToString("N")),
            Network = TestBroker.Network,
            Name = name,
            Listen = $"127.0.0.1:{port}",
            Address = $"https://localhost:{port}",
            Quotas = quotas ?? new QuotaOptions(),
        };
        EvaluatorRequestFile request = new EvaluatorInitialiser(RandomSource.System).Initialise(options);
        AdmitEvaluatorResponse admitted = await new EvaluatorsService.EvaluatorsServiceClient(broker.ConnectAsOperator()).AdmitEvaluatorAsync(Admission(request));
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(admitted.Certificate.Span);
        EvaluatorAdmissionFile admission = new()
        {
            Network = request.Network,
            Name = request.Name,
            Broker = broker.Address,
            GenesisHash = Convert.ToHexStringLower(admitted.GenesisHash.Span),
            CertificateAuthority = broker.Authority.ExportCertificatePem(),
            Certificate = certificate.ExportCertificatePem(),
        };
        TestEvaluator evaluator = new(broker, new EvaluatorInitialiser(RandomSource.System).Enrol(EvaluatorOptions.Load(options.Directory), admission));
        await evaluator.ServeAsync();
        return evaluator;
    }

    public static AdmitEvaluatorRequest Admission(EvaluatorRequestFile request) => new()
    {
        Name = request.Name,
        Address = request.Address,
        BoxPk = ByteString.CopyFrom(Convert.FromHexString(request.BoxKey)),
        CertificateRequest = ByteString.CopyFrom(Convert.FromBase64String(request.CertificateRequest[PemEncoding.Find(request.CertificateRequest).Base64Data])),
    };

    /// <summary>Both operators want it; the share waits from then on.</summary>
    public Task OfferAsync() => _broker.DecideAsync(new Change { OprfKeys = new OprfKeysChange { ShareWith = Options.Name } });

    /// <summary>The keys are shared out anew, and both sides have read so in the log.</summary>
    public async Task ShareAsync()
    {
        ByteString before = ByteString.CopyFrom(OprfKeySet.HashOf(_broker.Core.View.Current.OprfKeys!));
        await OfferAsync();
        await CaughtUpAsync();
        await Core.Receiver.LookAsync(CancellationToken.None); // Or the evaluator's own look has taken it.
        await CaughtUpAsync();
        Assert.NotEqual(before, ByteString.CopyFrom(OprfKeySet.HashOf(Core.Log.View.Current.OprfKeys!)));
    }

    /// <summary>The evaluator has read the log as far as it goes.</summary>
    public async Task CaughtUpAsync()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        while (Core.Log.Size < _broker.Core.Signal.Size) await Task.Delay(10, patience.Token);
    }

    public GrpcChannel Connect(X509Certificate2 shown)
    {
        GrpcChannel channel = GrpcChannel.ForAddress(Options.Address, new GrpcChannelOptions { HttpHandler = _broker.NewHandler(shown), DisposeHttpClient = true });
        _channels.Add(channel);
        return channel;
    }

    /// <summary>The evaluator's own certificate, with its key.</summary>
    public X509Certificate2 Certificate => Core.Certificate.Current;

    /// <summary>The evaluator's way to the broker.</summary>
    public CallInvoker ToBroker() => _broker.Connect(Certificate).CreateCallInvoker();

    public async Task RestartAsync()
    {
        await StopAsync();
        await ServeAsync();
    }

    public async Task StopAsync()
    {
        foreach (GrpcChannel channel in _channels) channel.Dispose();
        _channels.Clear();
        if (_app is null) return;
        await _app.StopAsync();
        await _app.DisposeAsync();
        _app = null;
    }

    public async Task ServeAsync()
    {
        Options = Options with { Broker = _broker.Address }; // A broker that was started anew listens on another port.
        _app = await EvaluatorHost.BuildAsync(Options, new EvaluatorSeams { Time = _broker.Time, Logging = logging => logging.ClearProviders() }, CancellationToken.None);
        await _app.StartAsync();
        await CaughtUpAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Options.Directory, recursive: true);
    }
}

/// <summary>What a node does: blinds, asks every evaluator that the keys name under the key they state, verifies, adds, finalises.</summary>
internal static class Evaluating
{
    public static async Task<byte[]> EvaluateAsync(TestMember member, TestBroker broker, TestEvaluator? other, OprfKeys keys, string input, IdentifierClass identifierClass = IdentifierClass.Strong)
    {
        using BlindedInput blinded = new VoprfClient(RandomSource.System).Blind(System.Text.Encoding.UTF8.GetBytes(input));
        RistrettoElement sum = default;
        foreach (EvaluatorKeys evaluator in keys.Evaluators)
        {
            GrpcChannel channel = evaluator.Name == OprfKeySet.Broker ? member.Connect(broker) : other!.Connect(member.Certificate);
            RistrettoElement part = await AskAsync(new PseudonymsService.PseudonymsServiceClient(channel), evaluator, keys.Version, blinded.Element, identifierClass);
            if (sum.IsDefault) sum = part;
            else Assert.True(RistrettoElement.TryAdd(sum, part, out sum));
        }

        return VoprfClient.FinaliseBatch([blinded], [sum])[0];
    }

    public static async Task<RistrettoElement> AskAsync(PseudonymsService.PseudonymsServiceClient client, EvaluatorKeys evaluator, uint version, RistrettoElement blinded, IdentifierClass identifierClass = IdentifierClass.Strong)
    {
        ByteString publicKey = evaluator.ClassKeys.Single(key => key.IdentifierClass == identifierClass).PublicKey;
        EvaluateResponse response = await client.EvaluateAsync(new EvaluateRequest
        {
            IdentifierClass = identifierClass,
            Version = version,
            PublicKey = publicKey,
            BlindedElements = { ByteString.CopyFrom(blinded.ToArray()) },
        });
        RistrettoElement evaluated = RistrettoElement.FromBytes(Assert.Single(response.EvaluatedElements).Span);
        Assert.True(VoprfClient.VerifyProof(RistrettoElement.FromBytes(publicKey.Span), [blinded], [evaluated], DleqProof.FromBytes(response.Proof.Span)), $"the proof of {evaluator.Name} does not hold");
        return evaluated;
    }
}
