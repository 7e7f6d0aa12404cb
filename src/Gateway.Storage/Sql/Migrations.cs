using System.Reflection;

namespace Gateway.Storage.Sql;

/// <summary>The numbered migrations that this program carries, by folder.</summary>
internal static class Migrations
{
    /// <summary>The migrations of a folder with their numbers, from 1 upwards.</summary>
    public static List<(int Number, string Name)> List(string folder) =>
        [.. typeof(Migrations).Assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith($"{folder}/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select((resource, position) => (position + 1, resource))];

    /// <summary>The text of a migration.</summary>
    public static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
