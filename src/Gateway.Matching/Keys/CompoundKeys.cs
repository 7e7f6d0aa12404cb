using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Keys;

/// <summary>The COMPOUND keys of a party (docs/keys.md): each made only if all its parts are there and say enough that about ten parties at most share it.</summary>
internal static class CompoundKeys
{
    private const int MostWords = 3;

    internal static IEnumerable<(Identifier Key, string Field)> Of(Party party, IEnumerable<string> phones)
    {
        PostalAddress address = PostalAddress.Of(party.Street, party.City, party.Postcode);
        string country = CountryCode.Of(party.Country);
        string[] areas = [.. phones.Where(phone => phone.Length >= 10).Select(phone => phone[..^4]).Distinct(StringComparer.Ordinal)];
        foreach (PartyName name in PartyNames.Of(party))
        {
            IEnumerable<(IdentifierType Type, string Value, string Fields)> keys = AddressKeys(name, address);
            keys = party.Kind != PartyKind.Organisation ? keys.Concat(PersonKeys(name, address, areas)) : keys;
            keys = party.Kind != PartyKind.Person ? keys.Concat(CompanyKeys(name, address, country, areas)) : keys;
            foreach ((IdentifierType type, string value, string fields) in keys)
            {
                yield return (new Identifier(type, value), $"{name.Field}+{fields}");
            }
        }

        foreach ((Identifier key, string field) in BirthDateKeys.Of(party, address).Concat(PersonStreetKeys.Of(party, address)))
        {
            yield return (key, field);
        }
    }

    private static IEnumerable<(IdentifierType, string, string)> PersonKeys(PartyName name, PostalAddress address, string[] areas)
    {
        string surname = Nysiis.Of(name.Surname);
        if (Skeleton.WeightOf(surname) >= 3 && address is { Number.Length: > 0, Postcode.Length: > 0 })
        {
            yield return (IdentifierType.SurnameStreetNumberPostcode, $"{surname}|{address.Number}|{address.Postcode}", "street+postcode");
        }

        if (PairOf(name) is not { } pair)
        {
            yield break;
        }

        if (address.Postcode.Length > 0)
        {
            yield return (IdentifierType.PersonNamePostcode, $"{pair}|{address.Postcode}", "postcode");
        }

        if (address.City.Length > 0)
        {
            yield return (IdentifierType.PersonNameCity, $"{pair}|{address.City}", "city");
        }

        foreach (string area in areas)
        {
            yield return (IdentifierType.NamePhoneArea, $"{pair}|{area}", "phone");
        }
    }

    private static IEnumerable<(IdentifierType, string, string)> CompanyKeys(PartyName name, PostalAddress address, string country, string[] areas)
    {
        string skeleton = Skeleton.Of(string.Concat(name.Words));
        int weight = Skeleton.WeightOf(skeleton);
        if (weight < 3)
        {
            yield break;
        }

        if (address is { Number.Length: > 0, Postcode.Length: > 0 })
        {
            yield return (IdentifierType.CompanyStreetNumberPostcode, $"{skeleton}|{address.Number}|{address.Postcode}", "street+postcode");
        }

        if (weight >= 5 && address.City.Length > 0)
        {
            yield return (IdentifierType.CompanyCity, $"{skeleton}|{address.City}", "city");
        }

        if (weight >= 8 && country.Length > 0 && (name.Distinctive.Count >= 3 || weight >= 16))
        {
            yield return (IdentifierType.CompanyCountry, $"{skeleton}|{country}", "country");
        }

        if (weight >= 5)
        {
            foreach (string area in areas)
            {
                yield return (IdentifierType.NamePhoneArea, $"{skeleton}|{area}", "phone");
            }
        }
    }

