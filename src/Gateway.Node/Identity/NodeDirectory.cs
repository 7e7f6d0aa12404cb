using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Storage.Secrets;

namespace Gateway.Node.Identity;

/// <summary>The folder of a node: what lies in it under which name. Key files are readable by their owner alone, and sealed where a passphrase or a secret file was given when the node was made.</summary>
/// <param name="path">The folder.</param>
/// <param name="secret">What opens the sealed files; null for a folder that is not sealed. Stays the caller's.</param>
/// <param name="random">Salts and nonces; the system's unless given.</param>
public sealed class NodeDirectory(string path, SealingSecret? secret = null, RandomSource? random = null)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The files that hold keys.</summary>
    public SecretFolder Secrets { get; } = new(path, secret, random ?? RandomSource.System);

    /// <summary>All of them, for what concerns every one.</summary>
    public IReadOnlyCollection<string> SecretFiles => [SeedFile, TlsKeyFile];

    /// <summary>Settings: node.json.</summary>
    public string SettingsFile => Of("node.json");

    /// <summary>The member seed, 32 bytes.</summary>
    public string SeedFile => Of("member.key");

    /// <summary>The application that states the member's public keys.</summary>
    public string ApplicationFile => Of("application.json");

    /// <summary>The TLS key, PKCS #8 PEM.</summary>
    public string TlsKeyFile => Of("tls.key");

    /// <summary>The TLS certificate, PEM.</summary>
    public string CertificateFile => Of("tls.crt");

    /// <summary>The network's certificate authorities, PEM: the invitation's, then those of the log.</summary>
    public string AuthorityFile => Of("network-ca.crt");

    /// <summary>An authority that people have trusted by hand, PEM; there until the log names it.</summary>
    public string TrustedFile => Of("trusted-ca.crt");

    /// <summary>The newest list of denied certificates.</summary>
    public string DenyListFile => Of("deny-list");

    /// <summary>The store.</summary>
    public string StoreFile => Of("node.db");

    /// <summary>A copy of what a start needs of the store; may be deleted at any time.</summary>
    public string IndexFile => Of("node.index");

    /// <summary>How far the node has come in the log, noted outside the store: tells a store that was put back from a backup.</summary>
    public string HighWaterFile => Of("high-water");

    /// <summary>The local API's socket.</summary>
    public string SocketFile => Of("node.sock");

    /// <summary>The bearer token of the local API's TCP port, hex.</summary>
    public string TokenFile => Of("api-token.key");

    /// <summary>Held by the process that runs this node.</summary>
    public string LockFile => Of("node.lock");

    /// <summary>Makes the folder, for its owner alone.</summary>
    public void Create()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Path);
        else Directory.CreateDirectory(Path, OwnerOnly | UnixFileMode.UserExecute);
        Close();
    }

    /// <summary>
    /// Closes the folder to all but its owner, also where it was made by somebody else before. What is made in it afterwards, such as the local API's socket, can be reached by nobody else
    /// at any moment, whatever mode it is made with.
    /// </summary>
    public void Close()
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Writes a file that only its owner may read, whole or not at all.</summary>
    public static void WriteSecret(string file, ReadOnlySpan<byte> content) => Write(file, content, OwnerOnly);

    /// <summary>Writes a file, whole or not at all: a node that is killed meanwhile finds the old one.</summary>
    public static void WriteWhole(string file, ReadOnlySpan<byte> content) => Write(file, content, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    private static void Write(string file, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        string temporary = file + ".new";
        File.Delete(temporary);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        using (FileStream stream = new(temporary, options))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>
    /// Seals the keys under another passphrase or secret, and forgets the TLS key: at its next start the node gets a certificate for a new one. For whoever holds the folder's lock; a stop in
    /// between leaves the keys to the old or to the new one.
    /// </summary>
    /// <exception cref="RefusalException">The folder does not open, or the new passphrase is too short.</exception>
    public void Rekey(SealingSecret next)
    {
        Secrets.Rekey(next, SecretFiles);
        File.Delete(TlsKeyFile);
    }

    /// <summary>Reads the member's keys from the seed file. The caller disposes them.</summary>
    /// <exception cref="RefusalException">The file is missing or is not a seed.</exception>
    public MemberKeys ReadKeys()
    {
        byte[] seed = Secrets.Read(SeedFile) ?? throw new RefusalException(Refusal.Precondition("NODE_NOT_INITIALISED", "There is no node in this folder.", Path, "Run `gateway node init` first."));
        try
        {
            return seed.Length == MemberKeys.SeedSize
                ? MemberKeys.FromSeed(seed)
                : throw new RefusalException(Refusal.DataLoss("SEED_UNREADABLE", "The seed file does not hold 32 bytes.", SeedFile, "Restore it from your backup: without it this node cannot act as the member."));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="RefusalException">They are missing or unreadable.</exception>
    public NodeSettings ReadSettings()
    {
        if (!File.Exists(SettingsFile)) throw new RefusalException(Refusal.Precondition("NODE_NOT_INITIALISED", "There is no node in this folder.", Path, "Run `gateway node init` first."));
        try
        {
            NodeSettings settings = JsonSerializer.Deserialize(File.ReadAllText(SettingsFile), NodeSettingsJson.Default.NodeSettings) ?? throw new JsonException("it is null");
            settings.Validate();
            return settings;
        }
        catch (JsonException fault)
        {
            throw new RefusalException(Refusal.Invalid("SETTINGS_UNREADABLE", $"The settings cannot be read: {fault.Message}.", SettingsFile, "Correct the file."));
        }
    }

    /// <summary>Writes the settings.</summary>
    public void WriteSettings(NodeSettings settings) => WriteWhole(SettingsFile, JsonSerializer.SerializeToUtf8Bytes(settings, NodeSettingsJson.Default.NodeSettings));

    private string Of(string name) => System.IO.Path.Combine(Path, name);
}
