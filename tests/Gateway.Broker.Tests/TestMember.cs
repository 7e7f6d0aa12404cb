using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Gateway.Broker.Tests;

/// <summary>A member with real keys and a certificate that the broker issued.</summary>
internal sealed class TestMember
{
    private TestMember(MemberId id, MemberKeys keys, X509Certificate2 certificate)
    {
        Id = id;
        Keys = keys;
        Certificate = certificate;
    }

    public MemberId Id { get; }

    public MemberKeys Keys { get; }

    public X509Certificate2 Certificate { get; }

    public static async Task<TestMember> EnrolAsync(TestBroker broker, string name, MemberRole role)
    {
        CreateInvitationResponse invitation = await InviteAsync(broker, name, role);
        (EnrolRequest request, MemberKeys keys, ECDsa key) = MakeRequest(invitation, name, role);
        EnrolResponse response = await new MembershipService.MembershipServiceClient(broker.Connect(null)).EnrolAsync(request);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(response.Certificate.ToByteArray());
        return new TestMember(MemberId.FromBytes(invitation.MemberId.Span), keys, issued.CopyWithPrivateKey(key));
    }

    public static async Task<CreateInvitationResponse> InviteAsync(TestBroker broker, string name, MemberRole role, uint validSeconds = 3_600) =>
        await new MembershipService.MembershipServiceClient(broker.ConnectAsOperator()).CreateInvitationAsync(new CreateInvitationRequest { Name = name, Role = role, ValidSeconds = validSeconds });

    /// <summary>What an invited organisation sends, under fresh keys.</summary>
    public static (EnrolRequest Request, MemberKeys Keys, ECDsa Key) MakeRequest(CreateInvitationResponse invitation, string name, MemberRole role)
    {
        MemberKeys keys = MemberKeys.FromSeed(RandomNumberGenerator.GetBytes(32));
        MemberId id = MemberId.FromBytes(invitation.MemberId.Span);
        MemberJoined joined = new()
        {
            MemberId = invitation.MemberId,
            Name = name,
            Role = role,
            MemberPk = ByteString.CopyFrom(keys.Member.PublicKey.ToArray()),
            BoxPk = ByteString.CopyFrom(keys.Box.PublicKey.ToArray()),
            NodePk = ByteString.CopyFrom(keys.Node.PublicKey.ToArray()),
        };
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] certificateRequest = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        return (
            new EnrolRequest
            {
                Token = invitation.Token,
                CertificateRequest = ByteString.CopyFrom(certificateRequest),
                CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(certificateRequest, invitation.GenesisHash.Span, keys.Member)),
                MemberJoined = Statements.Sign(joined, invitation.GenesisHash.Span, id, keys.Member),
            },
            keys,
            key);
    }

    public GrpcChannel Connect(TestBroker broker) => broker.Connect(Certificate);

    /// <summary>Seals a record of this member's about an identifier nobody else has.</summary>
    public SealedRecord Seal(CircleKey circle, UtcDay expiry, RandomSource? random = null, int texts = 0) => new RecordSealer(random ?? RandomSource.System).Seal(new SealRequest
    {
        Circle = circle,
        OprfVersion = 1,
        Member = Id,
        Keys = Keys,
        Summary = new Summary
        {
            Kind = RecordKind.BadActor,
            EvidenceGrade = EvidenceGrade.CourtDecision,
            Categories = { GoodsCategory.Footwear },
            ExpiryDay = expiry.Number,
        },
        Identifiers = [new SealIdentifier(1, RandomNumberGenerator.GetBytes(64), OpensRecord: true)],
        FillBody = (body, _) => body.Texts.AddRange(Enumerable.Range(0, texts).Select(_ => new EncodedText { Kind = EncodedTextKind.Name, Clk = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(128)) })),
    });
}
