using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Matching.Text;

namespace Gateway.Matching.Comparison;

/// <summary>
/// Compares a party, whose texts are at hand, with the encoded texts of an opened record. The party's own texts are encoded under the record's key: that is the only direction there is.
/// </summary>
public static class PartyComparison
{
    // Names: a letter wrong in twelve leaves 0.8, two of three words or a lost given name 0.6.
    private const double NameClose = 0.78;
    private const double NameSimilar = 0.55;
    private const double PlaceClose = 0.70;
    private const double PlaceSimilar = 0.40;
    private const double All = 0.985;

    /// <summary>Compares what both sides state.</summary>
    /// <param name="party">The party of the shipment.</param>
    /// <param name="recordKind">What the record says its subject is: its names are encoded accordingly.</param>
    /// <param name="texts">The record's texts; of a kind not known, none is used.</param>
    /// <param name="key32">HKDF(cek, "gateway/v1/clk"), 32 bytes.</param>
    /// <returns>One comparison a field, in the order name, birth date, street, number, postcode, city; none where nothing is stated by both.</returns>
    public static IReadOnlyList<FieldComparison> Compare(Party party, PartyKind recordKind, IReadOnlyList<EncodedText> texts, byte[] key32)
    {
        ArgumentNullException.ThrowIfNull(party);
        ArgumentNullException.ThrowIfNull(texts);
        List<FieldComparison> comparisons = [];
        PostalAddress address = PostalAddress.Of(party.Street, party.City, party.Postcode);
        bool company = recordKind == PartyKind.Organisation || (recordKind == PartyKind.Unknown && PartyNames.SaysCompany(party));
        AddName(party, recordKind, company, texts, key32, comparisons);
        if (party.BirthDate is { } born && recordKind != PartyKind.Organisation && Of(texts, TextKind.BirthDate) is { } date)
        {
            (Likeness likeness, string sentence) = BirthDate(key32, date, PartyTexts.DigitsOf(born));
            comparisons.Add(new FieldComparison(ComparedField.BirthDate, company, likeness, "birth_date", sentence));
        }

        if (address.StreetWords.Length > 0 && Of(texts, TextKind.Address) is { } street)
        {
            Likeness likeness = LevelOf(Clk.Dice(street, PartyTexts.EncodeStreet(key32, address.StreetWords)), PlaceClose, PlaceSimilar);
            comparisons.Add(new FieldComparison(ComparedField.Street, company, likeness, "street", Place("street", likeness)));
        }

        if (address.Number.Length > 0 && Of(texts, TextKind.StreetNumber) is { } number)
        {
            (Likeness likeness, string sentence) = Code(key32, number, address.Number, PartyTexts.NumberPositions, "street number");
            comparisons.Add(new FieldComparison(ComparedField.StreetNumber, company, likeness, "street", sentence));
        }

        if (address.Postcode.Length > 0 && Of(texts, TextKind.Postcode) is { } postcode)
        {
            (Likeness likeness, string sentence) = Code(key32, postcode, address.Postcode, PartyTexts.PostcodePositions, "postcode");
            comparisons.Add(new FieldComparison(ComparedField.Postcode, company, likeness, "postcode", sentence));
        }

        if (address.City.Length > 0 && Of(texts, TextKind.City) is { } city)
        {
            Likeness likeness = LevelOf(Clk.Dice(city, PartyTexts.EncodeCity(key32, address.City)), PlaceClose, PlaceSimilar);
            comparisons.Add(new FieldComparison(ComparedField.City, company, likeness, "city", Place("city", likeness)));
        }

        return comparisons;
    }

    private static void AddName(Party party, PartyKind kind, bool company, IReadOnlyList<EncodedText> texts, byte[] key32, List<FieldComparison> comparisons)
    {
        double best = -1;
        string words = "";
        byte[] nearest = [];
        foreach (string name in PartyTexts.NamesOf(party with { Kind = kind }))
        {
            byte[] own = PartyTexts.EncodeName(key32, name, kind);
            foreach (EncodedText text in texts)
            {
                if (text.Kind == TextKind.Name && Clk.Dice(own, text.Clk.Span) is var likeness && likeness > best)
                {
                    (best, words, nearest) = (likeness, name, text.Clk.ToArray());
                }
            }
        }

        if (best < 0)
        {
            return;
        }

        Likeness level = LevelOf(best, NameClose, NameSimilar);
        comparisons.Add(new FieldComparison(
            ComparedField.Name, company, level, "name", NameWording.Of(words, nearest, key32, kind, level, company)));
    }

    private static (Likeness, string) BirthDate(byte[] key32, byte[] record, string digits)
    {
        byte[] own = PartyTexts.EncodeBirthDate(key32, digits);
        if (own.AsSpan().SequenceEqual(record))
        {
            return (Likeness.Same, "same birth date");
        }

        string exchanged = digits[..4] + digits[6..] + digits[4..6];
        if (PartyTexts.EncodeBirthDate(key32, exchanged).AsSpan().SequenceEqual(record))
        {
            return (Likeness.Close, "birth dates with day and month exchanged");
        }

        bool[] same = Places.Same(key32, record, digits, PartyTexts.BirthDatePositions);
        if (same.Count(place => !place) == 1)
        {
            return (Likeness.Close, "birth dates differ in one digit");
        }

        if (Places.AreExchanged(same, digits, other => PartyTexts.EncodeBirthDate(key32, other).AsSpan().SequenceEqual(record)))
        {
            return (Likeness.Close, "birth dates with two digits exchanged");
        }

        bool year = same[..4].All(place => place), day = same[4..].All(place => place);
        return year ? (Likeness.Similar, "same birth year, another day")
            : day ? (Likeness.Similar, "different birth year, same day and month")
            : (Likeness.Different, "different birth year");
    }

    private static (Likeness, string) Code(byte[] key32, byte[] record, string code, int positions, string what)
    {
        if (Clk.EncodePlaces(key32, code, positions).AsSpan().SequenceEqual(record))
        {
            return (Likeness.Same, $"same {what}");
        }

        bool[] same = Places.Same(key32, record, code, positions);
        if (same.Length > 2 && same.Count(place => !place) <= 1)
        {
            return (Likeness.Close, $"{what}s differ in one character");
        }

        return Places.AreExchanged(same, code, other => Clk.EncodePlaces(key32, other, positions).AsSpan().SequenceEqual(record))
            ? (Likeness.Close, $"{what}s with two characters exchanged")
            : (Likeness.Different, $"different {what}");
    }

    private static string Place(string what, Likeness likeness) => likeness switch
    {
        Likeness.Same => $"same {what}",
        Likeness.Close => $"{what} spelt a little differently",
        Likeness.Similar => $"{what} with some likeness",
        _ => $"different {what}",
    };

    private static Likeness LevelOf(double dice, double close, double similar) =>
        dice >= All ? Likeness.Same : dice >= close ? Likeness.Close : dice >= similar ? Likeness.Similar : Likeness.Different;

    private static byte[]? Of(IReadOnlyList<EncodedText> texts, TextKind kind)
    {
        foreach (EncodedText text in texts)
        {
            if (text.Kind == kind)
            {
                return text.Clk.ToArray();
            }
        }

        return null;
    }
}
