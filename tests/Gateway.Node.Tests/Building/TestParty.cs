using System.Security.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Tests.Building;

/// <summary>A member of a network that is made of bytes alone.</summary>
internal sealed class TestParty(string name, MemberRole role)
{
    public string Name { get; } = name;

    public MemberRole Role { get; } = role;

    public MemberId Id { get; } = MemberId.FromBytes(RandomNumberGenerator.GetBytes(16));

    public MemberKeys Keys { get; } = MemberKeys.FromSeed(RandomNumberGenerator.GetBytes(32));

    public ByteString IdBytes => ByteString.CopyFrom(Id.ToArray());

    public MemberJoined Joined => new()
    {
        MemberId = IdBytes,
        Name = Name,
        Role = Role,
        MemberPk = ByteString.CopyFrom(Keys.Member.PublicKey.ToArray()),
        BoxPk = ByteString.CopyFrom(Keys.Box.PublicKey.ToArray()),
        NodePk = ByteString.CopyFrom(Keys.Node.PublicKey.ToArray()),
    };
}
