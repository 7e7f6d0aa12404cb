using System.Text.RegularExpressions;

namespace Gateway.Cli.Tests.Repository;

public sealed partial class CommittedFilesTests
{
    private static readonly string[] KeyEndings = [".key", ".pfx", ".p12", ".seed"];

    [NeedsProgramFact("git")]
    public async Task No_private_key_is_committed()
    {
        List<string> faults = [];
        foreach (string file in await TrackedAsync())
        {
            if (KeyEndings.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase))) faults.Add($"{file} is named like a key");
            else if (File.Exists(Checkout.PathOf(file)) && PrivateKey().IsMatch(await File.ReadAllTextAsync(Checkout.PathOf(file)))) faults.Add($"{file} holds a private key");
        }

        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("PRIVATE KEY")]
    [InlineData("EC PRIVATE KEY")]
    [InlineData("ENCRYPTED PRIVATE KEY")]
    [InlineData("OPENSSH PRIVATE KEY")]
    public void A_private_key_is_recognised(string label) => Assert.Matches(PrivateKey(), $"# notes\n-----BEGIN {label}-----\nMIGH\n");

    [NeedsProgramFact("openssl")]
    public async Task Certificates_for_development_can_be_made_and_git_ignores_them()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-certs-");
        try
        {
            string made = Path.Combine(folder.FullName, "out");
            (int exit, _, string errors) = await Checkout.RunAsync(Checkout.PathOf("certs-dev/make.sh"), made);

            Assert.True(exit == 0, errors);
            Assert.Matches(PrivateKey(), await File.ReadAllTextAsync(Path.Combine(made, "node-a.key")));
            Assert.Equal(0, (await Checkout.RunAsync("git", "check-ignore", "-q", "certs-dev/out/node-a.key")).Exit);

            (int again, _, _) = await Checkout.RunAsync(Checkout.PathOf("certs-dev/make.sh"), made);
            Assert.Equal(1, again); // Keys that somebody uses are not overwritten.
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Every_package_stands_in_the_list_of_dependencies_with_its_version()
    {
        string list = await File.ReadAllTextAsync(Checkout.PathOf("docs/dependencies.md"));
        MatchCollection packages = PackageVersion().Matches(await File.ReadAllTextAsync(Checkout.PathOf("Directory.Packages.props")));
        Assert.NotEmpty(packages);

        string[] missing = [.. packages.Select(package => (Name: package.Groups[1].Value, Version: package.Groups[2].Value))
            .Where(package => !list.Split('\n').Any(line => line.Contains(package.Name, StringComparison.Ordinal) && line.Contains($"| {package.Version} |", StringComparison.Ordinal)))
            .Select(package => $"{package.Name} {package.Version}")];

        Assert.Empty(missing);
    }

    private static async Task<string[]> TrackedAsync()
    {
        (int exit, string output, string errors) = await Checkout.RunAsync("git", "ls-files", "-z");
        Assert.True(exit == 0, errors);
        string[] files = output.Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(files);
        return files;
    }

    [GeneratedRegex("-----BEGIN [A-Z ]*PRIVATE KEY-----")]
    private static partial Regex PrivateKey();

    [GeneratedRegex("""<PackageVersion Include="([^"]+)" Version="([^"]+)" />""")]
    private static partial Regex PackageVersion();
}
