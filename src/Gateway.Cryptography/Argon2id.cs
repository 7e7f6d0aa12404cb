using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>Turns a passphrase into a key slowly and in much memory, so that guessing costs (Argon2id version 1.3, RFC 9106, one lane).</summary>
public static class Argon2id
{
    /// <summary>Bytes of a salt.</summary>
    public const int SaltSize = 16;

    /// <summary>The least memory, in KiB.</summary>
    public const int MinimumMemoryKiB = 8;

    private const int MinimumOutput = 16;
    private const int Version13 = 2; // crypto_pwhash_ALG_ARGON2ID13

    /// <summary>Fills the whole of <paramref name="key"/>. 64 MiB in 3 passes take about 200 ms on one core; store salt, memory and passes beside what the key seals.</summary>
    /// <param name="passphrase">UTF-8, normalised by the caller.</param>
    /// <param name="salt16">16 random bytes.</param>
    /// <param name="memoryKiB">Memory to fill, in KiB (1,024 bytes), at least <see cref="MinimumMemoryKiB"/>.</param>
    /// <param name="passes">Passes over the memory, at least 1.</param>
    /// <param name="key">At least 16 bytes.</param>
    /// <exception cref="ArgumentException">An argument is out of its range.</exception>
    /// <exception cref="CryptographicException">The memory asked for could not be had.</exception>
    public static void DeriveKey(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt16, int memoryKiB, int passes, Span<byte> key)
    {
        Require.Size(salt16.Length, SaltSize, nameof(salt16));
        ArgumentOutOfRangeException.ThrowIfLessThan(memoryKiB, MinimumMemoryKiB);
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        if (key.Length < MinimumOutput)
        {
            throw new ArgumentException($"A key derived by Argon2id has at least {MinimumOutput} bytes; {key.Length} were asked for.", nameof(key));
        }

        if (Libsodium.crypto_pwhash(
            key, (ulong)key.Length, passphrase, (ulong)passphrase.Length, salt16, (ulong)passes, (nuint)memoryKiB * 1024, Version13) != 0)
        {
            CryptographicOperations.ZeroMemory(key);
            throw new CryptographicException($"Argon2id could not be run with {memoryKiB} KiB and {passes} passes: the memory could not be had.");
        }
    }
}
