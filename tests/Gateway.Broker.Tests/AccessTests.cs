using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Access;
using Gateway.Broker.Certificates;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class AccessTests
{
    private static readonly Marshaller<byte[]> Raw = Marshallers.Create(bytes => bytes, bytes => bytes);

    private static IEnumerable<string> AllMethods =>
        from file in (FileDescriptor[])[ExchangeReflection.Descriptor, LogReflection.Descriptor, PseudonymsReflection.Descriptor, MembershipReflection.Descriptor, AdministrationReflection.Descriptor, EvaluatorsReflection.Descriptor, OperationsReflection.Descriptor]
        from service in file.Services
        from method in service.Methods
        select $"/{service.FullName}/{method.Name}";

    [Fact]
    public void Every_rpc_of_the_broker_has_a_rule_and_no_rule_is_left_over() =>
        Assert.Equal(AllMethods.Order(StringComparer.Ordinal), AccessRules.Methods.Order(StringComparer.Ordinal));

    [Fact]
    public async Task No_rpc_but_the_anonymous_ones_answers_to_a_bad_identity()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        broker.Time.Advance(TimeSpan.FromHours(6)); // So that a certificate can be older than three hours and younger than its authority.
        SpiffeId member = SpiffeId.ForNode(TestBroker.Network, network.Steward.Id, "node-1");
        using CertificateAuthority foreign = CertificateAuthority.Create(TestBroker.Network, broker.Time, RandomSource.System);
        using CertificateAuthority own = CertificateAuthority.Load(broker.Options.Files.AuthorityCertificate, broker.Options.Files.AuthorityKey, broker.Time, RandomSource.System);
        DateTimeOffset now = broker.Time.GetUtcNow();
        string uri = member.ToString();
        (string Code, X509Certificate2? Shown)[] identities =
        [
            ("CERTIFICATE_MISSING", null),
            ("CERTIFICATE_UNTRUSTED", IssueBy(foreign, member)),
            ("CERTIFICATE_UNTRUSTED", Issue(null, now, [uri])),
            ("CERTIFICATE_EXPIRED", Issue(broker, now.AddHours(-3), [uri])),
            ("CERTIFICATE_NOT_YET_VALID", Issue(broker, now.AddHours(3), [uri])),
            ("CERTIFICATE_NAME", Issue(broker, now, [uri, SpiffeId.ForOperator(TestBroker.Network, "first").ToString()])),
            ("CERTIFICATE_NAME", Issue(broker, now, [])),
            ("CERTIFICATE_NAME", Issue(broker, now, ["https://test.example/"])),
            ("CERTIFICATE_NAME", IssueBy(own, SpiffeId.ForBroker(TestBroker.Network, "broker"))),
            ("CERTIFICATE_PURPOSE", Issue(broker, now, [uri], CertificateAuthority.ServerAuthentication)),
            ("CERTIFICATE_PURPOSE", Issue(broker, now, [uri], purpose: null)),
            ("CERTIFICATE_OF_ANOTHER_NETWORK", IssueBy(own, SpiffeId.ForNode("other.example", network.Steward.Id, "node-1"))),
            ("MEMBER_UNKNOWN", IssueBy(own, SpiffeId.ForNode(TestBroker.Network, MemberId.FromBytes(RandomNumberGenerator.GetBytes(16)), "node-1"))),
        ];
        foreach ((string code, X509Certificate2? shown) in identities)
        {
            CallInvoker invoker = broker.Connect(shown).CreateCallInvoker();
            foreach (string method in AllMethods.Where(method => AccessRules.Of(method) != AccessRule.Anonymous))
            {
                RpcException refused = await CallAsync(invoker, method);
                Assert.Equal((method, StatusCode.Unauthenticated, code), (method, refused.StatusCode, refused.ToRefusal("broker").Code));
            }
        }
    }

    [Fact]
    public async Task Members_do_not_operate_and_operators_do_not_take_part()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        CallInvoker asMember = network.Steward.Connect(network.Broker).CreateCallInvoker();
        CallInvoker asOperator = network.Broker.ConnectAsOperator().CreateCallInvoker();
        foreach (string method in AllMethods.Where(method => AccessRules.Of(method) == AccessRule.Operator))
        {
            RpcException refused = await CallAsync(asMember, method);
            Assert.Equal((StatusCode.PermissionDenied, "OPERATORS_ONLY"), (refused.StatusCode, refused.ToRefusal("broker").Code));
        }

        foreach (string method in AllMethods.Where(method => AccessRules.Of(method) == AccessRule.Member))
        {
            RpcException refused = await CallAsync(asOperator, method);
            Assert.Equal((StatusCode.PermissionDenied, "MEMBERS_ONLY"), (refused.StatusCode, refused.ToRefusal("broker").Code));
        }
    }

    [Fact]
    public async Task A_certificate_ends_on_the_connection_that_it_opened()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        MembershipService.MembershipServiceClient client = new(network.Steward.Connect(network.Broker));
        await client.GetDirectoryAsync(new GetDirectoryRequest());
        network.Broker.Time.Advance(TimeSpan.FromHours(25));
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await client.GetDirectoryAsync(new GetDirectoryRequest()));
        Assert.Equal("CERTIFICATE_EXPIRED", refused.ToRefusal("broker").Code);
    }

    [Fact]
    public async Task Open_streams_end_with_the_certificate_that_opened_them()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using AsyncServerStreamingCall<FollowResponse> follow = network.Exchange(network.Second).Follow(new FollowRequest());
        Assert.True(await follow.ResponseStream.MoveNext(CancellationToken.None));
        using AsyncDuplexStreamingCall<PublishRequest, PublishResponse> publish = network.Exchange(network.Second).Publish();
        await publish.RequestStream.WriteAsync(new PublishRequest { Submissions = { network.Seal(network.Second).Submission } });
        Assert.True(await publish.ResponseStream.MoveNext(CancellationToken.None));

        network.Broker.Time.Advance(TimeSpan.FromHours(23));
        await publish.RequestStream.WriteAsync(new PublishRequest { Submissions = { network.Seal(network.Second).Submission } });
        Assert.True(await publish.ResponseStream.MoveNext(CancellationToken.None));

        network.Broker.Time.Advance(TimeSpan.FromHours(1));
        await AssertExpiredAsync(follow.ResponseStream);
        await AssertExpiredAsync(publish.ResponseStream);

        static async Task AssertExpiredAsync<T>(IAsyncStreamReader<T> responses)
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (await responses.MoveNext(CancellationToken.None))
                {
                }
            });
            Assert.Equal((StatusCode.Unauthenticated, "CERTIFICATE_EXPIRED"), (refused.StatusCode, refused.ToRefusal("broker").Code));
        }
    }

    [Fact]
    public async Task Health_and_checkpoint_are_there_for_everybody()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using HttpClient http = new(broker.NewHandler(null));
        Assert.Equal("ok 2\n", await http.GetStringAsync(new Uri(broker.Address + "/healthz")));
        GetCheckpointResponse response = await new LogService.LogServiceClient(broker.Connect(null)).GetCheckpointAsync(new GetCheckpointRequest());
        Assert.StartsWith(TestBroker.Network + "\n2\n", response.Checkpoint.ToStringUtf8(), StringComparison.Ordinal);
    }

    // One empty message up and one awaited: enough for an answer that is a refusal, whatever the kind of call.
    private static async Task<RpcException> CallAsync(CallInvoker invoker, string method)
    {
        string[] parts = method.Split('/');
        using AsyncDuplexStreamingCall<byte[], byte[]> call = invoker.AsyncDuplexStreamingCall(new Method<byte[], byte[]>(MethodType.DuplexStreaming, parts[1], parts[2], Raw, Raw), null, default);
        try
        {
            await call.RequestStream.WriteAsync([]);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException)
        {
            // Refused before the message was sent; the answer says why.
        }

        return await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static X509Certificate2 IssueBy(CertificateAuthority authority, SpiffeId id)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = authority.Issue(new PublicKey(key), id, TimeSpan.FromHours(1));
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate such as the authority itself never issues: by the broker's authority key, or self-signed where there is no broker.</summary>
    private static X509Certificate2 Issue(TestBroker? broker, DateTimeOffset around, string[] uris, string? purpose = CertificateAuthority.ClientAuthentication)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=made by hand", key, HashAlgorithmName.SHA256);
        if (purpose is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        if (uris.Length > 0)
        {
            SubjectAlternativeNameBuilder names = new();
            foreach (string uri in uris) names.AddUri(new Uri(uri));
            names.AddDnsName("node.example");
            request.CertificateExtensions.Add(names.Build());
        }

        if (broker is null) return request.CreateSelfSigned(around.AddHours(-1), around.AddHours(1));
        using X509Certificate2 authority = X509Certificate2.CreateFromPemFile(broker.Options.Files.AuthorityCertificate, broker.Options.Files.AuthorityKey);
        using X509Certificate2 issued = request.Create(authority, around.AddHours(-1), around.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
