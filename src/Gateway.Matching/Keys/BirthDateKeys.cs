using System.Globalization;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Keys;

/// <summary>The COMPOUND keys of a natural person whose birth date is stated (docs/keys.md). A date alone is no key: about one person in 25,000 shares it.</summary>
internal static class BirthDateKeys
{
    // A record has 64 slots at most, and each name takes about ten for its other keys.
    private const int MostNames = 2;
    private const int MostWords = 3;

    internal static IEnumerable<(Identifier Key, string Field)> Of(Party party, PostalAddress address)
    {
        if (party.BirthDate is not { } born || party.Kind == PartyKind.Organisation)
        {
            yield break;
        }

        string date = born.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        foreach (PartyName name in PartyNames.Of(party).Take(MostNames))
        {
            foreach (string code in name.All.Where(word => Skeleton.WeightOf(word) >= 2).Select(Nysiis.Of).Where(code => Skeleton.WeightOf(code) >= 2).Distinct(StringComparer.Ordinal).Take(MostWords))
            {
                yield return (new Identifier(IdentifierType.NameWordBirthDate, $"{code}|{date}"), $"{name.Field}+birth_date");
            }

            if (CompoundKeys.PairOf(name) is { } pair)
            {
                yield return (new Identifier(IdentifierType.PersonNameBirthDate, $"{pair}|{date}"), $"{name.Field}+birth_date");
            }
        }

        if (address.Postcode.Length > 0)
        {
            yield return (new Identifier(IdentifierType.BirthDateAddress, $"{date}|{address.Postcode}"), "birth_date+postcode");
        }

        if (address.Street.Length > 0)
        {
            yield return (new Identifier(IdentifierType.BirthDateAddress, $"{date}|{address.Street}"), "birth_date+street");
        }

        // The number of a house says something only beside so rare a thing as a day of birth.
        if (address.Number.Length > 0)
        {
            yield return (new Identifier(IdentifierType.BirthDateAddress, $"{date}|no {address.Number}"), "birth_date+street");
        }
    }
}
