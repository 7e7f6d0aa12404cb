using System.Xml.Linq;

namespace Gateway.EndToEnd;

public sealed class ArchitectureTests
{
    /// <summary>The only arrows there may be between the projects of the product.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Gateway.Cryptography"] = [],
        ["Gateway.Ledger"] = [],
        ["Gateway.Protocol"] = ["Gateway.Cryptography", "Gateway.Ledger"],
        ["Gateway.Matching"] = ["Gateway.Cryptography"],
        ["Gateway.Storage"] = ["Gateway.Protocol"],
        ["Gateway.Broker"] = ["Gateway.Cryptography", "Gateway.Ledger", "Gateway.Protocol", "Gateway.Matching", "Gateway.Storage"],
        ["Gateway.Node"] = ["Gateway.Cryptography", "Gateway.Ledger", "Gateway.Protocol", "Gateway.Matching", "Gateway.Storage"],
        ["Gateway.Cli"] = ["Gateway.Broker", "Gateway.Node"],
    };

    [Fact]
    public void Dependencies_point_one_way()
    {
        foreach (string project in Directory.EnumerateFiles(Path.Combine(Repository, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            string name = Path.GetFileNameWithoutExtension(project);
            string[] references = [.. XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))];
            Assert.True(Allowed.TryGetValue(name, out string[]? allowed), $"{name} is a new project: say here what it may depend on.");
            Assert.True(references.All(allowed.Contains), $"{name} depends on {string.Join(", ", references.Except(allowed))}.");
        }
    }

    internal static string Repository { get; } = FindRepository();

    private static string FindRepository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run below the folder of Gateway.sln.");
    }
}
