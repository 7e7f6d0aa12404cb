using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Access;
using Gateway.Broker.Certificates;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Xunit.Abstractions;

namespace Gateway.Broker.Tests;

/// <summary>R7: every RPC of the protos × every way not to be who may call it, over real TLS.</summary>
public sealed class AccessMatrixTests(ITestOutputHelper output)
{
    private const string Client = CertificateAuthority.ClientAuthentication, Server = CertificateAuthority.ServerAuthentication;

    private static readonly Marshaller<byte[]> Raw = Marshallers.Create(bytes => bytes, bytes => bytes);

    [Fact]
    public async Task Every_rpc_refuses_every_identity_that_may_not_call_it()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        TestMember suspended = await TestMember.EnrolAsync(broker, "Suspended", MemberRole.Retailer), expelled = await TestMember.EnrolAsync(broker, "Expelled", MemberRole.Retailer), left = await TestMember.EnrolAsync(broker, "Left", MemberRole.Retailer);
        await broker.ProposeAsync(new Change { Suspension = new SuspensionChange { MemberId = Bytes(suspended.Id), Reason = MembershipReason.Compromised } });
        await broker.DecideAsync(new Change { Expulsion = new ExpulsionChange { MemberId = Bytes(expelled.Id), Reason = MembershipReason.RulesBroken } });
        await left.LeaveAsync(broker);
        X509Certificate2 removed = await RemovedOperatorAsync(broker);
        broker.Time.Advance(TimeSpan.FromHours(6)); // So that a certificate can be older than three hours and younger than its authority.

