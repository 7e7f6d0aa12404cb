namespace Gateway.Matching.Names;

/// <summary>
/// What ways of agreeing and words without a partner are worth, in bits. Found by random search on half of the entities of the OFAC list (mistyped names and aliases against
/// clean names) and half of nomenklatura's pairs, then rounded; the bench <c>names</c> prints the figures of the other half beside them.
/// </summary>
internal static class AlignmentWeights
{
    /// <summary>Bits that each further spelling, skeleton or sound of a word's list is worth less: the lists are best first.</summary>
    internal const double RankCost = 0.25;

    /// <summary>Bits for a second way in which a pair of words agrees.</summary>
    internal const double AlsoBySkeleton = 1.5;

    /// <summary>The part of a word's surprise, letter by letter, that it may be worth at most: names are chosen from fewer words than letters allow.</summary>
    internal const double SurpriseWorth = 0.7;

    /// <summary>The most a sign of a skeleton may be worth, in bits.</summary>
    internal const double SignWorth = 2.6;

    /// <summary>Bits of a word that only the asking name has, for each bit it is worth.</summary>
    internal const double Missing = -0.1;

    /// <summary>Bits of a word that only the record has, for each bit it is worth.</summary>
    internal const double More = -0.13;

    /// <summary>log2 of how seldom words of one party agree in this way.</summary>
    internal static double Cost(WordAgreement agreement) => agreement switch
    {
        WordAgreement.Same => -0.5,
        WordAgreement.Spelling => 3,
        WordAgreement.OneLetter => 3.5,
        WordAgreement.Skeleton => 5.5,
        WordAgreement.Sound => 4,
        WordAgreement.Initials => 7,
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

    /// <summary>
    /// How alike two names are, 0 to 1. A word too many on one side is often left out by the other; a word too many on both sides is another word in its place, which
    /// tells relatives and subsidiaries apart.
    /// </summary>
    internal static double Likeness(double alike, double matched, double missing, double more)
    {
        double instead = Math.Min(missing, more);
        double all = (2 * matched) + (4.2 * instead) + (0.95 * (missing - instead)) + (0.65 * (more - instead));
        return all <= 0 ? 0 : 2 * alike / all;
    }

    /// <summary>What the names as wholes are worth besides their words.</summary>
    internal static double Whole(double likeness) => 30 * (likeness - 0.5);
}
