using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;

namespace Gateway.Node.Identity;

/// <summary>The folder of a node: what lies in it under which name. Key files are readable by their owner alone.</summary>
public sealed class NodeDirectory(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

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

    /// <summary>The network's certificate authority, PEM.</summary>
    public string AuthorityFile => Of("network-ca.crt");

    /// <summary>The store.</summary>
    public string StoreFile => Of("node.db");

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

    /// <summary>Reads the member's keys from the seed file. The caller disposes them.</summary>
    /// <exception cref="RefusalException">The file is missing or is not a seed.</exception>
    public MemberKeys ReadKeys()
    {
        if (!File.Exists(SeedFile)) throw new RefusalException(Refusal.Precondition("NODE_NOT_INITIALISED", "There is no node in this folder.", Path, "Run `gateway node init` first."));
        byte[] seed = File.ReadAllBytes(SeedFile);
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
