namespace Gateway.Matching.Text;

/// <summary>A word of a name in plain Latin letters and digits.</summary>
/// <param name="Written">As it was written, cleaned.</param>
/// <param name="Folded">As legal forms and common words know it: <see cref="LatinFolding"/>.</param>
/// <param name="Latin">a–z and 0–9, at least one.</param>
internal sealed record ReadWord(string Written, string Folded, string Latin)
{
    /// <summary>Other spellings in Latin letters, best first.</summary>
    internal IReadOnlyList<string> Spellings { get; init; } = [];

    /// <summary>Spellings of this word and the next one as one, where they were written as one.</summary>
    internal IReadOnlyList<string> JoinedSpellings { get; init; } = [];

    /// <summary>Whether letters of another alphabet stood in it.</summary>
    internal bool HasForeignLetters { get; init; }
}
