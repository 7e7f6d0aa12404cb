using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Xunit.Abstractions;

namespace Gateway.Matching.Tests.Keys;

/// <summary>What the COMPOUND keys find under disguise and how many parties share one, on 7,753 real addresses. Run with <c>--logger "console;verbosity=detailed"</c> for the figures.</summary>
public sealed class CompoundKeyFigures(ITestOutputHelper output)
{
    private static readonly string[] OtherForms = ["Ltd", "LLC", "GmbH", "S.A.", "Co., Ltd.", "Inc."];

    [Theory]
    [InlineData("case", 0.99)]
    [InlineData("spacing", 0.97)]
    [InlineData("punctuation", 0.99)]
    [InlineData("legal form", 0.99)]
    [InlineData("substituted", 0.97)]
    [InlineData("dropped", 0.97)]
    [InlineData("doubled", 0.98)]
    [InlineData("transposed", 0.98)]
    public void A_disguised_name_at_the_same_address_still_meets(string disguise, double floor)
    {
        var random = new Random(20);
        int met = 0, all = 0;
        foreach ((string _, Party party) in Parties().Where(row => HasAddress(row.Party) && (disguise != "legal form" || row.Party.Kind == PartyKind.Organisation)))
        {
            string name = Disguise(party.Name, disguise, random);
            if (name == party.Name && disguise != "case")
            {
                continue;
            }

            HashSet<Identifier> keys = [.. KeysOf.Of(party).Identifiers.Select(key => key.Identifier)];
            all++;
            bool found = KeysOf.Of(party with { Name = name }).Identifiers.Any(key => keys.Contains(key.Identifier));
            met += found ? 1 : 0;
            if (!found && all % 3 == 0)
            {
                output.WriteLine($"{party.Name} / {name} / {party.Street} / {party.City} / {party.Postcode}");
            }
        }

        output.WriteLine($"{disguise}: {met} of {all}, {(double)met / all:P2}");
        Assert.True(met >= all * floor, $"{disguise}: only {met} of {all}");
    }

    [Fact]
    public void Few_parties_share_a_key()
    {
        var owners = new Dictionary<Identifier, HashSet<string>>();
        int parties = 0, keyCount = 0, most = 0;
        foreach ((string entity, Party party) in Parties())
        {
            IReadOnlyList<DerivedIdentifier> keys = KeysOf.Of(party).Identifiers;
            parties++;
            keyCount += keys.Count;
            most = Math.Max(most, keys.Count);
            foreach (DerivedIdentifier key in keys)
            {
                (owners.TryGetValue(key.Identifier, out HashSet<string>? set) ? set : owners[key.Identifier] = []).Add(entity);
            }
        }

        foreach (IGrouping<IdentifierType, KeyValuePair<Identifier, HashSet<string>>> group in owners.GroupBy(pair => pair.Key.Type).OrderBy(group => group.Key))
        {
            int[] counts = [.. group.Select(pair => pair.Value.Count).Order()];
            output.WriteLine($"{group.Key}: {counts.Length} keys, p99 {counts[(int)(counts.Length * 0.99)]}, most {counts[^1]} ({group.MaxBy(pair => pair.Value.Count).Key.Value})");
        }

        int[] all = [.. owners.Values.Select(set => set.Count).Order()];
        output.WriteLine($"{keyCount / (double)parties:F1} keys an address, at most {most}; shared by p99 {all[(int)(all.Length * 0.99)]}, at most {all[^1]} entities");
        Assert.True(all[(int)(all.Length * 0.99)] <= 4);
        Assert.True(all[^1] <= 40);
    }

    private static bool HasAddress(Party party) => party.Street.Any(char.IsAsciiDigit) && (party.Postcode.Length > 0 || party.City.Length > 0);

    // All in one country: more sharing than there is.
    private static IEnumerable<(string Entity, Party Party)> Parties() => Table.Rows("addresses.csv").Select(row => (row[0], new Party
    {
        Kind = row[1] == "PERSON" ? PartyKind.Person : PartyKind.Organisation, Name = row[2], Street = row[3], City = row[4], Postcode = row[5], Country = "ZZ",
    }));

    private static string Disguise(string name, string disguise, Random random)
    {
        int[] letters = [.. Enumerable.Range(0, name.Length).Where(i => char.IsLetter(name[i]))];
        int[] spaces = [.. Enumerable.Range(0, name.Length).Where(i => name[i] == ' ' && i > 0 && name[i - 1] != ',')];
        int at = letters[random.Next(letters.Length)];
        switch (disguise)
        {
            case "case":
                return name.ToLowerInvariant();
            case "spacing":
                return spaces.Length == 0 ? name : name.Remove(spaces[random.Next(spaces.Length)], 1);
            case "punctuation":
                return name.Replace(".", "", StringComparison.Ordinal).Replace(",", name.EndsWith('.') ? "," : ", ", StringComparison.Ordinal).Replace("-", " ", StringComparison.Ordinal);
            case "legal form":
                int comma = name.LastIndexOf(',');
                return $"{(comma > 0 ? name[..comma] : name)} {OtherForms[random.Next(OtherForms.Length)]}";
            case "substituted":
                return name[..at] + (char)('A' + random.Next(26)) + name[(at + 1)..];
            case "dropped":
                return name.Remove(at, 1);
            case "doubled":
                return name.Insert(at, name[at].ToString());
            default:
                return at + 1 < name.Length && char.IsLetter(name[at + 1]) ? name[..at] + name[at + 1] + name[at] + name[(at + 2)..] : name;
        }
    }
}
