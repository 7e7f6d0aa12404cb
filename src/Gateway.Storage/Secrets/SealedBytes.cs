using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;

namespace Gateway.Storage.Secrets;

/// <summary>
/// The bytes of a sealed file: header[41] = "gateway/sealed" 00 ‖ u8 version ‖ u8 method ‖ u32 memory in KiB ‖ u32 passes ‖ salt[16]; nonce[24]; then
/// XChaCha20-Poly1305 of the content, with header ‖ name as associated data. Numbers are big-endian (docs/formats.md).
/// </summary>
public static class SealedBytes
{
    /// <summary>Memory that Argon2id fills for a new seal, in KiB: 64 MiB. A file that asks for less is refused.</summary>
    public const int MemoryKiB = 65_536;

    /// <summary>Passes of Argon2id for a new seal. A file that asks for fewer is refused.</summary>
    public const int Passes = 3;

    internal const string SecretLabel = "gateway/v1/sealed/secret";
    private const string FileLabel = "gateway/v1/sealed/file";
    private const byte Version = 1;
    private const int MethodAt = 16, MemoryAt = 17, PassesAt = 21, SaltAt = 25, HeaderSize = 41;
    private const int ShortestFile = HeaderSize + XChaCha20Poly1305.NonceSize + XChaCha20Poly1305.TagSize;
    private const int MostMemoryKiB = 4 * 1_024 * 1_024, MostPasses = 64;

    private static ReadOnlySpan<byte> Magic => "gateway/sealed\0"u8;

    /// <summary>Whether bytes begin as a sealed file does.</summary>
    public static bool Begins(ReadOnlySpan<byte> file) => file.StartsWith(Magic);

    /// <summary>How a sealed file is opened; null for bytes that are none.</summary>
    public static SealingMethod? MethodOf(ReadOnlySpan<byte> file) => Begins(file) && file.Length > MethodAt ? (SealingMethod)file[MethodAt] : null;

    /// <summary>Seals under a passphrase or a secret.</summary>
    /// <exception cref="RefusalException">PASSPHRASE_TOO_SHORT.</exception>
    public static byte[] Seal(SealingSecret secret, string name, ReadOnlySpan<byte> content, RandomSource random)
    {
        secret.RequireGoodEnough();
        bool slow = secret.Method == SealingMethod.Passphrase;
        byte[] header = Header(secret.Method, slow ? MemoryKiB : 0, slow ? Passes : 0, random);
        Span<byte> key = stackalloc byte[XChaCha20Poly1305.KeySize];
        secret.DeriveKey(header.AsSpan(SaltAt), MemoryKiB, Passes, key);
        return Seal(header, key, name, content, random);
    }

    /// <summary>Opens what was sealed under a passphrase or a secret.</summary>
    /// <exception cref="RefusalException">It is of another kind, was altered, or is sealed under another passphrase or secret: which of the last two cannot be told.</exception>
    public static byte[] Open(SealingSecret secret, string name, ReadOnlySpan<byte> file)
    {
        SealingMethod method = Check(name, file);
        if (method != secret.Method)
        {
            string wanted = method == SealingMethod.Passphrase ? "a passphrase" : "a secret file";
            throw new RefusalException(Refusal.Precondition("SEAL_METHOD", $"The keys are sealed by {wanted}, and {secret} was given.", name, $"Give {wanted}: --{(method == SealingMethod.Passphrase ? "passphrase" : "secret")}-file."));
        }

        Span<byte> key = stackalloc byte[XChaCha20Poly1305.KeySize];
        secret.DeriveKey(file[SaltAt..HeaderSize], (int)BinaryPrimitives.ReadUInt32BigEndian(file[MemoryAt..]), (int)BinaryPrimitives.ReadUInt32BigEndian(file[PassesAt..]), key);
        return Open(key, name, file) ?? throw new RefusalException(Refusal.Denied(
            "SEAL_NOT_OPENED", $"The keys do not open: {secret} other than the one that sealed them, or the file was altered.", name, "Give the right one; if it is, restore the file from a backup."));
    }

