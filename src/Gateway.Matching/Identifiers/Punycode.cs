using System.Text;

namespace Gateway.Matching.Identifiers;

/// <summary>Punycode (RFC 3492 §6.3), encoding only. Ours, because the framework's IdnMapping gives other answers with ICU than without it.</summary>
internal static class Punycode
{
    private const int Base = 36, TMin = 1, TMax = 26, Skew = 38, Damp = 700, InitialBias = 72, InitialN = 128;

    /// <summary>The label's encoding without the "xn--" prefix.</summary>
    /// <param name="label">At most 63 characters: the algorithm takes time in the square of the length.</param>
    internal static string Encode(string label)
    {
        int[] input = [.. label.EnumerateRunes().Select(rune => rune.Value)];
        var output = new StringBuilder();
        foreach (int cp in input.Where(cp => cp < 0x80))
        {
            output.Append((char)cp);
        }

        int basic = output.Length;
        int handled = basic;
        if (basic > 0)
        {
            output.Append('-');
        }

        int n = InitialN, delta = 0, bias = InitialBias;
        while (handled < input.Length)
        {
            int next = input.Where(cp => cp >= n).Min();
            delta = checked(delta + ((next - n) * (handled + 1)));
            n = next;
            foreach (int cp in input)
            {
                if (cp < n)
                {
                    delta++;
                }
                else if (cp == n)
                {
                    AppendVariable(output, delta, bias);
                    bias = Adapt(delta, handled + 1, handled == basic);
                    delta = 0;
                    handled++;
                }
            }

            delta++;
            n++;
        }

        return output.ToString();
    }

    private static void AppendVariable(StringBuilder output, int q, int bias)
    {
        for (int k = Base; ; k += Base)
        {
            int t = Math.Clamp(k - bias, TMin, TMax);
            if (q < t)
            {
                output.Append(Digit(q));
                return;
            }

            output.Append(Digit(t + ((q - t) % (Base - t))));
            q = (q - t) / (Base - t);
        }
    }

    private static int Adapt(int delta, int count, bool first)
    {
        delta = first ? delta / Damp : delta / 2;
        delta += delta / count;
        int k = 0;
        while (delta > (Base - TMin) * TMax / 2)
        {
            delta /= Base - TMin;
            k += Base;
        }

        return k + ((Base - TMin + 1) * delta / (delta + Skew));
    }

    private static char Digit(int d) => (char)(d < 26 ? 'a' + d : '0' + d - 26);
}
