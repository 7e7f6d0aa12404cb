namespace Gateway.Cli.Samples;

/// <summary>The ways people write a telephone number.</summary>
internal static class PhoneForms
{
    /// <summary>"+982188526301" as "+98 (218) 852-6301": the groups mean nothing, as in real life.</summary>
    public static string Punctuated(string e164, Country country)
    {
        string national = e164[(country.CallingCode.Length + 1)..];
        return $"+{country.CallingCode} ({national[..2]}) {national[2..^4]}-{national[^4..]}";
    }

    /// <summary>With "00" for the plus sign, in groups.</summary>
    public static string WithDoubleZero(string e164) => "00 " + Grouped(e164[1..], ' ', 3);

    /// <summary>With the trunk prefix in place of the calling code.</summary>
    public static string National(string e164, Country country)
    {
        string national = e164[(country.CallingCode.Length + 1)..];

        // Chinese mobile numbers are dialled without the trunk zero.
        string trunk = country.Code == "CN" && national[0] == '1' ? "" : country.Trunk;
        return trunk + Grouped(national, ' ', 3);
    }

    /// <summary>The text in groups of <paramref name="size"/>, the last one at least two long.</summary>
    public static string Grouped(string text, char separator, int size)
    {
        List<string> groups = [];
        int start = 0;
        while (text.Length - start > size + 1)
        {
            groups.Add(text.Substring(start, size));
            start += size;
        }

        groups.Add(text[start..]);
        return string.Join(separator, groups);
    }
}
