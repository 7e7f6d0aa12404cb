using System.Collections.Frozen;
using System.Globalization;

namespace Gateway.Matching.Text;

/// <summary>Signs of many scripts in plain Latin letters, one by one (Tables/letters.txt and han.txt, from ICU).</summary>
internal static class SignTable
{
    private static readonly FrozenDictionary<int, string> Signs = Load();

    /// <summary>The Latin letters a sign is read as, maybe none; false for a sign that is not known.</summary>
    internal static bool TryRead(int cp, out string latin) => Signs.TryGetValue(cp, out latin!);

    private static FrozenDictionary<int, string> Load()
    {
        Dictionary<int, string> signs = [];
        foreach (string line in EmbeddedTable.Lines("letters.txt"))
        {
            string[] parts = line.Split(' ');
            string latin = parts[0] == "-" ? "" : parts[0];
            foreach (string sign in parts.AsSpan(1))
            {
                signs[int.Parse(sign, NumberStyles.HexNumber, CultureInfo.InvariantCulture)] = latin;
            }
        }

        foreach (string line in EmbeddedTable.Lines("han.txt"))
        {
            string[] parts = line.Split(' ');
            foreach (char sign in parts[1])
            {
                signs[sign] = parts[0];
            }
        }

        return signs.ToFrozenDictionary();
    }
}
