using System.Text;

namespace Gateway.Cli.Samples;

/// <summary>A line of a file with errors, and what is wrong with it.</summary>
/// <param name="Line">Line number, the header being 1.</param>
/// <param name="Column">The column at fault, empty where it is the whole row.</param>
/// <param name="Fault">What is wrong.</param>
public readonly record struct ExpectedFault(int Line, string Column, string Fault);

/// <summary>Writes the small files that show what becomes of bad rows.</summary>
internal static class ErrorFiles
{
    /// <summary>Good rows with eight bad ones among them.</summary>
    public static IReadOnlyList<ExpectedFault> WriteActors(string path, IReadOnlyList<ActorRow> good)
    {
        using CsvFile file = new(path, ActorRow.Header);
        List<ExpectedFault> faults = [];
        ActorRow model = good[0] with { Aliases = [], Emails = ["sales@tutorial.example"], Phones = [], Websites = [], Category = "FOOTWEAR", Evidence = "SEIZURE_CONFIRMED" };
        (string Column, string Fault, ActorRow Row)[] bad =
        [
            ("ibans", "the check digits of the IBAN do not hold", model with { Reference = "E-1", Ibans = ["DE88370400440532013000"] }),
            ("name", "the name is missing", model with { Reference = "E-2", Name = "" }),
            ("category", "no goods category is called so", model with { Reference = "E-3", Category = "SHOES" }),
            ("first_seen", "not a date YYYY-MM-DD", model with { Reference = "E-4", FirstSeen = "31/12/2025" }),
            ("name", "longer than any name (5,000 characters)", model with { Reference = "E-5", Name = new string('A', 5000) }),
            ("containers", "the check digit of the container does not hold", model with { Reference = "E-6", Containers = ["CSQU3054384"] }),
            ("evidence", "the evidence grade is missing", model with { Reference = "E-7", Evidence = "" }),
            ("country", "no ISO 3166-1 alpha-2 code", model with { Reference = "E-8", Address = model.Address with { Country = "XX" } }),
        ];
        int line = 1;
        for (int i = 0; i < Math.Max(good.Count, bad.Length); i++)
        {
            if (i < good.Count)
            {
                file.Write((good[i] with { Reference = "G-" + good[i].Reference, Category = "OTHER", Evidence = "SUSPECTED", HsCodes = ["39"] }).Fields());
                line++;
            }

            if (i < bad.Length)
            {
                file.Write(bad[i].Row.Fields());
                faults.Add(new ExpectedFault(++line, bad[i].Column, bad[i].Fault));
            }
        }

        return faults;
    }

    /// <summary>Good rows with bad ones of every kind among them, as bytes: one row is not UTF-8.</summary>
    public static IReadOnlyList<ExpectedFault> WriteManifest(string path, IReadOnlyList<ShipmentRow> good)
    {
        ShipmentRow model = good[0];
        byte[] Bytes(ShipmentRow row) => Encoding.UTF8.GetBytes(Line(row.Fields()));
        byte[] Field(string id, string column, string value) =>
            Encoding.UTF8.GetBytes(Line((model with { Id = id }).Fields().Select((field, i) => ShipmentRow.Header[i] == column ? value : field)));
        byte[] notUtf8 = Bytes(model with { Id = "E-12", Consignor = model.Consignor with { Name = "Caf? Trading" } });
        notUtf8[Array.IndexOf(notUtf8, (byte)'?')] = 0xE9;
        (string Column, string Fault, byte[] Row)[] bad =
        [
            ("", "fewer fields than the header has", Encoding.UTF8.GetBytes(Line(model.Fields().Take(20)))),
            ("", "more fields than the header has", Encoding.UTF8.GetBytes(Line([.. (model with { Id = "E-2" }).Fields(), "one", "two"]))),
            ("arrival", "not a date YYYY-MM-DD", Field("E-3", "arrival", "2021-02-30")),
            ("container", "the check digit of the container does not hold", Field("E-4", "container", "CSQU3054384")),
            ("air_waybill", "the check digit of the air waybill does not hold", Field("E-5", "air_waybill", "180-12345676")),
            ("postal_item", "the check digit of the postal item does not hold", Field("E-6", "postal_item", "RR473124828GB")),
            ("shipment_id", "stands twice in the file", Bytes(good[1])),
            ("shipment_id", "is missing", Field("", "arrival", "2021-01-01")),
            ("transport_mode", "no transport mode is called so", Field("E-9", "transport_mode", "ROCKET")),
            ("mass_kg", "not a number with a decimal point", Field("E-10", "mass_kg", "12,5")),
            ("country_of_origin", "no ISO 3166-1 alpha-2 code", Field("E-11", "country_of_origin", "Korea")),
            ("consignor_name", "not UTF-8: the byte E9 stands alone", notUtf8),
            ("consignor_registration", "the check character of the credit code does not hold", Field("E-13", "consignor_registration", "CN:91350100M000100Y44")),
        ];

        using FileStream file = File.Create(path);
        file.Write(Encoding.UTF8.GetBytes(Line(ShipmentRow.Header)));
        List<ExpectedFault> faults = [];
        int line = 1;
        for (int i = 0; i < Math.Max(good.Count, bad.Length + 2); i++)
        {
            if (i < good.Count)
            {
                file.Write(Bytes(good[i]));
                line++;
            }

            // The first bad row comes after two good ones, one of which a later row repeats.
            if (i is > 1 && i - 2 < bad.Length)
            {
                file.Write(bad[i - 2].Row);
                faults.Add(new ExpectedFault(++line, bad[i - 2].Column, bad[i - 2].Fault));
            }
        }

        return faults;
    }

    private static string Line(IEnumerable<string> fields) => string.Join(',', fields.Select(Quoted)) + "\r\n";

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\r\n") < 0 ? field : "\"" + field.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
