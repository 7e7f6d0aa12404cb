using System.Globalization;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;
using Xunit.Abstractions;

namespace Gateway.Matching.Tests.Identifiers;

/// <summary>Agreement with independent programs (oracles/README.md).</summary>
public sealed class OracleTests(ITestOutputHelper output)
{
    [Fact]
    public void Numbers_are_judged_as_stdnum_judges_them()
    {
        int agreed = 0, all = 0;
        var disagreements = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string[] row in Table.Rows("numbers.csv"))
        {
            bool accepted = IdentifierNormaliser.Normalise(new StatedIdentifier(Enum.Parse<IdentifierType>(row[0]), row[2]), row[1]).IsAccepted;
            bool same = accepted == (row[3] == "valid");
            all++;
            agreed += same ? 1 : 0;
            if (!same)
            {
                string key = $"{row[0]} {(row[0] == "Iban" ? row[2][..2] : row[1])} {row[3]}";
                disagreements[key] = disagreements.GetValueOrDefault(key) + 1;
                output.WriteLine($"{key}: {row[2]}");
            }
        }

        output.WriteLine($"{agreed} of {all}");
        foreach ((string key, int count) in disagreements)
        {
            output.WriteLine($"{key}: {count}");
        }

        // 5,504 of 5,584. Known differences: stdnum checks no check digit of Korean businesses, refuses Latvian personal numbers since 2017 (which begin with 32
        // and have neither a date nor a check digit), and looks for dates in Bulgarian citizens' numbers.
        Assert.True(agreed >= 5_500, $"only {agreed} of {all} agree");
        Assert.DoesNotContain(disagreements.Keys, key => key.StartsWith("Iban", StringComparison.Ordinal) || key.StartsWith("Container", StringComparison.Ordinal));
    }

    [Fact]
    public void Form_KC_is_what_the_Unicode_database_says()
    {
        foreach (string[] row in Table.Rows("nfkc.csv"))
        {
            Assert.Equal(Text(row[1]), Nfkc.Of(Text(row[0])));
        }

        static string Text(string hex) => string.Concat(hex.Split(' ').Select(cp => char.ConvertFromUtf32(int.Parse(cp, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Telephone_numbers_come_out_as_libphonenumber_writes_them()
    {
        int agreed = 0, all = 0, wrong = 0;
        foreach (string[] row in Table.Rows("phones.csv"))
        {
            Normalisation normalisation = IdentifierNormaliser.Normalise(new StatedIdentifier(IdentifierType.Phone, row[1]), row[0]);
            string value = normalisation.Identifier?.Value ?? "";
            all++;
            agreed += value == row[2] ? 1 : 0;
            wrong += value != row[2] && value.Length > 0 && row[2].Length > 0 ? 1 : 0;
            if (value != row[2])
            {
                output.WriteLine($"{row[0]} {row[1]}: {row[2]} but {value} {normalisation.Rejection?.Rule}");
            }
        }

        output.WriteLine($"{agreed} of {all}; another number: {wrong}");
        // 4,831 of 4,831, three written forms and the dialled form of two mobile and two fixed numbers of every country; 923 are too short and refused by both.
        Assert.Equal(0, wrong);
        Assert.True(agreed >= 4_800, $"only {agreed} of {all} agree");
    }
}
