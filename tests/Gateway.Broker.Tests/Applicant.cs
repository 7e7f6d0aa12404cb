using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Broker.Tests;

/// <summary>An organisation that applies: real keys, an id of its own, a signed statement.</summary>
internal sealed class Applicant
{
    private readonly byte[] _genesisHash;

    public Applicant(TestBroker broker, string name, MemberRole role, MemberId? id = null, Action<MemberJoined>? change = null, byte[]? genesisHash = null)
    {
        _genesisHash = genesisHash ?? broker.GenesisHash;
        Id = id ?? MemberId.FromBytes(RandomNumberGenerator.GetBytes(16));
        MemberJoined joined = new()
        {
            MemberId = ByteString.CopyFrom(Id.ToArray()),
            Name = name,
            Role = role,
            MemberPk = ByteString.CopyFrom(Keys.Member.PublicKey.ToArray()),
            BoxPk = ByteString.CopyFrom(Keys.Box.PublicKey.ToArray()),
            NodePk = ByteString.CopyFrom(Keys.Node.PublicKey.ToArray()),
        };
        change?.Invoke(joined);
        Statement = Statements.Sign(joined, _genesisHash, Id, Keys.Member);
    }

    public MemberId Id { get; }

    public MemberKeys Keys { get; } = MemberKeys.FromSeed(RandomNumberGenerator.GetBytes(32));

    public SignedStatement Statement { get; }

    public ECDsa Tls { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public Change Admission(uint validSeconds = 3_600) => new()
    {
        Admission = new AdmissionChange { MemberJoined = Statement, Contacts = new Contacts { Name = "Alex Example", Email = "alex@example.org", Phone = "+49 40 123456" }, ValidSeconds = validSeconds },
    };

    /// <summary>One operator proposes, two members sponsor where that is needed, another operator approves.</summary>
    public async Task<ByteString> AdmitAsync(TestBroker broker, uint validSeconds = 3_600)
    {
        ChangeRecord proposed = await broker.ProposeAsync(Admission(validSeconds));
        if (broker.Members.Count >= NetworkState.MembersWithoutSponsors)
        {
            foreach (TestMember sponsor in broker.Members.Take(NetworkState.SponsorsNeeded)) await sponsor.SponsorAsync(broker, proposed.Id, Statement);
        }

        return (await broker.SecondOperator.ApproveChangeAsync(new ApproveChangeRequest { Id = proposed.Id })).Invitation.Token;
    }

    /// <summary>What an invited organisation sends.</summary>
    public EnrolRequest Enrolment(ByteString token)
    {
        byte[] request = new CertificateRequest("CN=node", Tls, HashAlgorithmName.SHA256).CreateSigningRequest();
        return new EnrolRequest
        {
            Token = token,
            CertificateRequest = ByteString.CopyFrom(request),
            CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(request, _genesisHash, Keys.Member)),
            MemberJoined = Statement,
        };
    }
}
