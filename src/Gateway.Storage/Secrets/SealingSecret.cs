using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;

namespace Gateway.Storage.Secrets;

/// <summary>What opens the keys of a folder: a passphrase that a person knows, or a secret of random bytes that a container is given. Zeroed when disposed.</summary>
public sealed class SealingSecret : IDisposable
{
    /// <summary>Fewest bytes of a new passphrase.</summary>
    public const int MinimumPassphrase = 12;

    /// <summary>Fewest bytes of a secret.</summary>
    public const int MinimumSecret = 32;

    /// <summary>Most bytes of either.</summary>
    public const int Maximum = 64 * 1_024;

    private readonly byte[] _bytes;

    private SealingSecret(SealingMethod method, ReadOnlySpan<byte> bytes)
    {
        Method = method;
        _bytes = GC.AllocateArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(_bytes);
    }

    /// <summary>How it becomes a key.</summary>
    public SealingMethod Method { get; }

    /// <summary>A passphrase, as the bytes that were typed: it is not normalised.</summary>
    /// <exception cref="RefusalException">It is empty or longer than 64 KiB.</exception>
    public static SealingSecret FromPassphrase(ReadOnlySpan<byte> utf8) => utf8.Length is > 0 and <= Maximum
        ? new SealingSecret(SealingMethod.Passphrase, utf8)
        : throw new RefusalException(Refusal.Invalid("PASSPHRASE_INVALID", "The passphrase is empty, or longer than 64 KiB.", "passphrase", "Give one line of text."));

    /// <summary>Random bytes.</summary>
    /// <exception cref="RefusalException">They are fewer than 32 or more than 64 KiB.</exception>
    public static SealingSecret FromSecret(ReadOnlySpan<byte> secret) => secret.Length is >= MinimumSecret and <= Maximum
        ? new SealingSecret(SealingMethod.SecretFile, secret)
        : throw new RefusalException(Refusal.Invalid(
            "SECRET_FILE_INVALID", $"The secret has {secret.Length} bytes; {MinimumSecret} random ones are needed at least, 64 KiB are the most.", "secret file", "Make one, e.g. with `openssl rand -out FILE 32`."));

    /// <summary>The key for one salt: Argon2id for a passphrase, HKDF for a secret, which is random already.</summary>
    internal void DeriveKey(ReadOnlySpan<byte> salt16, int memoryKiB, int passes, Span<byte> key32)
    {
        if (Method == SealingMethod.Passphrase) Argon2id.DeriveKey(_bytes, salt16, memoryKiB, passes, key32);
        else Hkdf.DeriveKey(_bytes, SealedBytes.SecretLabel, key32, salt16);
    }

    /// <summary>Refuses what is too easily guessed to seal anything anew.</summary>
    internal void RequireGoodEnough()
    {
        if (Method == SealingMethod.Passphrase && _bytes.Length < MinimumPassphrase)
        {
            throw new RefusalException(Refusal.Invalid("PASSPHRASE_TOO_SHORT", $"The passphrase has {_bytes.Length} bytes; {MinimumPassphrase} are needed at least.", "passphrase", "Use some words that nobody would put together."));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    /// <summary>Its kind, never its bytes.</summary>
    public override string ToString() => Method == SealingMethod.Passphrase ? "a passphrase" : "a secret file";
}

/// <summary>How the key of a sealed file is derived. The number stands in the file.</summary>
public enum SealingMethod
{
    /// <summary>Argon2id of a passphrase.</summary>
    Passphrase = 1,

    /// <summary>HKDF of a secret of random bytes.</summary>
    SecretFile = 2,

    /// <summary>HKDF of the folder's key, which is sealed itself.</summary>
    FolderKey = 3,
}
