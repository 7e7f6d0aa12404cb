using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Keys;

/// <summary>
/// COMPOUND keys of natural persons by their street (docs/keys.md): they meet where number or postcode is wrong, and the name as well. Made only where the party is said to be
/// a person: for a company in a business park they would bring its neighbours.
/// </summary>
internal static class PersonStreetKeys
{
    private const int MostNames = 1;
    private const int MostWords = 3;

    internal static IEnumerable<(Identifier Key, string Field)> Of(Party party, PostalAddress address)
    {
        if (party.Kind != PartyKind.Person || Skeleton.WeightOf(address.Street) < 3)
        {
            yield break;
        }

        foreach (PartyName name in PartyNames.Of(party).Take(MostNames))
        {
            if (CompoundKeys.PairOf(name) is { } pair)
            {
                yield return (new Identifier(IdentifierType.PersonNameStreet, $"{pair}|{address.Street}"), $"{name.Field}+street");
            }

            List<string> words = [.. name.All.Where(word => Skeleton.WeightOf(word) >= 2).Take(MostWords)];
            foreach (string code in words.Select(Nysiis.Of).Where(code => Skeleton.WeightOf(code) >= 2 && address.Number.Length > 0).Distinct(StringComparer.Ordinal))
            {
                yield return (new Identifier(IdentifierType.NameWordStreetNumber, $"{code}|{address.Street}|{address.Number}"), $"{name.Field}+street");
            }

            foreach (string initial in words.Select(word => word[..1]).Distinct(StringComparer.Ordinal))
            {
                if (address.Postcode.Length > 0)
                {
                    yield return (new Identifier(IdentifierType.NameInitialStreet, $"{initial}|{address.Street}|{address.Postcode}"), $"{name.Field}+street+postcode");
                }

                if (address.City.Length > 0)
                {
                    yield return (new Identifier(IdentifierType.NameInitialStreet, $"{initial}|{address.Street}|{address.City}"), $"{name.Field}+street+city");
                }
            }
        }
    }
}
