using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Storage.Backup;

/// <summary>What a backup holds: manifest.json in its folder.</summary>
public sealed record BackupManifest
{
    /// <summary>Name of the manifest's file.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The version of the format: 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Whose backup it is: broker or node.</summary>
    public required string Kind { get; init; }

    /// <summary>The network.</summary>
    public required string Network { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The file of the store: an SQLite file, or what pg_dump wrote.</summary>
    public required string Store { get; init; }

    /// <summary>The PostgreSQL schema that was saved; empty for an SQLite store.</summary>
    public string Schema { get; init; } = "";

    /// <summary>Leaves of the log in the store; null where only the database can tell.</summary>
    public ulong? LogSize { get; init; }

    /// <summary>Root over them, hex; null likewise.</summary>
    public string? LogRoot { get; init; }

    /// <summary>Every file of the backup.</summary>
    public required IReadOnlyList<BackupFile> Files { get; init; }

    /// <summary>Writes the file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BackupManifestJson.Default.BackupManifest);

    /// <summary>Reads the manifest of a folder; null where it has none that can be read.</summary>
    public static BackupManifest? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllText(path), BackupManifestJson.Default.BackupManifest) is { Format: 1 } manifest ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What does not agree between the manifest and its folder: files that are missing, altered or too many.</summary>
    public IReadOnlyList<string> FaultsOf(string folder)
    {
        List<string> faults = [];
        foreach (BackupFile file in Files)
        {
            string path = Path.GetFullPath(file.Name, folder);
            if (!path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)) faults.Add($"{file.Name} lies outside");
            else if (!File.Exists(path)) faults.Add($"{file.Name} is missing");
            else if (BackupFile.Of(folder, path) != file) faults.Add($"{file.Name} was altered");
        }

        HashSet<string> known = [.. Files.Select(file => file.Name), FileName];
        faults.AddRange(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => BackupFile.NameOf(folder, path)).Where(name => !known.Contains(name)).Select(name => $"{name} is not of the backup"));
        return faults;
    }
}

/// <summary>One file of a backup.</summary>
/// <param name="Name">Its path in the folder, with /.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its content, hex.</param>
public sealed record BackupFile(string Name, long Bytes, string Sha256)
{
    /// <summary>A file as it is now.</summary>
    public static BackupFile Of(string folder, string path)
    {
        using FileStream file = File.OpenRead(path);
        return new BackupFile(NameOf(folder, path), file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    internal static string NameOf(string folder, string path) => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
}

[JsonSerializable(typeof(BackupManifest))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class BackupManifestJson : JsonSerializerContext
{
}
