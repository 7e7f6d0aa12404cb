using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Protocol.Tests;

/// <summary>A committed JSON file that tests compare with. GATEWAY_WRITE_VECTORS=1 writes it anew into the source folder: read vectors/README.md before.</summary>
internal static class VectorFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static SortedDictionary<string, string> Read(string name, Func<SortedDictionary<string, string>> make)
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_VECTORS") == "1") File.WriteAllText(PathOf(name), JsonSerializer.Serialize(make(), Indented) + "\n");
        return new(JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(PathOf(name)))!, StringComparer.Ordinal);
    }

    /// <summary>Folder of the whole project.</summary>
    public static string Root
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) folder = folder.Parent;
            return folder?.FullName ?? throw new InvalidOperationException($"No Gateway.sln stands above {AppContext.BaseDirectory}: run the tests inside the project.");
        }
    }

    private static string PathOf(string name) => Path.Combine(Root, "tests", "Gateway.Protocol.Tests", "vectors", name);
}
