using System.Buffers.Binary;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Storage.Secrets;

namespace Gateway.Storage.Tests.Secrets;

public sealed class SealedBytesTests
{
    private const int MemoryAt = 17, PassesAt = 21;

    private static SealingSecret Passphrase => SealingSecret.FromPassphrase("correct horse battery"u8);

    [Fact]
    public void What_a_passphrase_sealed_opens_by_it_alone_and_under_its_name_alone()
    {
        byte[] file = SealedBytes.Seal(Passphrase, "a.key", "content"u8, RandomSource.System);
        Assert.Equal("content"u8.ToArray(), SealedBytes.Open(Passphrase, "a.key", file));
        Assert.Equal(-1, file.AsSpan().IndexOf("content"u8));
        Assert.Equal("SEAL_NOT_OPENED", CodeOf(() => SealedBytes.Open(SealingSecret.FromPassphrase("correct horse batterz"u8), "a.key", file)));
        Assert.Equal("SEAL_NOT_OPENED", CodeOf(() => SealedBytes.Open(Passphrase, "b.key", file)));
        Assert.Equal("SEAL_METHOD", CodeOf(() => SealedBytes.Open(SealingSecret.FromSecret(new byte[32]), "a.key", file)));
    }

    [Fact]
    public void The_format_is_the_documented_one()
    {
        byte[] file = SealedBytes.Seal(Passphrase, "a.key", "content"u8, RandomSource.System);
        Assert.Equal(41 + 24 + 7 + 16, file.Length);
        Assert.Equal("gateway/sealed\0\u0001\u0001"u8.ToArray(), file[..17]);
        Assert.Equal((65_536u, 3u), (BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(MemoryAt)), BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(PassesAt))));

        byte[] key = new byte[32];
        Argon2id.DeriveKey("correct horse battery"u8, file.AsSpan(25, 16), 65_536, 3, key);
        Assert.True(XChaCha20Poly1305.TryDecrypt(key, file.AsSpan(41, 24), file.AsSpan(65), [.. file[..41], .. "a.key"u8], out byte[] content));
        Assert.Equal("content"u8.ToArray(), content);

        SealingSecret secret = SealingSecret.FromSecret(Samples.Bytes("secret", 1, 40));
        file = SealedBytes.Seal(secret, "a.key", "content"u8, RandomSource.System);
        key = Hkdf.DeriveKey(Samples.Bytes("secret", 1, 40), "gateway/v1/sealed/secret", 32, file.AsSpan(25, 16));
        Assert.True(XChaCha20Poly1305.TryDecrypt(key, file.AsSpan(41, 24), file.AsSpan(65), [.. file[..41], .. "a.key"u8], out content));
        Assert.Equal("content"u8.ToArray(), SealedBytes.Open(secret, "a.key", file));
    }

    [Theory]
    [InlineData(MemoryAt, 8u)]
    [InlineData(MemoryAt, 65_535u)]
    [InlineData(MemoryAt, uint.MaxValue)]
    [InlineData(PassesAt, 1u)]
    [InlineData(PassesAt, 65u)]
    public void Parameters_that_were_weakened_or_that_would_use_up_the_machine_are_refused_before_they_are_used(int at, uint value)
    {
        byte[] file = SealedBytes.Seal(Passphrase, "a.key", "content"u8, RandomSource.System);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at), value);
        Assert.Equal("SEAL_WEAKENED", CodeOf(() => SealedBytes.Open(Passphrase, "a.key", file)));
    }

    [Fact]
    public void Every_single_changed_bit_of_a_file_is_noticed()
    {
        SealingSecret secret = SealingSecret.FromSecret(Samples.Bytes("secret", 1, 32));
        byte[] file = SealedBytes.Seal(secret, "a.key", "content"u8, RandomSource.System);
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            byte[] changed = [.. file];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Contains(CodeOf(() => SealedBytes.Open(secret, "a.key", changed)), (string[])["SEAL_NOT_OPENED", "SEAL_METHOD", "SEAL_WEAKENED", "SEAL_UNREADABLE", "SEAL_VERSION"]);
        }

        for (int length = 0; length < file.Length; length++) Assert.NotNull(CodeOf(() => SealedBytes.Open(secret, "a.key", file.AsSpan(0, length))));
    }

    [Fact]
    public void What_is_easily_guessed_seals_nothing()
    {
        Assert.Equal("PASSPHRASE_TOO_SHORT", CodeOf(() => SealedBytes.Seal(SealingSecret.FromPassphrase("eleven char"u8), "a.key", "content"u8, RandomSource.System)));
        Assert.Equal("PASSPHRASE_INVALID", CodeOf(() => SealingSecret.FromPassphrase([])));
        Assert.Equal("SECRET_FILE_INVALID", CodeOf(() => SealingSecret.FromSecret(new byte[31])));
    }

    private static string CodeOf(Action action) => Assert.Throws<RefusalException>(action).Refusal.Code;

    private static string CodeOf(Func<object> action) => Assert.Throws<RefusalException>(action).Refusal.Code;
}
