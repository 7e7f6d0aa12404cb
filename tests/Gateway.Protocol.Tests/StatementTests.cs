using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

public sealed class StatementTests
{
    private static readonly byte[] Genesis = Sample.Bytes("genesis");
    private static readonly CircleMember Message = new() { CircleId = ByteString.CopyFrom(Sample.Circle.ToArray()), Change = CircleMemberChange.Added };

    [Fact]
    public void A_signature_holds_for_its_message_name_network_and_body_only()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed), other = MemberKeys.FromSeed(Sample.Bytes("other"));
        SignedStatement statement = Statements.Sign(Message, Genesis, Sample.Member, keys.Member);
        StatementSignature signature = statement.Signatures.Single();
        byte[] body = statement.Body.ToByteArray();
        Assert.True(Statements.Verify("CircleMember", body, signature, Genesis, keys.Member.PublicKey));
        Assert.False(Statements.Verify("KeyEpoch", body, signature, Genesis, keys.Member.PublicKey));
        Assert.False(Statements.Verify("CircleMember", body, signature, TamperingCases.Flip(Genesis, 0), keys.Member.PublicKey));
        Assert.False(Statements.Verify("CircleMember", TamperingCases.Flip(body, 3), signature, Genesis, keys.Member.PublicKey));
        Assert.False(Statements.Verify("CircleMember", body, signature, Genesis, other.Member.PublicKey));
        Assert.False(Statements.Verify("CircleMember", body, new StatementSignature { Signature = ByteString.CopyFrom(new byte[63]) }, Genesis, keys.Member.PublicKey));
    }

    [Fact]
    public void Signers_are_counted_once_and_only_where_their_signature_holds()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed), other = MemberKeys.FromSeed(Sample.Bytes("other"));
        MemberId second = MemberId.FromBytes(Sample.Bytes("second").AsSpan(0, 16)), unknown = MemberId.FromBytes(new byte[16]);
        SignedStatement statement = Statements.Sign(Message, Genesis, Sample.Member, keys.Member);
        statement.Signatures.Add(statement.Signatures[0].Clone());
        statement.Signatures.Add(Statements.Sign("CircleMember", statement.Body.Span, Genesis, second, keys.Member));
        statement.Signatures.Add(Statements.Sign("CircleMember", statement.Body.Span, Genesis, unknown, other.Member));
        statement.Signatures.Add(new StatementSignature { MemberId = ByteString.CopyFrom([1]) });
        IReadOnlySet<MemberId> Signers() => Statements.ValidSigners(statement, "CircleMember", Genesis, id => id == Sample.Member ? keys.Member.PublicKey : id == second ? other.Member.PublicKey : null);
        Assert.Equal([Sample.Member], Signers());
        statement.Signatures.Add(Statements.Sign("CircleMember", statement.Body.Span, Genesis, second, other.Member));
        Assert.Equal(2, Signers().Count);
    }

    [Fact]
    public void A_body_is_read_where_it_is_the_message_and_not_where_it_is_none()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        Assert.True(Statements.TryRead(Statements.Sign(Message, Genesis, Sample.Member, keys.Member), CircleMember.Parser, out CircleMember? read));
        Assert.Equal(Message, read);
        Assert.False(Statements.TryRead(new SignedStatement { Body = ByteString.CopyFrom([255]) }, CircleMember.Parser, out read));
    }
}
