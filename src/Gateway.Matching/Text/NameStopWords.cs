using System.Collections.Frozen;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Text;

/// <summary>The commonest words of names, which get no NAME key (Tables/stop_words.txt): titles and particles in any name, trade words and trading places in those of companies.</summary>
internal static class NameStopWords
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Particles = Section("particles").GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Trade = Section("trade", "more").GetAlternateLookup<ReadOnlySpan<char>>();

    internal static bool IsParticle(ReadOnlySpan<char> word) => Particles.Contains(word);

    internal static bool Contains(ReadOnlySpan<char> word, PartyKind kind) => Particles.Contains(word) || (kind != PartyKind.Person && Trade.Contains(word));

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> NearTrade = Shortened().GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether the word is one letter away from a trade word or legal form of five letters or more.</summary>
    internal static bool IsNear(ReadOnlySpan<char> word, PartyKind kind)
    {
        if (kind == PartyKind.Person || word.Length is < 4 or > 20)
        {
            return false;
        }

        if (NearTrade.Contains(word))
        {
            return true;
        }

        Span<char> shorter = stackalloc char[word.Length - 1];
        for (int i = 0; i < word.Length; i++)
        {
            word[..i].CopyTo(shorter);
            word[(i + 1)..].CopyTo(shorter[i..]);
            if (NearTrade.Contains(shorter))
            {
                return true;
            }
        }

        return false;
    }

    // Long common words, and each with a letter left out: of two words one letter apart, one of these is in both.
    private static FrozenSet<string> Shortened() => Section("trade", "more").Concat(LegalForms.Words).Where(word => word.Length >= 5 && char.IsAsciiLetterLower(word[0]))
        .SelectMany(word => Enumerable.Range(0, word.Length).Select(i => word.Remove(i, 1)).Append(word)).ToFrozenSet(StringComparer.Ordinal);

    private static FrozenSet<string> Section(params string[] names) => EmbeddedTable.Lines("stop_words.txt")
        .Select(line => line.Split(' ', 2))
        .Where(parts => names.Contains(parts[0]))
        .SelectMany(parts => parts[1].Split(' '))
        .Select(LatinFolding.Of)
        .ToFrozenSet(StringComparer.Ordinal);
}
