using System.Collections.Frozen;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Text;

/// <summary>The commonest words of names, which get no NAME key (Tables/stop_words.txt): titles and particles in any name, trade words and trading places in those of companies.</summary>
internal static class NameStopWords
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Particles = Section("particles").GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Trade = Section("trade").GetAlternateLookup<ReadOnlySpan<char>>();

    internal static bool IsParticle(ReadOnlySpan<char> word) => Particles.Contains(word);

    internal static bool Contains(ReadOnlySpan<char> word, PartyKind kind) => Particles.Contains(word) || (kind != PartyKind.Person && Trade.Contains(word));

    private static FrozenSet<string> Section(string name) => EmbeddedTable.Lines("stop_words.txt")
        .Select(line => line.Split(' ', 2))
        .Where(parts => parts[0] == name)
        .SelectMany(parts => parts[1].Split(' '))
        .ToFrozenSet(StringComparer.Ordinal);
}
