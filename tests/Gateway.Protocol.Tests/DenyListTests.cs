using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>The signed list of denied certificates at who verifies them.</summary>
public sealed class DenyListTests
{
    private static readonly byte[] Genesis = Sample.Bytes("genesis");
    private static readonly long Now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private readonly SigningKey _log = SigningKey.FromSeed(Sample.Bytes("log"));

    [Fact]
    public void What_the_list_names_is_denied_by_key_or_by_member_and_nothing_else()
    {
        using X509Certificate2 denied = Certificate(), other = Certificate();
        MemberId member = MemberId.FromBytes(Sample.Bytes("member").AsSpan(0, 16));
        DenyListHolder holder = NewHolder();
        Assert.False(holder.IsDenied(denied, member));
        Assert.True(holder.IsStale);
        Assert.Null(holder.Accept(Sign(List(1, [denied], [member]))));
        Assert.True(holder.IsDenied(denied, null));
        Assert.True(holder.IsDenied(null, member));
        Assert.True(holder.IsDenied(other, member));
        Assert.False(holder.IsDenied(other, null));
        Assert.False(holder.IsStale);
    }

    [Fact]
    public void A_list_with_a_lower_number_or_another_of_the_same_is_a_rollback()
    {
        using X509Certificate2 denied = Certificate();
        DenyListHolder holder = NewHolder();
        Assert.Null(holder.Accept(Sign(List(5, [denied], []))));
        Assert.Equal("DENY_LIST_ROLLED_BACK", holder.Accept(Sign(List(4, [], [])))?.Code);
        Assert.Equal("DENY_LIST_ROLLED_BACK", holder.Accept(Sign(List(5, [], [])))?.Code);
        Assert.Null(holder.Accept(Sign(List(5, [denied], []))));
        Assert.True(holder.IsDenied(denied, null));
        Assert.Null(holder.Accept(Sign(List(6, [], []))));
        Assert.False(holder.IsDenied(denied, null));
    }

    [Fact]
    public void An_ended_list_is_not_taken_but_one_kept_over_a_restart_still_denies_and_still_counts()
    {
        using X509Certificate2 denied = Certificate();
        DenyList ended = List(7, [denied], []);
        ended.ExpiresAt = Now - 1;
        DenyListHolder holder = NewHolder();
        Assert.Equal("DENY_LIST_EXPIRED", holder.Accept(Sign(ended))?.Code);
        Assert.False(holder.IsDenied(denied, null));
        Assert.Null(holder.Resume(Sign(ended)));
        Assert.True(holder.IsDenied(denied, null));
        Assert.True(holder.IsStale);
        Assert.Equal("DENY_LIST_ROLLED_BACK", holder.Accept(Sign(List(6, [], [])))?.Code);
    }

    [Fact]
    public void A_list_of_another_key_network_or_form_is_none()
    {
        DenyList list = List(1, [], []);
        using SigningKey other = SigningKey.FromSeed(Sample.Bytes("other"));
        Assert.Equal("DENY_LIST_UNREADABLE", NewHolder().Accept(DenyListHolder.Sign(list, Genesis, other))?.Code);
        Assert.Equal("DENY_LIST_UNREADABLE", NewHolder().Accept(DenyListHolder.Sign(list, Sample.Bytes("other genesis"), _log))?.Code);
        Assert.Equal("DENY_LIST_UNREADABLE", NewHolder().Accept(null)?.Code);
        Assert.Equal("DENY_LIST_UNREADABLE", NewHolder().Accept(Sign(List(0, [], [])))?.Code);
        list.KeyHashes.Add(ByteString.CopyFrom(new byte[31]));
        Assert.Equal("DENY_LIST_UNREADABLE", NewHolder().Accept(Sign(list))?.Code);

        // Nothing else that the log key signs is taken for a list.
        SignedDenyList altered = Sign(List(1, [], []));
        altered.Signature = ByteString.CopyFrom(_log.Sign(altered.Body.Span));
        Assert.Equal("DENY_LIST_UNREADABLE", NewHolder().Accept(altered)?.Code);
    }

    private DenyListHolder NewHolder() => new(Genesis, _log.PublicKey, TimeProvider.System);

    private SignedDenyList Sign(DenyList list) => DenyListHolder.Sign(list, Genesis, _log);

    private static DenyList List(ulong number, X509Certificate2[] certificates, MemberId[] members) => new()
    {
        Number = number,
        IssuedAt = Now,
        ExpiresAt = Now + 3_600,
        KeyHashes = { certificates.Select(certificate => ByteString.CopyFrom(DenyListHolder.KeyHash(certificate))) },
        MemberIds = { members.Select(member => ByteString.CopyFrom(member.ToArray())) },
    };

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
    }
}
