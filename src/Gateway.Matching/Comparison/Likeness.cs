namespace Gateway.Matching.Comparison;

/// <summary>How alike two statements of one field are, the most alike first. The levels of the Fellegi–Sunter weights.</summary>
public enum Likeness : byte
{
    /// <summary>The same but for case, punctuation and order of words.</summary>
    Same = 0,

    /// <summary>A slip apart: a letter or digit wrong, missing, doubled or exchanged.</summary>
    Close = 1,

    /// <summary>Much in common: half of a name, the year of a birth date.</summary>
    Similar = 2,

    /// <summary>Little or nothing in common.</summary>
    Different = 3,
}