        using CertificateAuthority foreign = CertificateAuthority.Create(TestBroker.Network, broker.Time, RandomSource.System);
        CertificateAuthority own = broker.Core.Authorities.Issuing;
        List<(string Who, StatusCode Status, string Code, X509Certificate2? Shown)> cases =
        [
            ("no certificate", StatusCode.Unauthenticated, "CERTIFICATE_MISSING", null),
            ("suspended", StatusCode.PermissionDenied, "MEMBER_SUSPENDED", suspended.Certificate),
            ("expelled", StatusCode.PermissionDenied, "MEMBER_EXPELLED", expelled.Certificate),
            ("left", StatusCode.PermissionDenied, "MEMBER_LEFT", left.Certificate),
            ("removed operator", StatusCode.PermissionDenied, "OPERATOR_REMOVED", removed),
            ("operator nobody admitted", StatusCode.PermissionDenied, "OPERATOR_REMOVED", IssueBy(own, SpiffeId.ForOperator(TestBroker.Network, "ghost"))),
            ("unknown member", StatusCode.Unauthenticated, "MEMBER_UNKNOWN", IssueBy(own, SpiffeId.ForNode(TestBroker.Network, MemberId.FromBytes(RandomNumberGenerator.GetBytes(16)), "node-1"))),
            ("the broker itself", StatusCode.Unauthenticated, "CERTIFICATE_NAME", IssueBy(own, SpiffeId.ForBroker(TestBroker.Network, "broker"))),
        ];
        string node = SpiffeId.ForNode(TestBroker.Network, network.Steward.Id, "node-1").ToString(), first = SpiffeId.ForOperator(TestBroker.Network, TestBroker.FirstOperator).ToString();
        DateTimeOffset now = broker.Time.GetUtcNow();
        foreach ((string who, string uri) in new[] { ("member", node), ("operator", first) })
        {
            SpiffeId id = SpiffeId.TryParse(uri, out SpiffeId? parsed) ? parsed : throw new InvalidOperationException(uri);
            cases.AddRange(
            [
                ($"{who}, expired", StatusCode.Unauthenticated, "CERTIFICATE_EXPIRED", Issue(broker, now.AddHours(-3), [uri])),
                ($"{who}, expired a second ago", StatusCode.Unauthenticated, "CERTIFICATE_EXPIRED", Issue(broker, now.AddHours(-1).AddSeconds(-1), [uri])),
                ($"{who}, not yet valid", StatusCode.Unauthenticated, "CERTIFICATE_NOT_YET_VALID", Issue(broker, now.AddHours(3), [uri])),
                ($"{who}, of a foreign authority of the same name", StatusCode.Unauthenticated, "CERTIFICATE_UNTRUSTED", IssueBy(foreign, id)),
                ($"{who}, self-signed", StatusCode.Unauthenticated, "CERTIFICATE_UNTRUSTED", Issue(null, now, [uri])),
                ($"{who}, issued by a member's certificate", StatusCode.Unauthenticated, "CERTIFICATE_UNTRUSTED", IssueUnder(network.Steward.Certificate, now, uri)),
                ($"{who}, for servers only", StatusCode.Unauthenticated, "CERTIFICATE_PURPOSE", Issue(broker, now, [uri], Server)),
                ($"{who}, for no purpose", StatusCode.Unauthenticated, "CERTIFICATE_PURPOSE", Issue(broker, now, [uri], null)),
                ($"{who}, for signing code", StatusCode.Unauthenticated, "CERTIFICATE_PURPOSE", Issue(broker, now, [uri], "1.3.6.1.5.5.7.3.3")),
                ($"{who}, two URI names", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [uri, uri == node ? first : node])),
                ($"{who}, the same URI name twice", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [uri, uri])),
                ($"{who}, a web address besides", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [uri, "https://test.example/"])),
                ($"{who}, of another network", StatusCode.Unauthenticated, "CERTIFICATE_OF_ANOTHER_NETWORK", Issue(broker, now, [uri.Replace(TestBroker.Network, "other.example", StringComparison.Ordinal)])),
                ($"{who}, a longer path", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [uri + "/more"])),
                ($"{who}, a query", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [uri + "?a=b"])),
                ($"{who}, another scheme", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [uri.Replace("spiffe:", "https:", StringComparison.Ordinal)])),
            ]);
        }

        cases.AddRange(
        [
            ("no URI name", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [])),
            ("a web address", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, ["https://test.example/"])),
            ("an id in capitals", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [$"spiffe://{TestBroker.Network}/{network.Steward.Id.ToString().ToUpperInvariant()}/node-1"])),
            ("a short id", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [$"spiffe://{TestBroker.Network}/{network.Steward.Id.ToString()[..30]}/node-1"])),
            ("a path without a name", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [$"spiffe://{TestBroker.Network}/operators"])),
            ("a role that there is not", StatusCode.Unauthenticated, "CERTIFICATE_NAME", Issue(broker, now, [$"spiffe://{TestBroker.Network}/administrators/{TestBroker.FirstOperator}"])),
        ]);
        Assert.True(cases.Count >= 40, $"{cases.Count} cases");

        string[] guarded = [.. BrokerMethods.All.Select(NameOf).Where(method => AccessRules.Of(method) != AccessRule.Anonymous)];
        int calls = 0;
        foreach ((string who, StatusCode status, string code, X509Certificate2? shown) in cases)
        {
            CallInvoker invoker = broker.Connect(shown).CreateCallInvoker();
            foreach (string method in guarded)
            {
                RpcException refused = await CallAsync(invoker, method);
                Assert.Equal((who, method, status, code), (who, method, refused.StatusCode, refused.ToRefusal("broker").Code));
                calls++;
            }
        }

        // The wrong role: a good member where operators are wanted, a good operator where members are.
        CallInvoker asMember = network.Steward.Connect(broker).CreateCallInvoker(), asOperator = broker.ConnectAsOperator().CreateCallInvoker();
        foreach (string method in guarded)
        {
            AccessRule rule = AccessRules.Of(method)!.Value;
            if (rule == AccessRule.MemberOrOperator) continue;
            RpcException refused = await CallAsync(rule is AccessRule.Operator or AccessRule.Evaluator ? asMember : asOperator, method);
            string expected = rule switch { AccessRule.Operator => "OPERATORS_ONLY", AccessRule.Evaluator => "EVALUATORS_ONLY", _ => "MEMBERS_ONLY" };
            Assert.Equal((method, StatusCode.PermissionDenied, expected), (method, refused.StatusCode, refused.ToRefusal("broker").Code));
            calls++;
        }

        output.WriteLine($"{cases.Count} identities and the wrong role × {guarded.Length} RPCs: {calls} calls refused with the right status");
    }

    [Fact]
    public void An_rpc_that_speaks_of_a_circle_or_a_record_has_a_right_in_it()
    {
        foreach (MethodDescriptor method in BrokerMethods.All.Where(method => AccessRules.Of(NameOf(method)) == AccessRule.Member))
        {
            bool speaks = SpeaksOf(method.InputType, ["circle_id", "record_id", "key_epoch"], []);
            Assert.True(!speaks || AccessRules.CircleRightOf(NameOf(method)) != CircleRight.None, $"{NameOf(method)} names a circle or a record, and no right in it is stated.");
        }
    }

    [Fact]
    public async Task In_a_circle_that_is_not_its_own_a_member_gets_nothing()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember outsider = network.Outsider;
        SealedRecord published = network.Seal(network.Second);
        await network.PublishOneAsync(network.Second, published);
        MembershipService.MembershipServiceClient membership = new(outsider.Connect(network.Broker)), second = new(network.Second.Connect(network.Broker));
        Gateway.Protocol.Keys.CircleKey next = Gateway.Protocol.Keys.CircleKey.Create(network.Circle.Circle, 1, RandomSource.System);
        ProposeEpochRequest proposal = TestNetwork.Propose(network.Broker, next, network.Steward, [], [network.Steward, network.Second]);
        await new MembershipService.MembershipServiceClient(network.Steward.Connect(network.Broker)).ProposeEpochAsync(proposal);
        EpochProposal listed = (await second.ListProposalsAsync(new ListProposalsRequest())).Proposals.Single();
        SignedStatement DecisionOf(TestMember signer) => Gateway.Protocol.Log.Statements.Sign(
            new RecordDisputeResolved { RecordId = published.Submission.RecordId, CircleId = published.Submission.CircleId, DisputedAt = 1, Decision = DisputeDecision.Upheld, Reason = DisputeReason.Outdated }, network.Broker.GenesisHash, signer.Id, signer.Keys.Member);
        Dictionary<CircleRight, Func<Task<string>>> attempts = new()
        {
            [CircleRight.Publish] = async () => (await network.RefusedAsync(outsider, network.Seal(outsider).Submission)).Code,
            [CircleRight.OwnRecord] = () => CodeAsync(async () => await network.Exchange(outsider).WithdrawAsync(new WithdrawRequest { RecordId = published.Submission.RecordId, Reason = WithdrawalReason.Mistake, Signature = ByteString.CopyFrom(new byte[64]) })),
            [CircleRight.Read] = async () => (await network.ReadFeedAsync(outsider)).SelectMany(message => message.Leaves).Any(leaf => !leaf.Item.IsEmpty) ? "ITEMS" : "NOTHING",
            [CircleRight.Steward] = () => CodeAsync(async () => await membership.ProposeEpochAsync(proposal)),
            [CircleRight.SeenRecord] = () => CodeAsync(async () => await new DisputesService.DisputesServiceClient(outsider.Connect(network.Broker)).OpenDisputeAsync(DisputeTests.Open(published))),
            [CircleRight.ReadNow] = () => CodeAsync(async () => await new OutcomesService.OutcomesServiceClient(outsider.Connect(network.Broker)).ListOutcomeGradesAsync(new ListOutcomeGradesRequest { CircleId = published.Submission.CircleId })),
            [CircleRight.Desk] = () => CodeAsync(async () => await new DisputesService.DisputesServiceClient(outsider.Connect(network.Broker)).ResolveDisputeAsync(new ResolveDisputeRequest { Decision = DecisionOf(outsider) })),
            [CircleRight.SecondMember] = () => CodeAsync(async () => await membership.CountersignEpochAsync(TestNetwork.Countersign(network.Broker, next, outsider, listed))),
        };
        Dictionary<CircleRight, string> met = [];
        foreach (CircleRight right in AccessRules.Methods.Select(AccessRules.CircleRightOf).Where(right => right != CircleRight.None).Distinct()) met[right] = await attempts[right]();
        Assert.Equal(
            new Dictionary<CircleRight, string>
            {
                [CircleRight.Publish] = "NOT_IN_CIRCLE", [CircleRight.OwnRecord] = "RECORD_UNKNOWN", [CircleRight.Read] = "NOTHING", [CircleRight.Steward] = "STEWARD_ONLY", [CircleRight.SeenRecord] = "RECORD_UNKNOWN", [CircleRight.ReadNow] = "NOT_IN_CIRCLE", [CircleRight.Desk] = "RECORD_UNKNOWN", [CircleRight.SecondMember] = "SECOND_MEMBER_ONLY",
            }.OrderBy(pair => pair.Key),
            met.OrderBy(pair => pair.Key));
        Assert.Empty((await membership.ListProposalsAsync(new ListProposalsRequest())).Proposals);
    }

    private static async Task<X509Certificate2> RemovedOperatorAsync(TestBroker broker)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ByteString request = ByteString.CopyFrom(new CertificateRequest("CN=third", key, HashAlgorithmName.SHA256).CreateSigningRequest());
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate((await broker.DecideAsync(new Change { Operator = new OperatorChange { Name = "third", Action = OperatorAction.Admitted, CertificateRequest = request } })).OperatorCertificate.ToByteArray());
        await broker.DecideAsync(new Change { Operator = new OperatorChange { Name = "third", Action = OperatorAction.Removed } });
        return issued.CopyWithPrivateKey(key);
    }

    private static bool SpeaksOf(MessageDescriptor message, string[] fields, HashSet<string> seen) =>
        seen.Add(message.FullName) && message.Fields.InDeclarationOrder().Any(field => fields.Contains(field.Name) || (field.FieldType == FieldType.Message && SpeaksOf(field.MessageType, fields, seen)));

    private static string NameOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    private static ByteString Bytes(MemberId id) => ByteString.CopyFrom(id.ToArray());

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).ToRefusal("broker").Code;

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

    private static X509Certificate2 IssueUnder(X509Certificate2 issuer, DateTimeOffset around, string uri)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa issuing = issuer.GetECDsaPrivateKey()!;
        using X509Certificate2 issued = Request(key, [uri], Client).Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuing), around.AddHours(-1), around.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate such as the authority itself never issues: by the broker's authority key, or self-signed where there is no broker.</summary>
    private static X509Certificate2 Issue(TestBroker? broker, DateTimeOffset around, string[] uris, string? purpose = Client)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(key, uris, purpose);
        if (broker is null) return request.CreateSelfSigned(around.AddHours(-1), around.AddHours(1));
        using X509Certificate2 authority = X509Certificate2.CreateFromPemFile(broker.Options.Files.AuthorityCertificate, broker.Options.Files.AuthorityKey);
        using X509Certificate2 issued = request.Create(authority, around.AddHours(-1), around.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    private static CertificateRequest Request(ECDsa key, string[] uris, string? purpose)
    {
        CertificateRequest request = new("CN=made by hand", key, HashAlgorithmName.SHA256);
        if (purpose is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        if (uris.Length == 0) return request;
        SubjectAlternativeNameBuilder names = new();
        foreach (string uri in uris) names.AddUri(new Uri(uri));
        names.AddDnsName("node.example");
        request.CertificateExtensions.Add(names.Build());
        return request;
    }
}
