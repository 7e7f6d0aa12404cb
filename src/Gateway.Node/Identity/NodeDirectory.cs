using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
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

    /// <summary>Makes the folder, for its owner alone.</summary>
    public void Create()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Path);
        else Directory.CreateDirectory(Path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Writes a file that only its owner may read, whole or not at all.</summary>
    public static void WriteSecret(string file, ReadOnlySpan<byte> content)
    {
        string temporary = file + ".new";
        File.Delete(temporary);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
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
            NodeSettings settings = JsonSerializer.Deserialize(File.ReadAllText(SettingsFile), NodeSettingsJson.Default.NodeSettings)!;
            settings.Validate();
            return settings;
        }
        catch (JsonException fault)
        {
            throw new RefusalException(Refusal.Invalid("SETTINGS_UNREADABLE", $"The settings cannot be read: {fault.Message}.", SettingsFile, "Correct the file."));
        }
    }

    /// <summary>Writes the settings.</summary>
    public void WriteSettings(NodeSettings settings) => File.WriteAllText(SettingsFile, JsonSerializer.Serialize(settings, NodeSettingsJson.Default.NodeSettings));

    private string Of(string name) => System.IO.Path.Combine(Path, name);
}

/// <summary>Settings of a node, from node.json.</summary>
public sealed record NodeSettings
{
    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    /// <summary>Address of the broker, https://host:port.</summary>
    public required string Broker { get; init; }

    /// <summary>SHA-256 of the Genesis entry, hex: what this node pins.</summary>
    public required string GenesisHash { get; init; }

    /// <summary>This member's id, hex.</summary>
    public required string MemberId { get; init; }

    /// <summary>This member's name.</summary>
    public required string Name { get; init; }

    /// <summary>Loopback port of the local API for systems that cannot use the socket; 0: none.</summary>
    public int ApiPort { get; init; }

    /// <summary>The member's id.</summary>
    [JsonIgnore]
    public MemberId Member => Protocol.MemberId.TryParse(MemberId, out MemberId id) ? id : default;

    /// <summary>Checks all settings and reports every fault at once.</summary>
    /// <exception cref="RefusalException">Something is wrong; all of it is named.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (!Uri.TryCreate(Broker, UriKind.Absolute, out Uri? broker) || broker.Scheme != Uri.UriSchemeHttps) faults.Add("broker is not an https:// address");
        if (!Protocol.MemberId.TryParse(MemberId, out _)) faults.Add("member_id is not 32 hexadecimal digits");
        if (!RecordId.TryParse(GenesisHash, out _)) faults.Add("genesis_hash is not 64 hexadecimal digits");
        if (!Protocol.Identity.SpiffeId.IsNetwork(Network)) faults.Add("network is not a network's name");
        if (ApiPort is < 0 or > 65_535) faults.Add("api_port is not a port");
        if (faults.Count > 0) throw new RefusalException(Refusal.Invalid("SETTINGS_INVALID", $"The settings are wrong: {string.Join("; ", faults)}.", "node.json", "Correct the file."));
    }
}

[JsonSerializable(typeof(NodeSettings))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class NodeSettingsJson : JsonSerializerContext
{
}
