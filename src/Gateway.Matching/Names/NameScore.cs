namespace Gateway.Matching.Names;

/// <summary>How alike a name and a record's name are.</summary>
/// <param name="Bits">log2 of the likelihood ratio: the reasons' bits and <paramref name="WholeBits"/>.</param>
/// <param name="Likeness">0 to 1: the part of both names, by the rarity of their words, that agrees; words that stand against each other count double.</param>
/// <param name="WholeBits">What the likeness of the whole adds or takes.</param>
/// <param name="WordsAlike">Words of the asking name that found a partner.</param>
/// <param name="Words">Distinctive words of the asking name.</param>
/// <param name="Reasons">One a word, supporting and contradicting; in the order of the asking name, then what only the record has.</param>
public sealed record NameScore(double Bits, double Likeness, double WholeBits, int WordsAlike, int Words, IReadOnlyList<WordReason> Reasons)
{
    /// <summary>One line: "company words 4 of 5 alike (one letter differs in SHENZHEN)". Holds the asking side's own words and nothing of the record. Made when it is asked for.</summary>
    public string Sentence => AlignmentSentence.Of(Reasons, Words, WordsAlike);
}

/// <summary>What became of one word.</summary>
/// <param name="Word">The asking name's word as written; empty for a word that only the record has.</param>
/// <param name="Agreement">How it agrees.</param>
/// <param name="Bits">What it adds, or takes.</param>
/// <param name="Worth">How rare the word is, in bits.</param>
/// <param name="HasForeignLetters">Whether letters of another alphabet stood in the asking word.</param>
public readonly record struct WordReason(string Word, WordAgreement Agreement, double Bits, double Worth, bool HasForeignLetters)
{
    /// <summary>Whether it speaks against the match.</summary>
    public bool IsContradicting => Bits < 0;
}

/// <summary>How two words agree, best first.</summary>
public enum WordAgreement : byte
{
    /// <summary>The same letters.</summary>
    Same,

    /// <summary>Another spelling of the word, or two words written as one.</summary>
    Spelling,

    /// <summary>One letter differs, is missing, or is one too many.</summary>
    OneLetter,

    /// <summary>The same skeleton: another romanisation, or vowels differ.</summary>
    Skeleton,

    /// <summary>The same sound, coarsely.</summary>
    Sound,

    /// <summary>The one is the initials of the other.</summary>
    Initials,

    /// <summary>No partner.</summary>
    None,
}
