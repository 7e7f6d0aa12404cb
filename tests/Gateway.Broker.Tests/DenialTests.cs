using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>A certificate that fell into other hands is denied before its end.</summary>
public sealed class DenialTests
{
    [Fact]
    public async Task A_denied_certificate_is_refused_its_open_connection_cut_and_its_key_gets_no_other()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        using AsyncServerStreamingCall<FollowResponse> stolen = network.Exchange(network.Second).Follow(new FollowRequest());
        using AsyncServerStreamingCall<FollowResponse> other = network.Exchange(network.Steward).Follow(new FollowRequest());
        Assert.True(await stolen.ResponseStream.MoveNext(CancellationToken.None));
        Assert.True(await other.ResponseStream.MoveNext(CancellationToken.None));

        ulong before = broker.Core.Denials.Holder.Number;
        DenyCertificateResponse denied = await Operator(broker).DenyCertificateAsync(new DenyCertificateRequest { Serial = SerialOf(network.Second), Reason = "laptop stolen" });
        Assert.True(denied.Number > before);
        Assert.InRange(broker.Core.Connections.CutDenied(broker.Core.Denials.Holder.IsDenied), 1, 2); // The stream's, and perhaps the one that the member joined by. As the broker does every two seconds.
        RpcException cut = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stolen.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        });
        Assert.NotEqual(StatusCode.OK, cut.StatusCode);

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await new MembershipService.MembershipServiceClient(network.Second.Connect(broker)).GetDirectoryAsync(new GetDirectoryRequest()));
        Assert.Equal((StatusCode.Unauthenticated, "CERTIFICATE_DENIED"), (refused.StatusCode, refused.ToRefusal("broker").Code));
        using ECDsa same = network.Second.Certificate.GetECDsaPrivateKey()!;
        Assert.Equal("CERTIFICATE_KEY_DENIED", (await Assert.ThrowsAsync<RpcException>(() => RenewAsync(broker, network.Second, same))).ToRefusal("broker").Code);

        // The member's node itself, by its member key, gets one for a new key; and nobody else has noticed anything.
        using ECDsa fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 renewed = await RenewAsync(broker, network.Second, fresh);
        await new MembershipService.MembershipServiceClient(broker.Connect(renewed)).GetDirectoryAsync(new GetDirectoryRequest());
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        Assert.True(await other.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Contains((await Operator(broker).ListCertificatesAsync(new ListCertificatesRequest())).Certificates, issued => issued.Denied && issued.Serial == SerialOf(network.Second));
    }

    [Fact]
    public async Task The_list_is_there_for_everybody_signed_by_the_log_and_its_number_rises_over_restarts()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        Assert.True(VerifyingKey.TryFromBytes(broker.Core.View.Current.Genesis!.LogPk.Span, out VerifyingKey logKey));
        DenyListHolder verifier = new(broker.GenesisHash, logKey, broker.Time);
        Assert.Null(verifier.Accept(await ReadAsync(broker)));
        ulong first = verifier.Number;
        await Operator(broker).DenyCertificateAsync(new DenyCertificateRequest { Serial = SerialOf(network.Second), Reason = "laptop stolen" });
        SignedDenyList denying = await ReadAsync(broker);
        Assert.Null(verifier.Accept(denying));
        Assert.True(verifier.IsDenied(network.Second.Certificate, null));
        Assert.False(verifier.IsDenied(network.Steward.Certificate, null));

        await broker.RestartAsync();
        Assert.True(broker.Core.Denials.Holder.IsDenied(network.Second.Certificate, null));
        Assert.Equal(denying, await ReadAsync(broker));

        // It is signed anew before it ends, and falls silent about a certificate that has ended by itself.
        broker.Time.Advance(TimeSpan.FromHours(13));
        await broker.RunDailyWorkAsync();
        Assert.Null(verifier.Accept(await ReadAsync(broker)));
        Assert.True(verifier.Number > first + 1 && verifier.IsDenied(network.Second.Certificate, null) && !verifier.IsStale);
        broker.Time.Advance(TimeSpan.FromHours(13));
        await broker.RunDailyWorkAsync();
        Assert.Null(verifier.Accept(await ReadAsync(broker)));
        Assert.False(verifier.IsDenied(network.Second.Certificate, null));
    }

    [Fact]
    public async Task An_expelled_member_is_on_the_list()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        await broker.DecideAsync(new Change { Expulsion = new ExpulsionChange { MemberId = ByteString.CopyFrom(network.Outsider.Id.ToArray()), Reason = MembershipReason.RulesBroken } });
        await broker.RunDailyWorkAsync();
        Assert.True(broker.Core.Denials.Holder.IsDenied(null, network.Outsider.Id));
        Assert.False(broker.Core.Denials.Holder.IsDenied(null, network.Second.Id));
    }

    [Fact]
    public async Task A_certificate_that_was_never_issued_or_a_denial_without_a_reason_is_refused()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Assert.Equal("CERTIFICATE_UNKNOWN", await CodeOfAsync(new DenyCertificateRequest { Serial = ByteString.CopyFrom(1, 2, 3), Reason = "x" }));
        Assert.Equal("REASON_INVALID", await CodeOfAsync(new DenyCertificateRequest { Serial = SerialOf(network.Second) }));

        async Task<string> CodeOfAsync(DenyCertificateRequest request) => (await Assert.ThrowsAsync<RpcException>(async () => await Operator(network.Broker).DenyCertificateAsync(request))).ToRefusal("broker").Code;
    }

    private static CertificatesService.CertificatesServiceClient Operator(TestBroker broker) => new(broker.ConnectAsOperator());

    private static async Task<SignedDenyList> ReadAsync(TestBroker broker) =>
        (await new CertificatesService.CertificatesServiceClient(broker.Connect(null)).GetDenyListAsync(new GetDenyListRequest())).DenyList;

    private static ByteString SerialOf(TestMember member) => ByteString.CopyFrom(Convert.FromHexString(member.Certificate.SerialNumber));

    private static async Task<X509Certificate2> RenewAsync(TestBroker broker, TestMember member, ECDsa key)
    {
        byte[] request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        RenewCertificateResponse response = await new MembershipService.MembershipServiceClient(broker.Connect(null)).RenewCertificateAsync(new RenewCertificateRequest
        {
            CertificateRequest = ByteString.CopyFrom(request),
            MemberId = ByteString.CopyFrom(member.Id.ToArray()),
            CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(request, broker.GenesisHash, member.Keys.Member)),
        });
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(response.Certificate.Span);
        return issued.CopyWithPrivateKey(key);
    }
}
