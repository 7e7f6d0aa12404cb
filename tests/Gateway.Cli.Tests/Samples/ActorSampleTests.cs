using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Cli.Samples;

namespace Gateway.Cli.Tests.Samples;

public class ActorSampleTests(ComposedSample sample) : IClassFixture<ComposedSample>
{
    private static readonly string[] Categories =
    [
        "FOOTWEAR", "CLOTHING", "LEATHER_GOODS", "WATCHES", "JEWELLERY", "COSMETICS", "PERFUME", "ELECTRONICS", "TOYS", "MEDICINES", "AUTO_PARTS", "TOBACCO", "FOOD",
        "SPORTS_GOODS", "HOUSEHOLD", "OTHER",
    ];

    private static readonly string[] Grades = ["COURT_DECISION", "SEIZURE_CONFIRMED", "RIGHTS_HOLDER_CONFIRMED", "TEST_PURCHASE", "ACCOUNT_CLOSED", "SUSPECTED"];

    [Fact]
    public void At_least_six_hundred_actors_are_published_and_about_one_in_twenty_twice()
    {
        IReadOnlyList<Row> one = sample.Read("actors-retailer-one.csv"), two = sample.Read("actors-retailer-two.csv");
        int both = one.Select(Entity).Intersect(two.Select(Entity)).Count();
        Assert.Equal(sample.Summary.Shared, both);
        Assert.InRange(one.Count + two.Count - both, 600, 800);
        Assert.InRange(both * 100 / (one.Count + two.Count - both), 3, 8);
        Assert.Equal(one.Count + two.Count, sample.Actors().Select(row => row["reference"]).Distinct().Count());
    }

    [Fact]
    public void Every_category_and_every_grade_occurs()
    {
        Assert.Equal(Categories.Order(), sample.Actors().Select(row => row["category"]).Distinct().Order());
        Assert.Equal(Grades.Order(), sample.Actors().Select(row => row["evidence"]).Distinct().Order());
    }

    [Fact]
    public void Every_actor_has_a_name_a_country_and_something_that_identifies_it()
    {
        string[] strong = ["emails", "phones", "websites", "vat", "registrations", "tax_numbers", "identity_documents", "payment_accounts"];
        Assert.All(sample.Actors(), row =>
        {
            Assert.NotEmpty(row["name"]);
            Assert.Matches("^[A-Z]{2}$", row["country"]);
            Assert.InRange(strong.Sum(column => row.Several(column).Length), 1, 24);
            Assert.Contains(row["subject"], new[] { "ORGANISATION", "PERSON" });
        });
    }

