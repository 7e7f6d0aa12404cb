using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Certificates;

/// <summary>Certificates and keys in files: PEM, keys readable by the owner only, and sealed where the folder is.</summary>
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
    public static void Replace(SecretFolder secrets, string certificatePath, string keyPath, X509Certificate2 certificate, ECDsa key)
    {
        byte[] pem = Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem());
        secrets.Write(keyPath, pem);
        CryptographicOperations.ZeroMemory(pem);
        Replace(certificatePath, certificate.ExportCertificatePem());
    }

    /// <summary>Writes certificates in PEM; they replace older ones in one step.</summary>
    public static void Replace(string path, string pem)
    {
        File.Delete(path + Unfinished);
        Write(path + Unfinished, Encoding.ASCII.GetBytes(pem), FileMode.CreateNew);
        File.Move(path + Unfinished, path, overwrite: true);
    }

    /// <summary>Reads a certificate with its key; null where one of the files is not there, cannot be read, or belongs to another.</summary>
    public static X509Certificate2? TryRead(SecretFolder secrets, string certificatePath, string keyPath)
    {
        byte[]? pem = secrets.Read(keyPath);
        if (pem is null || !File.Exists(certificatePath)) return null;
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(certificatePath), Encoding.ASCII.GetString(pem));
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // An elliptic key of another certificate is an ArgumentException, a file that cannot be read a CryptographicException.
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
        }
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
