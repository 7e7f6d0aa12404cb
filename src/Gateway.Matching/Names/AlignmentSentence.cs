using System.Globalization;

namespace Gateway.Matching.Names;

/// <summary>Puts an alignment into one line for a person. Only the asking side's own words stand in it.</summary>
internal static class AlignmentSentence
{
    internal static string Of(IReadOnlyList<WordReason> reasons, int words, int alike)
    {
        List<string> notes = [];
        foreach (WordReason reason in reasons.Where(reason => reason.Word.Length > 0))
        {
            string word = reason.Word.ToUpperInvariant();
            if (Note(reason.Agreement, word) is { } note)
            {
                notes.Add(note);
            }

            if (reason.HasForeignLetters)
            {
                notes.Add($"letters of another alphabet in {word}");
            }
        }

        int more = reasons.Count(reason => reason.Word.Length == 0);
        if (more > 0)
        {
            notes.Add(more == 1 ? "the record has one word more" : string.Create(CultureInfo.InvariantCulture, $"the record has {more} words more"));
        }

        string line = string.Create(CultureInfo.InvariantCulture, $"{alike} of {words} name words alike");
        return notes.Count == 0 ? line : $"{line} ({string.Join("; ", notes)})";
    }

    private static string? Note(WordAgreement agreement, string word) => agreement switch
    {
        WordAgreement.Spelling => $"another spelling of {word}",
        WordAgreement.OneLetter => $"one letter differs in {word}",
        WordAgreement.Skeleton => $"{word} by its consonants",
        WordAgreement.Sound => $"{word} by its sound",
        WordAgreement.Initials => $"{word} by initials",
        WordAgreement.None => $"{word} missing",
        _ => null,
    };
}
