using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography.Tests;

public sealed class SodiumTests
{
    [Fact]
    public void The_library_says_which_it_is_and_where_it_came_from()
    {
        Assert.True(Version.Parse(Sodium.Version) >= new Version(1, 0, 18), Sodium.Version);
        Assert.Contains("libsodium", Sodium.LoadedFrom, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_library_names_what_was_tried_and_the_command_that_installs_it()
    {
        var error = Assert.Throws<SodiumNotFoundException>(() => SodiumLibrary.Load(["libsodium-that-is-not-there.so.1"]));
        Assert.Contains("libsodium-that-is-not-there.so.1", error.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install -y libsodium23", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_outside_ASCII_and_lengths_outside_the_RFC_are_refused()
    {
        byte[] key = new byte[32];
        Assert.Throws<ArgumentException>(() => Hkdf.DeriveKey(key, "clé"));
        Assert.Throws<ArgumentException>(() => Hkdf.Expand(key, "clé", 32));
        Assert.ThrowsAny<ArgumentException>(() => Hkdf.DeriveKey(key, "label", 0));
        Assert.ThrowsAny<ArgumentException>(() => Hkdf.DeriveKey(key, "label", Hkdf.MaximumOutput + 1));
        Assert.ThrowsAny<ArgumentException>(() => Hkdf.Expand(key.AsSpan(1), "label", 32));
        Assert.Equal(Hkdf.MaximumOutput, Hkdf.DeriveKey(key, new string('l', 500), Hkdf.MaximumOutput).Length);
    }

    [Fact]
    public void Buffers_of_a_wrong_size_are_refused_before_libsodium_sees_them()
    {
        using SigningKey key = SigningKey.FromSeed(new byte[32]);
        byte[] k32 = new byte[32], n24 = new byte[24];
        Assert.Throws<ArgumentException>(() => key.Sign("m"u8, new byte[63]));
        Assert.Throws<ArgumentException>(() => SigningKey.FromSeed(new byte[33]));
        Assert.Throws<ArgumentException>(() => BoxKey.FromSeed(new byte[31]));
        Assert.Throws<ArgumentException>(() => SipHash.Hash64(k32, "m"u8));
        Assert.Throws<ArgumentException>(() => SipHash.Hash128(k32, "m"u8));
        Assert.Throws<ArgumentException>(() => X25519.TryAgree(k32, k32, new byte[31]));
        Assert.Throws<ArgumentException>(() => X25519.TryAgree(k32, new byte[31], k32));
        Assert.Throws<ArgumentException>(() => X25519.TryAgree(new byte[33], k32, k32));
        Assert.Throws<ArgumentException>(() => XChaCha20Poly1305.Encrypt(n24, n24, "m"u8, default));
        Assert.Throws<ArgumentException>(() => XChaCha20Poly1305.Encrypt(k32, n24, "m"u8, default, new byte[16]));
        Assert.Throws<ArgumentException>(() => XChaCha20Poly1305.TryDecrypt(k32, n24, new byte[20], default, new byte[5].AsSpan()));
    }
}
