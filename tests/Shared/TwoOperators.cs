using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Shared;

/// <summary>The two operators of a broker in this process, who do together what takes two: one proposes, the other approves.</summary>
internal sealed class TwoOperators(BrokerOptions options)
{
    public const string First = "operator-1", Second = "operator-2";

    public static IReadOnlyList<string> Names { get; } = [First, Second];

    /// <summary>What an organisation gets to apply.</summary>
    public NetworkFile Network => NetworkFile.Parse(File.ReadAllText(options.Files.Network));

    private X509Certificate2 Authority => X509CertificateLoader.LoadCertificateFromFile(options.Files.AuthorityCertificate);

    /// <summary>The way to the broker of one of them.</summary>
    public BrokerConnection Connect(string name)
    {
        OperatorFile file = OperatorFile.Parse(File.ReadAllText(options.Files.OperatorFile(name)));
        using X509Certificate2 pem = X509Certificate2.CreateFromPem(file.Certificate, file.Key);
        return BrokerConnection.WithCertificate(new Uri(options.AdvertisedAddress), options.Network, Authority, X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null));
    }

    /// <summary>The first proposes.</summary>
    public async Task<ChangeRecord> ProposeAsync(Change change)
    {
        using BrokerConnection connection = Connect(First);
        return (await new AdministrationService.AdministrationServiceClient(connection.Invoker).ProposeChangeAsync(new ProposeChangeRequest { Change = change })).Change;
    }

    /// <summary>The second approves.</summary>
    public async Task<ApproveChangeResponse> ApproveAsync(ChangeRecord change)
    {
        using BrokerConnection connection = Connect(Second);
        return await new AdministrationService.AdministrationServiceClient(connection.Invoker).ApproveChangeAsync(new ApproveChangeRequest { Id = change.Id });
    }

    /// <summary>One proposes, the other approves.</summary>
    public async Task<ApproveChangeResponse> DecideAsync(Change change) => await ApproveAsync(await ProposeAsync(change));

    /// <summary>Founds a circle, or changes one.</summary>
    public async Task<CircleId> DecideAsync(CirclePolicy policy) =>
        CircleId.FromBytes((await DecideAsync(new Change { CirclePolicy = new CirclePolicyChange { Policy = policy } })).CircleId.Span);

    /// <summary>Admits an applicant, sponsored by two of the members there are where it needs them.</summary>
    public async Task<InvitationFile> AdmitAsync(ApplicationFile application, IEnumerable<NodeDirectory> members)
    {
        (SignedStatement statement, MemberJoined joined) = NodeEnrolment.StatementOf(application);
        ChangeRecord proposed = await ProposeAsync(new Change
        {
            Admission = new AdmissionChange
            {
                MemberJoined = statement,
                Contacts = new Contacts { Name = application.ContactName, Email = application.ContactEmail, Phone = application.ContactPhone },
                ValidSeconds = 3_600,
            },
        });
        NodeDirectory[] there = [.. members];
        if (there.Length >= NetworkState.MembersWithoutSponsors)
        {
            foreach (NodeDirectory sponsor in there.Take(NetworkState.SponsorsNeeded)) await SponsorAsync(sponsor, proposed.Id, statement);
        }

        AdmissionInvitation invitation = (await ApproveAsync(proposed)).Invitation;
        NetworkFile network = Network;
        return new InvitationFile
        {
            Network = network.Network,
            Broker = network.Broker,
            BrokerAlsoAt = network.BrokerAlsoAt,
            CertificateAuthority = network.CertificateAuthority,
            GenesisHash = network.GenesisHash,
            MemberId = Convert.ToHexStringLower(joined.MemberId.Span),
            Name = joined.Name,
            Role = joined.Role == MemberRole.RightsHolder ? "RIGHTS_HOLDER" : joined.Role.ToString().ToUpperInvariant(),
            Token = Convert.ToHexStringLower(invitation.Token.Span),
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(invitation.ExpiresAt),
        };
    }

    /// <summary>An organisation applies, is admitted and enrols.</summary>
    public async Task EnrolAsync(NodeDirectory directory, string name, MemberRole role, IEnumerable<NodeDirectory> members, int apiPort = 0)
    {
        NodeEnrolment enrolment = new(RandomSource.System);
        ApplicationFile application = enrolment.Apply(directory, Network, name, role, new Contacts { Name = "Alex Example", Email = "alex@example.org", Phone = "+49 40 123456" });
        await enrolment.EnrolAsync(directory, await AdmitAsync(application, members), apiPort, CancellationToken.None);
    }

    /// <summary>A member vouches for an application.</summary>
    public async Task SponsorAsync(NodeDirectory sponsor, ulong application, SignedStatement statement)
    {
        MemberId member = sponsor.ReadSettings().Member;
        using MemberKeys keys = sponsor.ReadKeys();
        using BrokerConnection connection = BrokerConnection.Authenticated(new Uri(options.AdvertisedAddress), options.Network, Authority, NodeCertificate.Load(sponsor), TimeProvider.System);
        StatementSignature signature = Statements.Sign(nameof(MemberJoined), statement.Body.Span, Convert.FromHexString(Network.GenesisHash), member, keys.Member);
        await new MembershipService.MembershipServiceClient(connection.Invoker).SponsorApplicationAsync(new SponsorApplicationRequest { Id = application, Signature = signature });
    }
}
