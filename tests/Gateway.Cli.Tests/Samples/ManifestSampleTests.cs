using Gateway.Cli.Samples;

namespace Gateway.Cli.Tests.Samples;

public class ManifestSampleTests(ComposedSample sample) : IClassFixture<ComposedSample>
{
    private static readonly string[] Senders = ["consignor", "seller"];

    [Fact]
    public void There_are_more_than_twenty_thousand_shipments_each_with_a_number_of_its_own()
    {
        Assert.InRange(sample.Manifest.Count, 20_000, 25_000);
        Assert.Equal(sample.Summary.Shipments, sample.Manifest.Count);
        Assert.Equal(sample.Manifest.Count, sample.Manifest.Select(row => row["shipment_id"]).Distinct().Count());
    }

    [Fact]
    public void House_consignments_together_weigh_and_cost_what_the_declaration_says()
    {
        var declared = SampleSource.Open(new DirectoryInfo(Path.Combine(sample.Root, "samples"))).Declarations.ToDictionary(declaration => declaration.Id);
        var groups = sample.Manifest.GroupBy(row => row["shipment_id"].Split('-')[0]).ToList();
        Assert.Equal(declared.Count, groups.Count);
        Assert.All(groups, group =>
        {
            Assert.Equal(declared[group.Key].MassKg, group.Sum(row => Number(row["mass_kg"])));
            Assert.Equal(declared[group.Key].Value, group.Sum(row => Number(row["value"])));
        });
        Assert.All(sample.Manifest, row => Assert.True(Number(row["mass_kg"]) >= 0 && Number(row["value"]) >= 0));
    }

    [Fact]
    public void Consignors_repeat_and_consignees_are_mostly_persons()
    {
        Assert.InRange(sample.Summary.Distinct["consignor_name"], 2_000, 2_800);
        Assert.InRange(sample.Manifest.Count(row => row["consignee_kind"] == "PERSON") * 100 / sample.Manifest.Count, 90, 99);
    }

    [Fact]
    public void At_most_four_thousand_shipments_have_a_reference_and_every_check_digit_holds()
    {
        Assert.InRange(sample.Manifest.Count(row => (row["container"] + row["air_waybill"] + row["postal_item"]).Length > 0), 3_000, 4_000);
        Assert.All(Values("container"), value => Assert.True(CheckDigits.IsContainer(value), value));
        Assert.All(Values("air_waybill"), value => Assert.True(CheckDigits.IsAirWaybill(value), value));
        Assert.All(Values("postal_item"), value => Assert.True(CheckDigits.IsPostalItem(value), value));
        Assert.All(sample.Manifest, row =>
        {
            Assert.True(row["container"].Length == 0 || row["transport_mode"] == "SEA");
            Assert.True(row["air_waybill"].Length == 0 || row["transport_mode"] == "AIR");
            Assert.True(row["postal_item"].Length == 0 || row["transport_mode"] == "POST");
        });
    }

    [Fact]
    public void Registrations_and_VAT_numbers_of_made_up_parties_hold()
    {
        List<string> registrations = [.. Clean().SelectMany(row => new[] { row["consignor_registration"], row["consignee_registration"] }).Where(value => value.Length > 0).Distinct()];
        Assert.All(registrations, value => Assert.True(
            value[..3] switch
            {
                "CN:" => CheckDigits.IsUscc(value[3..]) && CheckDigits.OrganisationCode(value[11..19]) == value[19],
                "JP:" => value.Length == 16 && CheckDigits.JapaneseCorporateNumber(value[4..]) == value[3] - '0',
                "KR:" => value.Length == 13 && CheckDigits.KoreanBusinessNumber(value[3..12]) == value[12] - '0',
                "GB:" => value.Length == 11,
                "HK:" => value.Length == 10,
                "SG:" => value.Length == 13,
                _ => false,
            },
            value));
        Assert.Contains(registrations, value => value.StartsWith("CN:", StringComparison.Ordinal));
        List<string> vat = [.. Clean().Select(row => row["consignor_vat"]).Where(value => value.Length > 0).Distinct()];
        Assert.All(vat, value => Assert.True(CheckDigits.IsVat(value), value));
        Assert.NotEmpty(vat);
    }

    [Fact]
    public void Nobody_made_up_has_an_address_on_the_real_internet()
    {
        foreach (string role in new[] { "consignor", "consignee", "seller" })
        {
            Assert.All(Clean(), row =>
            {
                Assert.True(row[role + "_email"].Length == 0 || row[role + "_email"].EndsWith(".example", StringComparison.Ordinal));
                Assert.True(row[role + "_website"].Length == 0 || Canonical.Host(row[role + "_website"]).EndsWith(".example", StringComparison.Ordinal));
            });
        }
    }

