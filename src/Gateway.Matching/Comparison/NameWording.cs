using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Comparison;

/// <summary>Says which words of a party's name a record has: the pairs of each word are looked for in the record's encoding.</summary>
internal static class NameWording
{
    // One letter wrong takes two of a word's pairs away, one left out or two exchanged up to three.
    private const int SlipPairs = 3;

    internal static string Of(string name, byte[] record, byte[] key32, PartyKind kind, Likeness likeness, bool company)
    {
        string[] words = name.Split(' ');
        string what = company ? "company name" : "name";
        if (likeness == Likeness.Same)
        {
            return words.Length == 1 ? $"same {what}" : $"same {what}, {words.Length} of {words.Length} words";
        }

        List<string> slips = [], others = [];
        foreach (string word in words)
        {
            int pairs = 0, missing = 0;
            foreach ((int, int) pair in Clk.PairsOf(word))
            {
                pairs++;
                missing += Clk.Holds(record, Clk.Encode(key32, [pair], PartyTexts.NamePositions(kind))) ? 0 : 1;
            }

            if (missing > 0)
            {
                (missing <= SlipPairs && missing < pairs - 1 ? slips : others).Add(word.ToUpperInvariant());
            }
        }

        int alike = words.Length - others.Count;
        string count = $"{what} words {alike} of {words.Length} alike";
        string slip = slips.Count == 0 ? "" : $" (a letter or two differ in {string.Join(", ", slips)})";
        string more = others.Count == 0 && slips.Count == 0 ? ", the record's name has more" : "";
        return likeness == Likeness.Different ? $"different {what}: {alike} of {words.Length} words alike{slip}" : count + slip + more;
    }
}
