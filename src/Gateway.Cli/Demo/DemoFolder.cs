using Gateway.Cli.Lab;

namespace Gateway.Cli.Demo;

/// <summary>The folder of a demo: that of a lab, with a sample and what came of it.</summary>
internal sealed class DemoFolder
{
    private DemoFolder(string path, bool isTemporary) => (Lab, IsTemporary) = (new LabFolder(path), isTemporary);

    /// <summary>The network's part.</summary>
    public LabFolder Lab { get; }

    /// <summary>The folder.</summary>
    public string Path => Lab.Path;

    /// <summary>Whether it was made for this run alone.</summary>
    public bool IsTemporary { get; }

    /// <summary>The composed sample.</summary>
    public string Sample => Lab.Of("sample");

    /// <summary>The hits.</summary>
    public string Hits => Lab.Of("hits.csv");

    /// <summary>A temporary folder, or the one given.</summary>
    public static DemoFolder Of(string? given) => given is null
        ? new DemoFolder(Directory.CreateTempSubdirectory("gateway-demo-").FullName, isTemporary: true)
        : new DemoFolder(given, isTemporary: false);
}
