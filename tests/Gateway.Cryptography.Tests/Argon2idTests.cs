using System.Text;

namespace Gateway.Cryptography.Tests;

public sealed class Argon2idTests
{
    // Expected values: the reference implementation's command, Debian package argon2 0~20171227, as
    // printf %s PASSPHRASE | argon2 SALT -id -t PASSES -k KIB -p 1 -l LENGTH -r
    [Theory]
    [InlineData("correct horse battery staple", "sixteen-byte-slt", 8192, 1, "913adb75a819d50fd035be65ed39688b2e5fd74e16db7ee26ef521d391da510d")]
    [InlineData("p", "0123456789abcdef", 8, 2, "973c3a9d542199de885215761e82fe0d")]
    [InlineData("Passwörter ✓", "0123456789abcdef", 65536, 3, "802808d305ccf1349c62e1f7d87f92568ba2213ce4df6d47876448e9ad9dda5620f9d74d8bdfcb836dfa7a7ee9bbab67eff2e7f81cbb27a18b2735135c69e8fc")]
    public void Keys_agree_with_the_reference_implementation(string passphrase, string salt, int memoryKiB, int passes, string expected)
    {
        byte[] key = new byte[expected.Length / 2];
        Argon2id.DeriveKey(Encoding.UTF8.GetBytes(passphrase), Encoding.ASCII.GetBytes(salt), memoryKiB, passes, key);
        Assert.Equal(expected, Convert.ToHexStringLower(key));
    }

    [Fact]
    public void Parameters_out_of_range_are_refused()
    {
        byte[] salt = new byte[Argon2id.SaltSize], key = new byte[32];
        Assert.Throws<ArgumentException>(() => Argon2id.DeriveKey("p"u8, salt.AsSpan(1), 8, 1, key));
        Assert.Throws<ArgumentOutOfRangeException>(() => Argon2id.DeriveKey("p"u8, salt, Argon2id.MinimumMemoryKiB - 1, 1, key));
        Assert.Throws<ArgumentOutOfRangeException>(() => Argon2id.DeriveKey("p"u8, salt, 8, 0, key));
        Assert.Throws<ArgumentException>(() => Argon2id.DeriveKey("p"u8, salt, 8, 1, key.AsSpan(0, 15)));
    }
}
