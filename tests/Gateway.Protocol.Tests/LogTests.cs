using FsCheck;
using FsCheck.Fluent;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;

namespace Gateway.Protocol.Tests;

public sealed class LogTests
{
    private const string Network = "net.gateway.example";

    [Fact]
    public void A_checkpoint_of_the_log_opens_as_what_was_signed()
    {
        using SigningKey key = SigningKey.FromSeed(Sample.Bytes("log"));
        Checkpoint checkpoint = new(Network, 42, TreeHash.FromBytes(Sample.Bytes("root")));
        byte[] note = SignedNote.Sign(checkpoint.ToText(), new LogSigner(Network, key)).ToBytes();
        Assert.Equal(checkpoint, new LogVerifier(Network, key.PublicKey).Open(note, out string? fault));
        Assert.Null(fault);
    }

    [Fact]
    public void A_checkpoint_of_another_origin_or_key_is_refused_with_the_reason()
    {
        using SigningKey key = SigningKey.FromSeed(Sample.Bytes("log")), otherKey = SigningKey.FromSeed(Sample.Bytes("other log"));
        TreeHash root = TreeHash.FromBytes(Sample.Bytes("root"));
        LogVerifier verifier = new(Network, key.PublicKey);
        Refused("of another network", new Checkpoint("other.example", 42, root).ToText(), new LogSigner(Network, key));
        Refused("not signed", new Checkpoint(Network, 42, root).ToText(), new LogSigner(Network, otherKey));
        Refused("not signed", new Checkpoint(Network, 42, root).ToText(), new LogSigner("other.example", key));
        Refused("extension lines", new Checkpoint(Network, 42, root).ToText() + "more\n", new LogSigner(Network, key));
        Refused("three lines", "hello\n", new LogSigner(Network, key));
        Assert.Null(verifier.Open([], out string? fault));
        Assert.NotNull(fault);

        void Refused(string reason, string text, LogSigner signer)
        {
            Assert.Null(verifier.Open(SignedNote.Sign(text, signer).ToBytes(), out string? why));
            Assert.Contains(reason, why, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_checkpoint_with_any_bit_changed_is_refused()
    {
        using SigningKey key = SigningKey.FromSeed(Sample.Bytes("log"));
        LogVerifier verifier = new(Network, key.PublicKey);
        byte[] note = SignedNote.Sign(new Checkpoint(Network, 42, TreeHash.FromBytes(Sample.Bytes("root"))).ToText(), new LogSigner(Network, key)).ToBytes();
        for (int bit = 0; bit < note.Length * 8; bit++)
        {
            byte[] flipped = [.. note];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(verifier.Open(flipped, out string? fault));
            Assert.NotNull(fault);
        }
    }

    [Fact]
    public void A_leaf_commits_to_its_entry_and_salt_and_shows_its_route_to_who_holds_the_route_key()
    {
        using CircleKey circle = Sample.CircleKey();
        Prop.ForAll<ulong, byte[], byte[]>((index, entry, random) =>
        {
            byte[] salt = Plain.Sha(random)[..16], leaf = LeafData.Of(index, circle.RouteKey, salt, entry), wide = LeafData.Of(index, null, salt, entry);
            return LeafData.IsWellFormed(leaf) && leaf.Length == 49 && !LeafData.IsNetworkWide(leaf) && LeafData.IsNetworkWide(wide)
                && LeafData.CommitsTo(leaf, salt, entry) && LeafData.CommitsTo(wide, salt, entry)
                && !LeafData.CommitsTo(leaf, salt, [.. entry, 0])
                && !LeafData.CommitsTo(leaf, TamperingCases.Flip(salt, 0), entry)
                && !LeafData.CommitsTo(leaf, salt.AsSpan(1), entry)
                && !LeafData.CommitsTo(leaf.AsSpan(1), salt, entry)
                && !LeafData.CommitsTo([2, .. leaf[1..]], salt, entry)
                && circle.RouteKey.Matches(index, LeafData.RouteOf(leaf))
                && !circle.RouteKey.Matches(index + 1, LeafData.RouteOf(leaf))
                && !circle.RouteKey.Matches(index, LeafData.RouteOf(wide));
        }).QuickCheckThrowOnFailure();
    }
}