    /// <summary>Seals under a folder's key.</summary>
    internal static byte[] SealUnder(ReadOnlySpan<byte> folderKey, string name, ReadOnlySpan<byte> content, RandomSource random)
    {
        byte[] header = Header(SealingMethod.FolderKey, 0, 0, random);
        Span<byte> key = stackalloc byte[XChaCha20Poly1305.KeySize];
        Hkdf.DeriveKey(folderKey, FileLabel, key, header.AsSpan(SaltAt));
        return Seal(header, key, name, content, random);
    }

    /// <summary>Opens what was sealed under a folder's key; null where it is not, or was altered.</summary>
    internal static byte[]? OpenUnder(ReadOnlySpan<byte> folderKey, string name, ReadOnlySpan<byte> file)
    {
        if (MethodOf(file) != SealingMethod.FolderKey || file.Length < ShortestFile) return null;
        Check(name, file);
        Span<byte> key = stackalloc byte[XChaCha20Poly1305.KeySize];
        Hkdf.DeriveKey(folderKey, FileLabel, key, file[SaltAt..HeaderSize]);
        return Open(key, name, file);
    }

    private static byte[] Seal(byte[] header, Span<byte> key, string name, ReadOnlySpan<byte> content, RandomSource random)
    {
        byte[] nonce = random.GetBytes(XChaCha20Poly1305.NonceSize);
        byte[] box = XChaCha20Poly1305.Encrypt(key, nonce, content, [.. header, .. Encoding.UTF8.GetBytes(name)]);
        CryptographicOperations.ZeroMemory(key);
        return [.. header, .. nonce, .. box];
    }

    private static byte[]? Open(Span<byte> key, string name, ReadOnlySpan<byte> file)
    {
        int boxAt = HeaderSize + XChaCha20Poly1305.NonceSize;
        bool opens = XChaCha20Poly1305.TryDecrypt(key, file[HeaderSize..boxAt], file[boxAt..], [.. file[..HeaderSize], .. Encoding.UTF8.GetBytes(name)], out byte[] content);
        CryptographicOperations.ZeroMemory(key);
        return opens ? content : null;
    }

    private static byte[] Header(SealingMethod method, int memoryKiB, int passes, RandomSource random)
    {
        byte[] header = new byte[HeaderSize];
        Magic.CopyTo(header);
        header[Magic.Length] = Version;
        header[MethodAt] = (byte)method;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(MemoryAt), (uint)memoryKiB);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(PassesAt), (uint)passes);
        random.Fill(header.AsSpan(SaltAt));
        return header;
    }

    // Whoever can write the file could else have the passphrase be given away to a key that is quickly tried, or the memory of this machine be used up.
    private static SealingMethod Check(string name, ReadOnlySpan<byte> file)
    {
        if (!Begins(file) || file.Length < ShortestFile)
        {
            throw new RefusalException(Refusal.DataLoss("SEAL_UNREADABLE", "The file is no sealed file, or has been cut off.", name, "Restore it from a backup."));
        }

        if (file[Magic.Length] != Version)
        {
            throw new RefusalException(Refusal.Precondition("SEAL_VERSION", $"The file is sealed in version {file[Magic.Length]} of the format; this program knows version {Version}.", name, "Update this program."));
        }

        SealingMethod method = (SealingMethod)file[MethodAt];
        uint memory = BinaryPrimitives.ReadUInt32BigEndian(file[MemoryAt..]), passes = BinaryPrimitives.ReadUInt32BigEndian(file[PassesAt..]);
        bool holds = method switch
        {
            SealingMethod.Passphrase => memory is >= MemoryKiB and <= MostMemoryKiB && passes is >= Passes and <= MostPasses,
            SealingMethod.SecretFile or SealingMethod.FolderKey => memory == 0 && passes == 0,
            _ => false,
        };
        return holds
            ? method
            : throw new RefusalException(Refusal.DataLoss("SEAL_WEAKENED", "The file states a way of sealing that this program never uses: somebody has altered it.", name, "Restore it from a backup, and find out who could write to the folder."));
    }
}