    [Fact]
    public void Every_identifier_is_written_as_the_format_says_and_its_check_digits_hold()
    {
        Assert.All(sample.Actors(), row =>
        {
            Assert.All(row.Several("emails"), value => Assert.Matches(@"^[^@\s;]+@[^@\s;]+\.[A-Za-z]{2,}$", value));
            Assert.All(row.Several("phones"), value => Assert.Matches(@"^\+[0-9][0-9 ()-]{7,20}$", value));
            Assert.All(row.Several("websites"), value => Assert.Matches(@"^[a-z0-9.-]+\.[a-z]{2,}$", Canonical.Host(value)));
            Assert.All(row.Several("vat"), value => Assert.True(CheckDigits.IsVat(value), value));
            Assert.All(row.Several("registrations").Concat(row.Several("tax_numbers")), value => Assert.Matches(@"^[A-Z]{2}:[A-Za-z0-9][A-Za-z0-9 ./-]+$", value));
            Assert.All(row.Several("registrations").Where(value => value.StartsWith("CN:", StringComparison.Ordinal)), value => Assert.True(CheckDigits.IsUscc(value[3..]), value));
            Assert.All(row.Several("registrations").Where(value => value.StartsWith("RU:", StringComparison.Ordinal)), value => Assert.True(CheckDigits.IsOgrn(value[3..]), value));
            Assert.All(row.Several("tax_numbers").Where(value => value.StartsWith("RU:", StringComparison.Ordinal)), value => Assert.True(CheckDigits.IsInn(value[3..]), value));
            Assert.All(row.Several("identity_documents"), value => Assert.Matches("^[A-Z]{2}:(PASSPORT|NATIONAL_ID):[A-Za-z0-9]{5,20}$", value));
            Assert.All(row.Several("payment_accounts"), value => Assert.Matches("^[A-Z]{3,5}:[A-Za-z0-9]{20,110}$", value));
            Assert.All(row.Several("hs_codes"), value => Assert.Matches("^([0-9]{2}|[0-9]{6})$", value));
            Assert.All(new[] { row["first_seen"], row["last_seen"] }.Where(value => value.Length > 0), value => DateOnly.ParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture));
            Assert.True(row["last_seen"].Length == 0 || string.CompareOrdinal(row["first_seen"], row["last_seen"]) <= 0);
        });
    }

    [Fact]
    public void Both_retailers_know_a_shared_actor_by_a_common_identifier_but_not_by_the_same_bytes()
    {
        Dictionary<string, Row> one = sample.Read("actors-retailer-one.csv").ToDictionary(Entity);
        List<(Row One, Row Two)> shared = [.. sample.Read("actors-retailer-two.csv").Where(row => one.ContainsKey(Entity(row))).Select(row => (one[Entity(row)], row))];
        Assert.NotEmpty(shared);
        Assert.All(shared, pair =>
        {
            Assert.NotEqual(pair.One.Fields, pair.Two.Fields);
            Assert.NotEmpty(Strong(pair.One).Intersect(Strong(pair.Two)));
        });
    }

    [Fact]
    public void A_city_line_is_split_and_remarks_are_read_by_their_labels()
    {
        (string Line, string City, string Postcode)[] cases =
        [
            ("London EC3N 1DY", "London", "EC3N 1DY"), ("Zurich CH-8022", "Zurich", "CH-8022"), ("Culiacan, Sinaloa 80060", "Culiacan", "80060"),
            ("Mexico, D.F. 06500", "Mexico", "06500"), ("Msida MSD 9060", "Msida", "MSD 9060"), ("Ontario L5A 3P2", "Ontario", "L5A 3P2"), ("Panama City", "Panama City", ""),
        ];
        const string Remarks = "alt. Email Address a@acme.example; Telephone (98)(21)(66153220); Telephone (44)(20)(79460001); Website facebook.com/acme; "
            + "Passport C1234567 (Russia) issued 25 Feb 2008 expires 27 Feb 2018; Tax ID No. 7707083893 (Russia); Tax ID No. 7707083894 (Russia); "
            + "Unified Social Credit Code (USCC) 91350100M000100Y43 (China); Company Number IMO 5758476; alt. Digital Currency Address - XBT 1Kuf2Rd8mDyAViwBozGTNYnvWL8uYFrkVo";
        DirectoryInfo samples = Directory.CreateTempSubdirectory("gateway-sample-");
        try
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(sample.Root, "samples"), "*.csv", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(samples.FullName, Path.GetRelativePath(Path.Combine(sample.Root, "samples"), file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            string ofac = Path.Combine(samples.FullName, "ofac");
            File.WriteAllLines(Path.Combine(ofac, "entities.csv"), ["entity,name,kind,identifiers", .. cases.Select((_, i) => $"{i},ACME,ORGANISATION,{Remarks}")]);
            File.WriteAllLines(Path.Combine(ofac, "addresses.csv"), ["entity,street,city,country", .. cases.Select((one, i) => $"{i},1 High Street,\"{one.Line}\",United Kingdom")]);
            File.WriteAllText(Path.Combine(ofac, "aliases.csv"), "entity,name\n");
            IReadOnlyList<PublishedActor> actors = new ActorComposer(SampleSource.Open(samples), new SampleOptions()).Published;
            Assert.Equal(cases.Select(one => new Address("1 High Street", one.City, one.Postcode, "GB")), actors.Select(actor => actor.Row.Address));

            // The Iranian number states no country of the entity's, the second tax number fails its check digit, the site is a platform's.
            ActorRow row = actors[0].Row;
            Assert.Equal(["a@acme.example"], row.Emails);
            Assert.Equal(["+442079460001"], row.Phones);
            Assert.Empty(row.Websites);
            Assert.Equal(["RU:PASSPORT:C1234567"], row.IdentityDocuments);
            Assert.Equal(["RU:7707083893"], row.TaxNumbers);
            Assert.Equal(["CN:91350100M000100Y43"], row.Registrations);
            Assert.Equal(["XBT:1Kuf2Rd8mDyAViwBozGTNYnvWL8uYFrkVo"], row.PaymentAccounts);
        }
        finally
        {
            samples.Delete(recursive: true);
        }
    }

    [Fact]
    public void Asking_for_more_actors_than_are_usable_takes_all_of_them()
    {
        SampleSource source = SampleSource.Open(new DirectoryInfo(Path.Combine(sample.Root, "samples")));
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-sample-");
        try
        {
            SampleSummary summary = SampleComposer.Compose(source, folder, new SampleOptions { Actors = 5000 });
            Assert.InRange(summary.RetailerOne + summary.RetailerTwo - summary.Shared, sample.Summary.RetailerOne + sample.Summary.RetailerTwo - sample.Summary.Shared, source.Entities.Count);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Entity(Row row) => Regex.Replace(row["reference"], "^R[12]-", "");

    private static HashSet<string> Strong(Row row) =>
    [
        .. row.Several("emails").Select(Canonical.Email), .. row.Several("phones").Select(Canonical.Phone), .. row.Several("websites").Select(Canonical.Host), .. row.Several("vat"),
        .. row.Several("registrations"), .. row.Several("tax_numbers"), .. row.Several("identity_documents"), .. row.Several("payment_accounts"),
    ];
}
