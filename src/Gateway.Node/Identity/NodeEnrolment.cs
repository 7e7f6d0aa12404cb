using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Identity;

/// <summary>Makes a node out of an invitation (`gateway node init`).</summary>
public sealed class NodeEnrolment(RandomSource random)
{
    /// <summary>Makes keys, enrols at the broker and writes the node's folder. Asked again after a lost answer it goes on with the same keys.</summary>
    /// <exception cref="RefusalException">The folder is a node already, the invitation is not good, or the broker refused.</exception>
    public async Task EnrolAsync(NodeDirectory directory, InvitationFile invitation, int apiPort, CancellationToken cancellation)
    {
        if (File.Exists(directory.SettingsFile))
        {
            throw new RefusalException(Refusal.Precondition("NODE_EXISTS", "There is a node in this folder already.", directory.Path, "Choose another folder, or run `gateway node run` with this one."));
        }

        if (!MemberId.TryParse(invitation.MemberId, out MemberId member) || !RecordId.TryParse(invitation.GenesisHash, out _)
            || !Enum.TryParse(invitation.Role.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out MemberRole role) || role == MemberRole.Unspecified)
        {
            throw new RefusalException(Refusal.Invalid("INVITATION_UNREADABLE", "The invitation has an unreadable member id, Genesis hash or role.", "invitation", "Ask the broker's operator for a new one."));
        }

        NodeSettings settings = new()
        {
            Network = invitation.Network,
            Broker = invitation.Broker,
            GenesisHash = invitation.GenesisHash,
            MemberId = invitation.MemberId,
            Name = invitation.Name,
            ApiPort = apiPort,
        };
        settings.Validate();
        directory.Create();
        WriteSeedOnce(directory);
        NodeDirectory.WriteWhole(directory.AuthorityFile, System.Text.Encoding.ASCII.GetBytes(invitation.CertificateAuthority));

        using MemberKeys keys = directory.ReadKeys();
        using ECDsa tls = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        AuthoritySet authorities = AuthoritySet.FromPem(invitation.CertificateAuthority);
        using BrokerConnection broker = BrokerConnection.Anonymous(new Uri(invitation.Broker), invitation.Network, () => authorities);
        byte[] certificateRequest = NodeCertificate.Request(tls, invitation.Network);
        EnrolRequest request = new()
        {
            Token = ByteString.CopyFrom(Convert.FromHexString(invitation.Token)),
            CertificateRequest = ByteString.CopyFrom(certificateRequest),
            CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(certificateRequest, Convert.FromHexString(invitation.GenesisHash), keys.Member)),
            MemberJoined = Statements.Sign(
                new MemberJoined
                {
                    MemberId = ByteString.CopyFrom(member.ToArray()),
                    Name = invitation.Name,
                    Role = role,
                    MemberPk = ByteString.CopyFrom(keys.Member.PublicKey.ToArray()),
                    BoxPk = ByteString.CopyFrom(keys.Box.PublicKey.ToArray()),
                    NodePk = ByteString.CopyFrom(keys.Node.PublicKey.ToArray()),
                },
                Convert.FromHexString(invitation.GenesisHash),
                member,
                keys.Member),
        };
        try
        {
            EnrolResponse response = await new MembershipService.MembershipServiceClient(broker.Invoker).EnrolAsync(request, deadline: broker.Deadline(TimeSpan.FromSeconds(30)), cancellationToken: cancellation);
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(response.Certificate.Span);
            NodeCertificate.Write(directory, certificate, tls);
        }
        catch (RpcException fault)
        {
            throw new RefusalException(fault.ToRefusal("broker"));
        }

        NodeDirectory.WriteSecret(directory.TokenFile, System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(random.GetBytes(32))));
        directory.WriteSettings(settings); // Last: the folder is a node from here on.
    }

    private void WriteSeedOnce(NodeDirectory directory)
    {
        directory.Secrets.Found();
        byte[] seed = directory.Secrets.Read(directory.SeedFile) ?? random.GetBytes(MemberKeys.SeedSize);
        if (!File.Exists(directory.SeedFile)) directory.Secrets.Write(directory.SeedFile, seed);
        CryptographicOperations.ZeroMemory(seed);
    }
}
