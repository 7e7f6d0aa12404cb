using System.Text;

namespace Gateway.Matching.Text;

/// <summary>
/// The consonants of a word or of a whole name run together: first letter, then every consonant but h, w and y, runs of one letter once. Spacing, case, punctuation, doubled letters and most vowels
/// make no difference to it. Letters of other scripts stay.
/// </summary>
internal static class Skeleton
{
    internal static string Of(string letters)
    {
        var skeleton = new StringBuilder(letters.Length);
        foreach (char c in letters)
        {
            if ((skeleton.Length == 0 || !"aeiouhwy".Contains(c, StringComparison.Ordinal)) && (skeleton.Length == 0 || skeleton[^1] != c || char.IsAsciiDigit(c)))
            {
                skeleton.Append(c);
            }
        }

        return skeleton.ToString();
    }

    /// <summary>How much a text tells: an ideograph or syllable sign stands for about two letters.</summary>
    internal static int WeightOf(string text)
    {
        int weight = 0;
        foreach (char c in text)
        {
            weight += c >= 0x2E80 ? 2 : 1;
        }

        return weight;
    }
}
