using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Broker.Certificates;

/// <summary>Certificates and keys in files: PEM, keys readable by the owner only.</summary>
internal static class CertificateFiles
{
    private const string Unfinished = ".new";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file that must not exist yet, readable by the owner only from its first byte on.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static void WriteSecret(string path, ReadOnlySpan<byte> bytes) => Write(path, bytes, FileMode.CreateNew);

    /// <summary>Writes a file readable by the owner only; it replaces an older one in one step, and is on the disk when this returns.</summary>
    public static void ReplaceSecret(string path, ReadOnlySpan<byte> bytes)
    {
        File.Delete(path + Unfinished);
        Write(path + Unfinished, bytes, FileMode.CreateNew);
        File.Move(path + Unfinished, path, overwrite: true);

        // .NET cannot flush a folder; a flush of the renamed file brings the rename to the disk with it on the file systems in use.
        using FileStream renamed = new(path, FileMode.Open, FileAccess.Write);
        renamed.Flush(flushToDisk: true);
    }

    /// <summary>Overwrites a file and deletes it. What a file system or a disk keeps of its own is not in our hands.</summary>
    public static void Destroy(string path)
    {
        if (!File.Exists(path)) return;
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write))
        {
            file.Write(new byte[file.Length]);
            file.Flush(flushToDisk: true);
        }

        File.Delete(path);
    }

    /// <summary>Writes certificate and key as two PEM files; each replaces an older one in one step. A stop between the two steps leaves a pair that does not fit.</summary>
    public static void Replace(string certificatePath, string keyPath, X509Certificate2 certificate, ECDsa key)
    {
        DeleteUnfinished(certificatePath, keyPath);
        byte[] pem = Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem());
        Write(keyPath + Unfinished, pem, FileMode.CreateNew);
        CryptographicOperations.ZeroMemory(pem);
        Write(certificatePath + Unfinished, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()), FileMode.CreateNew);
        File.Move(keyPath + Unfinished, keyPath, overwrite: true);
        File.Move(certificatePath + Unfinished, certificatePath, overwrite: true);
    }

    /// <summary>Removes what a replacement that was cut short has left.</summary>
    public static void DeleteUnfinished(string certificatePath, string keyPath)
    {
        File.Delete(keyPath + Unfinished);
        File.Delete(certificatePath + Unfinished);
    }

    private static void Write(string path, ReadOnlySpan<byte> bytes, FileMode mode)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using FileStream file = new(path, options);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }
}
