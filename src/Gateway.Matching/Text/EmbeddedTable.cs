namespace Gateway.Matching.Text;

/// <summary>The text tables that lie in this assembly (Tables/README.md says where they come from).</summary>
internal static class EmbeddedTable
{
    /// <summary>The lines of a table without comments ("#") and empty lines.</summary>
    internal static IEnumerable<string> Lines(string name)
    {
        using Stream stream = typeof(EmbeddedTable).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The table {name} is missing from the assembly.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }
}
