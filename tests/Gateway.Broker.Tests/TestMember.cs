using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Protocol;
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
        Applicant applicant = new(broker, name, role);
        EnrolResponse response = await new MembershipService.MembershipServiceClient(broker.Connect(null)).EnrolAsync(applicant.Enrolment(await applicant.AdmitAsync(broker)));
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(response.Certificate.ToByteArray());
        TestMember member = new(applicant.Id, applicant.Keys, issued.CopyWithPrivateKey(applicant.Tls));
        broker.Members.Add(member);
        return member;
    }

    /// <summary>Vouches for an application.</summary>
    public async Task<uint> SponsorAsync(TestBroker broker, ulong application, SignedStatement statement) =>
        (await new MembershipService.MembershipServiceClient(Connect(broker)).SponsorApplicationAsync(new SponsorApplicationRequest { Id = application, Signature = Sign(broker, statement) })).SponsorCount;

    public StatementSignature Sign(TestBroker broker, SignedStatement statement) => Statements.Sign(nameof(MemberJoined), statement.Body.Span, broker.GenesisHash, Id, Keys.Member);

    /// <summary>Leaves the network.</summary>
    public async Task<DepartResponse> LeaveAsync(TestBroker broker) => await new MembershipService.MembershipServiceClient(Connect(broker)).DepartAsync(new DepartRequest
    {
        MemberLeft = Statements.Sign(new MemberLeft { MemberId = ByteString.CopyFrom(Id.ToArray()) }, broker.GenesisHash, Id, Keys.Member),
    });

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
