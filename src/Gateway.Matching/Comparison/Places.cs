namespace Gateway.Matching.Comparison;

/// <summary>Compares digits and codes place by place.</summary>
internal static class Places
{
    /// <summary>For each place of a text, whether the encoding has the same character there.</summary>
    internal static bool[] Same(byte[] key32, ReadOnlySpan<byte> clk, string text, int positions)
    {
        bool[] same = new bool[text.Length];
        List<(int, int)> features = Clk.PlacesOf(text);
        for (int i = 0; i < same.Length; i++)
        {
            same[i] = Clk.Holds(clk, Clk.Encode(key32, [features[i]], positions));
        }

        return same;
    }

    /// <summary>Whether two neighbouring characters, and nothing else, are exchanged.</summary>
    internal static bool AreExchanged(bool[] same, string text, Func<string, bool> isRecord)
    {
        int first = Array.IndexOf(same, false);
        if (first < 0 || first + 1 >= same.Length || same[first + 1] || same.Count(place => !place) != 2)
        {
            return false;
        }

        return isRecord($"{text[..first]}{text[first + 1]}{text[first]}{text[(first + 2)..]}");
    }
}
