using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Quotas;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class EnrolmentTests
{
    [Fact]
    public async Task A_lost_answer_is_given_again_and_a_second_organisation_is_not_let_in()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        Applicant applicant = new(broker, "Retail", MemberRole.Retailer);
        ByteString token = await applicant.AdmitAsync(broker);
        MembershipService.MembershipServiceClient client = new(broker.Connect(null));
        EnrolRequest request = applicant.Enrolment(token);
        EnrolResponse[] answers = await Task.WhenAll(client.EnrolAsync(request).ResponseAsync, client.EnrolAsync(request).ResponseAsync, client.EnrolAsync(request).ResponseAsync);

        Assert.All(answers, answer => Assert.Equal(2UL, answer.Index));
        Assert.Equal(3UL, broker.Core.Signal.Size);
        await AssertRefusedAsync(broker, new Applicant(broker, "Retail", MemberRole.Retailer, applicant.Id).Enrolment(token), StatusCode.InvalidArgument, "STATEMENT_NOT_AS_INVITED");
    }

    [Fact]
    public async Task A_token_and_the_logged_statement_give_a_certificate_only_to_who_has_the_member_key()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        Applicant applicant = new(broker, "Retail", MemberRole.Retailer);
        ByteString token = await applicant.AdmitAsync(broker);
        MembershipService.MembershipServiceClient client = new(broker.Connect(null));
        EnrolRequest first = applicant.Enrolment(token), unsigned = first.Clone();
        unsigned.CertificateRequestSignature = ByteString.Empty;
        await AssertRefusedAsync(broker, unsigned, StatusCode.PermissionDenied, "CERTIFICATE_REQUEST_UNPROVEN");
        Assert.Equal(2UL, broker.Core.Signal.Size);
        await client.EnrolAsync(first);

        Applicant thief = new(broker, "Retail", MemberRole.Retailer);
        EnrolRequest stolen = thief.Enrolment(token);
        stolen.MemberJoined = first.MemberJoined;
        await AssertRefusedAsync(broker, stolen, StatusCode.PermissionDenied, "CERTIFICATE_REQUEST_UNPROVEN");
        stolen.CertificateRequestSignature = first.CertificateRequestSignature;
        await AssertRefusedAsync(broker, stolen, StatusCode.PermissionDenied, "CERTIFICATE_REQUEST_UNPROVEN");

        stolen.CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(stolen.CertificateRequest.Span, broker.GenesisHash, applicant.Keys.Member));
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate((await client.EnrolAsync(stolen)).Certificate.ToByteArray());
        using ECDsa issuedKey = issued.GetECDsaPublicKey()!;
        Assert.Equal(thief.Tls.ExportSubjectPublicKeyInfo(), issuedKey.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public async Task The_certificate_names_the_member_and_nothing_else()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        TestMember member = await TestMember.EnrolAsync(broker, "Retail", MemberRole.Retailer);
        Assert.Contains($"spiffe://{TestBroker.Network}/{member.Id}/node-1", System.Text.Encoding.Latin1.GetString(member.Certificate.Extensions["2.5.29.17"]!.RawData), StringComparison.Ordinal);
        Assert.Equal(broker.Time.GetUtcNow().AddHours(24).UtcDateTime, member.Certificate.NotAfter.ToUniversalTime());
        Assert.Equal(2, member.Certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Count);
    }

    [Fact]
    public async Task What_is_not_as_approved_is_refused()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        Applicant applicant = new(broker, "Retail", MemberRole.Retailer), other = new(broker, "Other", MemberRole.Retailer);
        ByteString token = await applicant.AdmitAsync(broker, validSeconds: 60), otherToken = await other.AdmitAsync(broker, validSeconds: 60);
        EnrolRequest good = applicant.Enrolment(token);
        Applicant[] altered =
        [
            new(broker, "Another", MemberRole.Retailer, applicant.Id), new(broker, "Retail", MemberRole.Police, applicant.Id), new(broker, "Retail", MemberRole.Retailer),
            new(broker, "Retail", MemberRole.Retailer, applicant.Id), new(broker, "Retail", MemberRole.Retailer, applicant.Id, genesisHash: new byte[32]),
        ];
        foreach (Applicant one in altered) await AssertRefusedAsync(broker, one.Enrolment(token), StatusCode.InvalidArgument, "STATEMENT_NOT_AS_INVITED");
        await AssertRefusedAsync(broker, applicant.Enrolment(otherToken), StatusCode.InvalidArgument, "STATEMENT_NOT_AS_INVITED");
        await AssertRefusedAsync(broker, other.Enrolment(token), StatusCode.InvalidArgument, "STATEMENT_NOT_AS_INVITED");
        await AssertRefusedAsync(broker, applicant.Enrolment(ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32))), StatusCode.PermissionDenied, "INVITATION_INVALID");
        await AssertRefusedAsync(broker, applicant.Enrolment(ByteString.Empty), StatusCode.PermissionDenied, "INVITATION_INVALID");

        EnrolRequest brokenRequest = good.Clone();
        byte[] der = brokenRequest.CertificateRequest.ToByteArray();
        der[^1] ^= 1;
        brokenRequest.CertificateRequest = ByteString.CopyFrom(der);
        await AssertRefusedAsync(broker, brokenRequest, StatusCode.InvalidArgument, "CERTIFICATE_REQUEST_INVALID");
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        brokenRequest.CertificateRequest = ByteString.CopyFrom(new CertificateRequest("CN=node", p384, HashAlgorithmName.SHA256).CreateSigningRequest());
        await AssertRefusedAsync(broker, brokenRequest, StatusCode.InvalidArgument, "CERTIFICATE_REQUEST_INVALID");

        Assert.Equal(2UL, broker.Core.Signal.Size);
        broker.Time.Advance(TimeSpan.FromSeconds(60));
        await AssertRefusedAsync(broker, good, StatusCode.PermissionDenied, "INVITATION_EXPIRED");
    }

    [Theory]
    [InlineData(2, 1_000)]
    [InlineData(1_000, 2)]
    public async Task Tokens_are_not_guessed_at_speed_from_one_address_nor_from_many(int perAddress, int overall)
    {
        await using TestBroker broker = await TestBroker.StartAsync(new QuotaOptions { EnrolmentsPerMinutePerAddress = perAddress, EnrolmentsPerMinute = overall });
        EnrolRequest guess = new Applicant(broker, "Retail", MemberRole.Retailer).Enrolment(ByteString.CopyFrom(new byte[32]));
        await AssertRefusedAsync(broker, guess, StatusCode.PermissionDenied, "INVITATION_INVALID");
        await AssertRefusedAsync(broker, guess, StatusCode.PermissionDenied, "INVITATION_INVALID");
        await AssertRefusedAsync(broker, guess, StatusCode.ResourceExhausted, "RATE_LIMITED");
        broker.Time.Advance(TimeSpan.FromSeconds(30));
        await AssertRefusedAsync(broker, guess, StatusCode.PermissionDenied, "INVITATION_INVALID");
    }

    [Fact]
    public async Task An_application_is_whole_signed_and_about_somebody_new()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await new Applicant(broker, "Invited", MemberRole.Retailer).AdmitAsync(broker);
        TestMember customs = await TestMember.EnrolAsync(broker, "Customs", MemberRole.Customs);
        Applicant good = new(broker, "Brand", MemberRole.RightsHolder);
        (string Code, Change Change)[] bad =
        [
            ("NAME_TAKEN", new Applicant(broker, "Invited", MemberRole.Police).Admission()),
            ("NAME_TAKEN", new Applicant(broker, "Customs", MemberRole.Customs).Admission()),
            ("MEMBER_EXISTS", new Applicant(broker, "Brand", MemberRole.Customs, customs.Id).Admission()),
            ("NAME_INVALID", new Applicant(broker, " ", MemberRole.Customs).Admission()),
            ("ROLE_INVALID", new Applicant(broker, "Brand", MemberRole.Unspecified).Admission()),
            ("VALIDITY_INVALID", good.Admission(10_000_000)),
            ("STATEMENT_UNREADABLE", new Applicant(broker, "Brand", MemberRole.Customs, change: joined => joined.BoxPk = ByteString.Empty).Admission()),
            ("STATEMENT_SIGNATURES", new Applicant(broker, "Brand", MemberRole.Customs, genesisHash: new byte[32]).Admission()),
            ("CONTACTS_INVALID", Without(good.Admission(), change => change.Admission.Contacts = null)),
            ("CONTACTS_INVALID", Without(good.Admission(), change => change.Admission.Contacts.Email = "nowhere")),
            ("CONTACTS_INVALID", Without(good.Admission(), change => change.Admission.Contacts.Phone = "")),
            ("STATEMENT_UNREADABLE", Without(good.Admission(), change => change.Admission.MemberJoined = null)),
            ("STATEMENT_SIGNATURES", Without(good.Admission(), change => change.Admission.MemberJoined.Signatures.Clear())),
        ];
        foreach ((string code, Change change) in bad)
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => broker.ProposeAsync(change));
            Assert.Equal((code, code), (refused.ToRefusal("broker").Code, code));
        }

        static Change Without(Change change, Action<Change> alter)
        {
            Change altered = change.Clone();
            alter(altered);
            return altered;
        }
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(12, false)]
    [InlineData(72, true)]
    [InlineData(72, false)]
    public async Task A_node_renews_its_certificate_under_a_new_key_even_when_the_old_one_has_ended(int hours, bool showsOldOne)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        TestMember member = await TestMember.EnrolAsync(broker, "Retail", MemberRole.Retailer);
        broker.Time.Advance(TimeSpan.FromHours(hours));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        MembershipService.MembershipServiceClient client = new(broker.Connect(showsOldOne ? member.Certificate : null));
        RenewCertificateResponse response = await client.RenewCertificateAsync(Renewal(broker, member.Id, member.Keys, key));
        using X509Certificate2 renewed = X509CertificateLoader.LoadCertificate(response.Certificate.ToByteArray());
        Assert.Contains($"spiffe://{TestBroker.Network}/{member.Id}/node-1", System.Text.Encoding.Latin1.GetString(renewed.Extensions["2.5.29.17"]!.RawData), StringComparison.Ordinal);
        broker.Time.Advance(TimeSpan.FromHours(20));
        GetDirectoryResponse directory = await new MembershipService.MembershipServiceClient(broker.Connect(renewed.CopyWithPrivateKey(key))).GetDirectoryAsync(new GetDirectoryRequest());
        Assert.Equal(member.Id.ToArray(), directory.Members.Single().Member.MemberId.ToByteArray());
    }

    [Fact]
    public async Task A_renewal_without_the_members_key_is_refused_and_does_not_tell_who_is_a_member()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        TestMember member = await TestMember.EnrolAsync(broker, "Retail", MemberRole.Retailer);
        TestMember other = await TestMember.EnrolAsync(broker, "Customs", MemberRole.Customs);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        RenewCertificateRequest unsigned = Renewal(broker, member.Id, member.Keys, key);
        unsigned.CertificateRequestSignature = ByteString.Empty;
        RenewCertificateRequest replaced = Renewal(broker, member.Id, member.Keys, key);
        using ECDsa otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        replaced.CertificateRequest = Renewal(broker, member.Id, member.Keys, otherKey).CertificateRequest;
        RenewCertificateRequest nameless = Renewal(broker, member.Id, member.Keys, key);
        nameless.MemberId = ByteString.Empty;
        RenewCertificateRequest unknown = Renewal(broker, MemberId.FromBytes(RandomNumberGenerator.GetBytes(16)), member.Keys, key);

        // The certificate that is shown counts for nothing.
        MembershipService.MembershipServiceClient client = new(member.Connect(broker));
        List<Refusal> refusals = [];
        foreach (RenewCertificateRequest request in (RenewCertificateRequest[])[Renewal(broker, member.Id, other.Keys, key), unsigned, replaced, nameless, unknown])
        {
            refusals.Add((await Assert.ThrowsAsync<RpcException>(async () => await client.RenewCertificateAsync(request))).ToRefusal("broker"));
        }

        Assert.Equal((StatusCode.PermissionDenied, "CERTIFICATE_REQUEST_UNPROVEN"), (refusals[0].Status, refusals[0].Code));
        Assert.Single(refusals.Distinct());
    }

    [Fact]
    public async Task Renewals_are_not_asked_for_at_speed()
    {
        await using TestBroker broker = await TestBroker.StartAsync(new QuotaOptions { EnrolmentsPerMinutePerAddress = 2 });
        TestMember member = await TestMember.EnrolAsync(broker, "Retail", MemberRole.Retailer);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        MembershipService.MembershipServiceClient client = new(broker.Connect(null));
        RenewCertificateRequest request = Renewal(broker, member.Id, member.Keys, key);
        await client.RenewCertificateAsync(request);
        await client.RenewCertificateAsync(request);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await client.RenewCertificateAsync(request));
        Assert.Equal("RATE_LIMITED", refused.ToRefusal("broker").Code);
        broker.Time.Advance(TimeSpan.FromSeconds(30));
        await client.RenewCertificateAsync(request);
    }

    [Fact]
    public async Task The_directory_tells_operators_more()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await new Applicant(network.Broker, "Brand", MemberRole.RightsHolder).AdmitAsync(network.Broker);
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        GetDirectoryResponse asMember = await new MembershipService.MembershipServiceClient(network.Steward.Connect(network.Broker)).GetDirectoryAsync(new GetDirectoryRequest());
        GetDirectoryResponse asOperator = await new MembershipService.MembershipServiceClient(network.Broker.ConnectAsOperator()).GetDirectoryAsync(new GetDirectoryRequest());

        Assert.Empty(asMember.OpenInvitations);
        Assert.Equal(0UL, asMember.Circles.Single().LiveRecords);
        Assert.All(asMember.Members, member => Assert.Equal(0, member.LastSeen));
        Assert.Equal("Brand", asOperator.OpenInvitations.Single().Name);
        Assert.Equal(1UL, asOperator.Circles.Single().LiveRecords);
        Assert.Equal(network.Broker.Time.GetUtcNow().ToUnixTimeSeconds(), asOperator.Members.Single(member => member.Member.Name == "Steward Retail").LastSeen);
        Assert.Equal(["Outside Customs", "Second Retail", "Steward Retail"], asMember.Members.Select(member => member.Member.Name));
        Assert.Equal(2, asMember.Circles.Single().MemberIds.Count);
        Assert.Equal(1u, asMember.Circles.Single().EpochCount);
    }

    private static RenewCertificateRequest Renewal(TestBroker broker, MemberId id, MemberKeys keys, ECDsa key)
    {
        byte[] request = new CertificateRequest("CN=spiffe://test.example/operators/first", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        return new RenewCertificateRequest
        {
            CertificateRequest = ByteString.CopyFrom(request),
            MemberId = ByteString.CopyFrom(id.ToArray()),
            CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(request, broker.GenesisHash, keys.Member)),
        };
    }

    private static async Task AssertRefusedAsync(TestBroker broker, EnrolRequest request, StatusCode status, string code)
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new MembershipService.MembershipServiceClient(broker.Connect(null)).EnrolAsync(request));
        Assert.Equal((status, code), (refused.StatusCode, refused.ToRefusal("broker").Code));
    }
}
