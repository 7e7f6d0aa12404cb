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

/// <summary>The way of an organisation to a node: it applies (`gateway node apply`), and once it is approved it enrols with its invitation (`gateway node init`).</summary>
public sealed class NodeEnrolment(RandomSource random)
{
    /// <summary>Makes the member's keys and id in a folder and the application that states them. Asked again it gives the same application.</summary>
    /// <param name="directory">Folder of the node to be.</param>
    /// <param name="network">The network applied to.</param>
    /// <param name="name">Name of the organisation, as other members see it.</param>
    /// <param name="role">Its role.</param>
    /// <param name="contacts">Whom to ask there.</param>
    /// <exception cref="RefusalException">The folder is a node already, holds another application, or the network file is not good.</exception>
    public ApplicationFile Apply(NodeDirectory directory, NetworkFile network, string name, MemberRole role, Contacts contacts)
    {
        RefuseNode(directory);
        if (!RecordId.TryParse(network.GenesisHash, out _)) throw new RefusalException(Refusal.Invalid("NETWORK_FILE_UNREADABLE", "The network file has no Genesis hash.", "network file", "Ask a broker's operator for the file that `gateway network export` prints."));
        if (File.Exists(directory.ApplicationFile))
        {
            ApplicationFile before = ApplicationFile.Parse(File.ReadAllText(directory.ApplicationFile));
            (_, MemberJoined stated) = StatementOf(before);
            return before.GenesisHash == network.GenesisHash && stated.Name == name && stated.Role == role
                ? before
                : throw new RefusalException(Refusal.Precondition("APPLICATION_EXISTS", "There is another application in this folder.", directory.ApplicationFile, "Choose another folder, or use the application there is."));
        }

        directory.Create();
        WriteKeysOnce(directory);
        using MemberKeys keys = directory.ReadKeys();
        MemberId member = MemberId.FromBytes(random.GetBytes(MemberId.Size));
        MemberJoined joined = new()
        {
            MemberId = ByteString.CopyFrom(member.ToArray()),
            Name = name,
            Role = role,
            MemberPk = ByteString.CopyFrom(keys.Member.PublicKey.ToArray()),
            BoxPk = ByteString.CopyFrom(keys.Box.PublicKey.ToArray()),
            NodePk = ByteString.CopyFrom(keys.Node.PublicKey.ToArray()),
        };
        ApplicationFile application = new()
        {
            Network = network.Network,
            GenesisHash = network.GenesisHash,
            Statement = Statements.Sign(joined, Convert.FromHexString(network.GenesisHash), member, keys.Member).ToByteArray(),
            ContactName = contacts.Name,
            ContactEmail = contacts.Email,
            ContactPhone = contacts.Phone,
        };
        NodeDirectory.WriteSecret(directory.ApplicationFile, System.Text.Encoding.UTF8.GetBytes(application.ToJson()));
        return application;
    }

    /// <summary>The statement of an application, as signed and as read.</summary>
    /// <exception cref="RefusalException">The application holds none.</exception>
    public static (SignedStatement Statement, MemberJoined Joined) StatementOf(ApplicationFile application)
    {
        try
        {
            SignedStatement statement = SignedStatement.Parser.ParseFrom(application.Statement);
            if (Statements.TryRead(statement, MemberJoined.Parser, out MemberJoined? joined)) return (statement, joined);
        }
        catch (InvalidProtocolBufferException)
        {
            // Said below.
        }

        throw new RefusalException(Refusal.Invalid("APPLICATION_UNREADABLE", "The application holds no statement of a member.", "application", "Ask the organisation for the file that `gateway node apply` wrote."));
    }

    /// <summary>Enrols at the broker with the invitation that the folder's application was given, and writes the node's settings. Asked again after a lost answer it goes on.</summary>
    /// <exception cref="RefusalException">The folder is a node already or holds no application, the invitation is not for it, or the broker refused.</exception>
    public async Task EnrolAsync(NodeDirectory directory, InvitationFile invitation, int apiPort, CancellationToken cancellation)
    {
        RefuseNode(directory);
        if (!File.Exists(directory.ApplicationFile)) throw new RefusalException(Refusal.Precondition("APPLICATION_MISSING", "There is no application in this folder.", directory.Path, "Name the folder in which `gateway node apply` made it: an invitation is for that application's keys alone."));
        (SignedStatement statement, MemberJoined joined) = StatementOf(ApplicationFile.Parse(await File.ReadAllTextAsync(directory.ApplicationFile, cancellation)));
        if (Convert.ToHexStringLower(joined.MemberId.Span) != invitation.MemberId)
        {
            throw new RefusalException(Refusal.Precondition("INVITATION_OF_ANOTHER", "The invitation is for another application than the one in this folder.", invitation.MemberId, "Name the folder of that application, or ask the operators for the invitation of this one."));
        }

        NodeSettings settings = new()
        {
            Network = invitation.Network,
            Broker = invitation.Broker,
            BrokerAlsoAt = invitation.BrokerAlsoAt,
            GenesisHash = invitation.GenesisHash,
            MemberId = invitation.MemberId,
            Name = joined.Name,
            ApiPort = apiPort,
        };
        settings.Validate();
        NodeDirectory.WriteWhole(directory.AuthorityFile, System.Text.Encoding.ASCII.GetBytes(invitation.CertificateAuthority));

        using MemberKeys keys = directory.ReadKeys();
        using ECDsa tls = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        AuthoritySet authorities = AuthoritySet.FromPem(invitation.CertificateAuthority);
        using BrokerConnection broker = BrokerConnection.Anonymous(invitation.Brokers, invitation.Network, () => authorities);
        byte[] certificateRequest = NodeCertificate.Request(tls, invitation.Network);
        EnrolRequest request = new()
        {
            Token = ByteString.CopyFrom(Convert.FromHexString(invitation.Token)),
            CertificateRequest = ByteString.CopyFrom(certificateRequest),
            CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(certificateRequest, Convert.FromHexString(invitation.GenesisHash), keys.Member)),
            MemberJoined = statement,
        };
        try
        {
            EnrolResponse response = await new MembershipService.MembershipServiceClient(broker.Invoker).EnrolAsync(request, deadline: CallDeadline.After(TimeSpan.FromSeconds(30)), cancellationToken: cancellation);
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

    private static void RefuseNode(NodeDirectory directory)
    {
        if (File.Exists(directory.SettingsFile))
        {
            throw new RefusalException(Refusal.Precondition("NODE_EXISTS", "There is a node in this folder already.", directory.Path, "Choose another folder, or run `gateway node run` with this one."));
        }
    }

    private void WriteKeysOnce(NodeDirectory directory)
    {
        directory.Secrets.Found();
        byte[] seed = directory.Secrets.Read(directory.SeedFile) ?? random.GetBytes(MemberKeys.SeedSize);
        if (!File.Exists(directory.SeedFile)) directory.Secrets.Write(directory.SeedFile, seed);
        CryptographicOperations.ZeroMemory(seed);
    }
}