    // The keys that survive a typo in the name. A substituted, dropped, doubled or transposed letter harms one word, or one end of the name: the other
    // words, or the other end, still meet at the same address.
    private static IEnumerable<(IdentifierType, string, string)> AddressKeys(PartyName name, PostalAddress address)
    {
        (string Value, string Fields)[] anchors = [.. Anchors(address)];
        if (anchors.Length == 0)
        {
            yield break;
        }

        foreach (string word in name.Distinctive.Where(word => Skeleton.WeightOf(word) >= 3).Distinct(StringComparer.Ordinal).OrderByDescending(word => word.Length)
            .ThenBy(word => word, StringComparer.Ordinal).Take(MostWords))
        {
            string skeleton = Skeleton.Of(word);
            yield return (IdentifierType.NameWordAddress, $"{(skeleton.Length >= 3 ? skeleton : word)}|{anchors[0].Value}", anchors[0].Fields);
        }

        string joined = WithoutDoubles(string.Concat(name.Distinctive));
        if (joined.Length < 4 && Skeleton.WeightOf(joined) == joined.Length)
        {
            // "Ses International": nothing of "ses" outlasts a typo, so the common words have to help.
            joined = WithoutDoubles(string.Concat(name.Words));
        }

        // Two letters say enough only with the number of a house.
        if (joined.Length is 4 or 5 && Skeleton.WeightOf(joined) == joined.Length && address.Number.Length > 0)
        {
            foreach (string fragment in (string[])[joined[..2] + "…", "…" + joined[^2..]])
            {
                yield return (IdentifierType.NameFragmentAddress, $"{fragment}|{anchors[0].Value}", anchors[0].Fields);
            }
        }

        foreach (string fragment in Fragments(joined))
        {
            foreach ((string value, string fields) in anchors)
            {
                yield return (IdentifierType.NameFragmentAddress, $"{fragment}|{value}", fields);
            }
        }
    }

    // Number and postcode where both are stated; street and city besides, for who leaves the postcode out.
    private static IEnumerable<(string Value, string Fields)> Anchors(PostalAddress address)
    {
        if (address is { Number.Length: > 0, Postcode.Length: > 0 })
        {
            yield return ($"{address.Number}|{address.Postcode}", "street+postcode");
        }
        else if (address is { Street.Length: > 0, Postcode.Length: > 0 })
        {
            yield return ($"{address.Street}|{address.Postcode}", "street+postcode");
        }

        if (address is { Street.Length: > 0, City.Length: > 0 })
        {
            yield return ($"{address.Number}|{address.Street}|{address.City}", "street+city");
        }
    }

    // Four letters of either end; three if the name is short. At the lengths where a typo moves a name over that border both are made.
    private static IEnumerable<string> Fragments(string letters)
    {
        int weight = Skeleton.WeightOf(letters);
        if (weight != letters.Length)
        {
            if (letters.Length >= 4)
            {
                yield return letters[..2] + "…";
                yield return "…" + letters[^2..];
            }

            yield break;
        }

        if (letters.Length >= 8)
        {
            yield return letters[..4] + "…";
            yield return "…" + letters[^4..];
        }

        if (letters.Length is >= 5 and <= 9)
        {
            yield return letters[..3] + "…";
            yield return "…" + letters[^3..];
        }
    }

    private static string WithoutDoubles(string letters) =>
        string.Concat(letters.Where((c, i) => i == 0 || c != letters[i - 1]));

    // The two codes in alphabetical order, so that it does not matter which of the names was taken for the surname.
    internal static string? PairOf(PartyName name)
    {
        if (name.Given.Length == 0)
        {
            // A whole name in ideographs is written without a space.
            return name.Surname.Length is >= 2 and <= 6 && Skeleton.WeightOf(name.Surname) == 2 * name.Surname.Length ? name.Surname : null;
        }

        string given = Nysiis.Of(name.Given), surname = Nysiis.Of(name.Surname);
        return name.Given.Length < 2 || name.Surname.Length < 2 || given.Length + surname.Length < 5
            ? null
            : string.CompareOrdinal(given, surname) <= 0 ? $"{given}+{surname}" : $"{surname}+{given}";
    }
}