    [Fact]
    public void No_clean_shipment_carries_a_strong_identifier_of_a_published_actor()
    {
        IReadOnlyList<Row> actors = sample.Actors();
        HashSet<string> emails = [.. actors.SelectMany(row => row.Several("emails")).Select(Canonical.Email)];
        HashSet<string> hosts = [.. actors.SelectMany(row => row.Several("websites")).Select(Canonical.Host)];
        HashSet<string> numbers = [.. actors.SelectMany(row => row.Several("registrations").Concat(row.Several("tax_numbers"))).Select(value => Canonical.Number(value, ""))];
        HashSet<string> vat = [.. actors.SelectMany(row => row.Several("vat"))];
        List<string> phones = [.. actors.SelectMany(row => row.Several("phones")).Select(Canonical.Phone).Distinct()];
        foreach (string role in new[] { "consignor", "consignee", "seller" })
        {
            Assert.DoesNotContain(Clean(), row => row[role + "_email"].Length > 0 && emails.Contains(Canonical.Email(row[role + "_email"])));
            Assert.DoesNotContain(Clean(), row => row[role + "_website"].Length > 0 && hosts.Contains(Canonical.Host(row[role + "_website"])));
            Assert.DoesNotContain(Clean(), row => row[role + "_registration"].Length > 0 && numbers.Contains(Canonical.Number(row[role + "_registration"], row[role + "_country"])));
            Assert.DoesNotContain(Clean(), row => row[role + "_tax_number"].Length > 0 && numbers.Contains(Canonical.Number(row[role + "_tax_number"], row[role + "_country"])));
            Assert.DoesNotContain(Clean(), row => vat.Contains(row[role + "_vat"]));

            // A national form ends an international one.
            List<string> written = [.. Clean().Select(row => Canonical.Phone(row[role + "_phone"])).Where(value => value.Length > 0).Distinct()];
            Assert.DoesNotContain(written, value => phones.Any(phone => phone.EndsWith(value, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Every_plant_relates_to_its_actor_as_its_form_says()
    {
        Dictionary<string, Row> actors = sample.Actors().ToDictionary(row => row["reference"]);
        Dictionary<string, Row> shipments = sample.Manifest.ToDictionary(row => row["shipment_id"]);
        IReadOnlyList<Row> planted = sample.Read("planted.csv");
        Assert.InRange(planted.Count, 140, 150);
        Assert.Equal(9, planted.Select(row => row["form"]).Distinct().Count());
        Assert.Contains(planted, row => row["detail"] == "NATIONAL");
        Assert.All(planted, plant => Check(plant, shipments[plant["shipment_id"]], actors[plant.Several("actor_references")[0]]));
    }

    private static void Check(Row plant, Row shipment, Row actor)
    {
        foreach (string column in plant.Several("fields"))
        {
            string role = Senders.First(sender => column.StartsWith(sender + "_", StringComparison.Ordinal));
            string written = shipment[column], country = shipment[role + "_country"], form = plant["form"];
            Assert.NotEmpty(written);
            switch (column[(role.Length + 1)..])
            {
                case "name" when form == "NAME_TYPO_SAME_ADDRESS":
                    Assert.Equal(1, Distance(actor["name"], written));
                    break;
                case "name" when form == "ALIAS":
                    Assert.Contains(written, actor.Several("aliases"));
                    break;
                case "name":
                    Assert.Equal(Canonical.Words(actor["name"]), Canonical.Words(written));
                    break;
                case "email":
                    Assert.Contains(Canonical.Email(written), actor.Several("emails").Select(Canonical.Email));
                    Assert.Equal(form != "VERBATIM", form == "CASE" ? written.Any(char.IsUpper) : !actor.Several("emails").Contains(written));
                    break;
                case "phone":
                    Assert.Contains(actor.Several("phones").Select(Canonical.Phone), phone => plant["detail"] == "NATIONAL"
                        ? phone.EndsWith(written.StartsWith("8 ", StringComparison.Ordinal) ? Canonical.Phone(written[1..]) : Canonical.Phone(written), StringComparison.Ordinal)
                        : phone == Canonical.Phone(written));
                    break;
                case "website":
                    Assert.Contains(Canonical.Host(written), actor.Several("websites").Select(Canonical.Host));
                    break;
                case "registration":
                    Assert.Contains(Canonical.Number(written, country), actor.Several("registrations").Select(value => Canonical.Number(value, "")));
                    Assert.True(form != "REGISTRATION_PUNCTUATED" || !actor.Several("registrations").Contains(written));
                    break;
                case "tax_number":
                    Assert.Contains(Canonical.Number(written, country), actor.Several("tax_numbers").Select(value => Canonical.Number(value, "")));
                    break;
                case "vat":
                    Assert.Contains(written, actor.Several("vat"));
                    break;
                case string address:
                    Assert.Contains(address, new[] { "street", "city", "postcode", "country" });
                    Assert.Equal(actor[address], written);
                    break;
            }
        }

        bool strong = plant.Several("fields").Any(field => new[] { "_email", "_phone", "_website", "_registration", "_tax_number", "_vat" }.Any(field.EndsWith));
        Assert.Equal(strong ? "STRONG" : "COMPOUND", plant["expected"]);
    }

    /// <summary>Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= b.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
            }
        }

        return row[b.Length];
    }

    private IEnumerable<string> Values(string column) => sample.Manifest.Select(row => row[column]).Where(value => value.Length > 0).Distinct();

    private IEnumerable<Row> Clean()
    {
        HashSet<string> planted = [.. sample.Read("planted.csv").Select(row => row["shipment_id"])];
        return sample.Manifest.Where(row => !planted.Contains(row["shipment_id"]));
    }

    private static decimal Number(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
