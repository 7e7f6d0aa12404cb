using System.Text;

namespace Gateway.Matching.Text;

/// <summary>The parts of an address that keys are made of, each empty where the address does not say it.</summary>
/// <param name="Number">Street number: digits without leading zeros.</param>
/// <param name="Street">Skeleton of the street's longest word that is no street type.</param>
/// <param name="Postcode">Letters and digits, without a country prefix.</param>
/// <param name="City">Folded letters without spaces.</param>
/// <param name="StreetWords">Folded words of the street without its number and type, between spaces.</param>
internal readonly record struct PostalAddress(string Number, string Street, string Postcode, string City, string StreetWords)
{
    internal static PostalAddress Of(string street, string city, string postcode)
    {
        List<string> words = Words(street);
        return new PostalAddress(StreetNumber.Of(words), StreetNumber.StreetOf(words), PostcodeOf(postcode) is { Length: > 0 } code ? code : PostcodeWithin(city), CityOf(city), string.Join(' ', StreetNumber.NamesOf(words)));
    }

    private static string PostcodeOf(string stated)
    {
        string code = string.Concat(LatinFolding.Of(stated).Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();

        // "CH-8022" and "D-10115" hold the country as well; "10001-1234" holds the delivery sector of an American code.
        int letters = code.AsSpan().IndexOfAnyInRange('0', '9');
        if (letters is 1 or 2 && code.Length - letters is >= 4 and <= 6 && !code.AsSpan(letters).ContainsAnyExceptInRange('0', '9'))
        {
            code = code[letters..];
        }

        code = code.Length == 9 && !code.AsSpan().ContainsAnyExceptInRange('0', '9') ? code[..5] : code;
        return code.Length is >= 3 and <= 10 && code.Any(char.IsAsciiDigit) && code.AsSpan().ContainsAnyExcept('0') ? code : "";
    }

    // "Zurich 8022": many write the postcode with the city.
    private static string PostcodeWithin(string city) =>
        PostcodeOf(city.Split(' ', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(word => word.Count(char.IsAsciiDigit) >= 4) ?? "");

    private static string CityOf(string stated)
    {
        int comma = stated.IndexOf(',', StringComparison.Ordinal);
        var city = new StringBuilder();
        foreach (string word in NameWords.Of(comma > 0 ? stated[..comma] : stated))
        {
            if (!word.Any(char.IsAsciiDigit) && word is not ("city" or "shi" or "district" or "province" or "town" or "municipality"))
            {
                city.Append(word);
            }
        }

        return Skeleton.WeightOf(city.ToString()) >= 3 ? city.ToString() : "";
    }

    // Digits and letters part, so that "12A", "12 a" and "No.12" hold the same number.
    private static List<string> Words(string street)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (char c in LatinFolding.Of(street))
        {
            bool digit = char.IsAsciiDigit(c), letter = char.IsLetter(c) || char.IsSurrogate(c);
            if (word.Length > 0 && ((!digit && !letter) || char.IsAsciiDigit(word[^1]) != digit))
            {
                words.Add(word.ToString());
                word.Clear();
            }

            if (digit || letter)
            {
                word.Append(c);
            }
        }

        if (word.Length > 0)
        {
            words.Add(word.ToString());
        }

        return words.Count > 64 ? words.GetRange(0, 64) : words;
    }
}
