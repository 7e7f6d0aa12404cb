namespace Gateway.Matching.Names;

/// <summary>What ways of agreeing and words without a partner cost, in bits. The bench `names` says how they were chosen.</summary>
internal static class AlignmentWeights
{
    /// <summary>log2 of how often words of one party agree in this way.</summary>
    internal static double Cost(WordAgreement agreement) => agreement switch
    {
        WordAgreement.Same => 0.5,
        WordAgreement.Spelling => 1.5,
        WordAgreement.OneLetter => 2.5,
        WordAgreement.Skeleton => 2.5,
        WordAgreement.Sound => 3.5,
        WordAgreement.Initials => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(agreement), agreement, "Words that do not agree have no cost of agreeing."),
    };

    /// <summary>The part of a word's worth that counts as alike.</summary>
    internal static double Likeness(WordAgreement agreement) => agreement switch
    {
        WordAgreement.Same => 1,
        WordAgreement.Spelling => 0.95,
        WordAgreement.OneLetter => 0.85,
        WordAgreement.Skeleton => 0.75,
        WordAgreement.Initials => 0.7,
        _ => 0.6,
    };

    internal static double UnmatchedAsking(double worth) => -0.3 * worth;

    internal static double UnmatchedRecord(double worth) => -0.25 * worth;
}
