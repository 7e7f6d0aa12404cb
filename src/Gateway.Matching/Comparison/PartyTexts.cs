using System.Globalization;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Comparison;

/// <summary>The texts of a party that are compared after opening (docs/keys.md, Encoded texts): how each is written, and how densely it is encoded.</summary>
public static class PartyTexts
{
    /// <summary>Names that are encoded or compared, the first ones.</summary>
    public const int MostNames = 16;

    internal const int PostcodePositions = 130;
    internal const int BirthDatePositions = 88;
    internal const int NumberPositions = 200;

    /// <summary>Encodes a party's texts for its record.</summary>
    /// <param name="party">The record's subject.</param>
    /// <param name="key32">HKDF(cek, "gateway/v1/clk"), 32 bytes.</param>
    /// <returns>A name for each name, and of address, postcode, city and birth date those that are stated.</returns>
    public static IEnumerable<EncodedText> Encode(Party party, byte[] key32)
    {
        ArgumentNullException.ThrowIfNull(party);
        foreach (string name in NamesOf(party))
        {
            yield return new EncodedText(TextKind.Name, EncodeName(key32, name, party.Kind));
        }

        PostalAddress address = PostalAddress.Of(party.Street, party.City, party.Postcode);
        if (address.StreetWords.Length > 0)
        {
            yield return new EncodedText(TextKind.Address, EncodeStreet(key32, address.StreetWords));
        }

        if (address.Number.Length > 0)
        {
            yield return new EncodedText(TextKind.StreetNumber, EncodeNumber(key32, address.Number));
        }

        if (address.Postcode.Length > 0)
        {
            yield return new EncodedText(TextKind.Postcode, EncodePostcode(key32, address.Postcode));
        }

        if (address.City.Length > 0)
        {
            yield return new EncodedText(TextKind.City, EncodeCity(key32, address.City));
        }

        if (party is { BirthDate: { } born, Kind: not PartyKind.Organisation })
        {
            yield return new EncodedText(TextKind.BirthDate, EncodeBirthDate(key32, DigitsOf(born)));
        }
    }

    // A person's name has 12 to 18 pairs, a company's 20 to 35: so that both fill about half, the record's kind decides.
    internal static int NamePositions(PartyKind kind) => kind == PartyKind.Person ? 48 : 25;

    internal static byte[] EncodeName(byte[] key32, string words, PartyKind kind) => Clk.EncodePairs(key32, words, NamePositions(kind));

    internal static byte[] EncodeStreet(byte[] key32, string words) => Clk.EncodePairs(key32, words, 46);

    internal static byte[] EncodeNumber(byte[] key32, string number) => Clk.EncodePlaces(key32, number, NumberPositions);

    internal static byte[] EncodePostcode(byte[] key32, string postcode) => Clk.EncodePlaces(key32, postcode, PostcodePositions);

    internal static byte[] EncodeCity(byte[] key32, string city) => Clk.EncodePairs(key32, city, 65);

    internal static byte[] EncodeBirthDate(byte[] key32, string digits) => Clk.EncodePlaces(key32, digits, BirthDatePositions);

    internal static string DigitsOf(DateOnly day) => day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    internal static IEnumerable<string> NamesOf(Party party) => party.Aliases.Prepend(party.Name)
        .Select(name => string.Join(' ', WordsOf(name, party.Kind)))
        .Where(name => name.Length > 0)
        .Distinct(StringComparer.Ordinal)
        .Take(MostNames);

    private static List<string> WordsOf(string name, PartyKind kind)
    {
        List<string> words = NameWords.Of(name);
        return kind == PartyKind.Person || words.Count == 0 ? words : LegalForms.Remove(words, out _);
    }

}
