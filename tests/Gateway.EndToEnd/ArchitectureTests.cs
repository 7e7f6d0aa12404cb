using System.Diagnostics;
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

    [Fact]
    public void No_key_lies_in_the_tree()
    {
        string[] suspicious = [.. Tracked().Where(file => Path.GetExtension(file) is ".key" or ".pfx" or ".p12" or ".seed" || file.EndsWith("key.pem", StringComparison.Ordinal))];
        Assert.Empty(suspicious);
        string marker = "-----BEGIN " + "PRIVATE KEY";
        Assert.DoesNotContain(Tracked().Where(file => new FileInfo(Path.Combine(Repository, file)) is { Exists: true, Length: < 1_000_000 }), file => File.ReadAllText(Path.Combine(Repository, file)).Contains(marker, StringComparison.Ordinal));
    }

    internal static string Repository { get; } = FindRepository();

    private static string[] Tracked()
    {
        using Process git = Process.Start(new ProcessStartInfo("git", ["-C", Repository, "ls-files"]) { RedirectStandardOutput = true })!;
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string FindRepository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run below the folder of Gateway.sln.");
    }
}
