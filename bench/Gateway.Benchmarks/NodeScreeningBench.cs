using System.Globalization;
using System.Security.Cryptography;
using Gateway.Cli.Samples;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Node.Matching;
using Gateway.Node.Screening;

namespace Gateway.Benchmarks;

/// <summary>
/// The node's own way of screening on the rows of the sample manifest, one core, all identifiers known and none of them hit: what normalisation, compound keys and the answer's
/// message cost around the look-ups.
/// </summary>
internal static class NodeScreeningBench
{
    private const int Shipments = 10_000;

    public static async Task RunAsync(TextWriter output)
    {
        await using BenchNetwork network = await BenchNetwork.StartAsync("one", "two");
        BenchMember member = network.Members[0];
        await using RunningNode node = await RunningNode.StartAsync(member.Directory, member.Directory.StoreFile);
        Screener screener = node.Get<Screener>();
        Shipment[] shipments = [.. Manifest().Take(Shipments)];
        PreparedShipment[] prepared = [.. shipments.Select(screener.Prepare)];
        EvaluatedIdentifier[] known = [.. prepared.SelectMany(shipment => shipment.Hashes).Distinct().Select(hash => new EvaluatedIdentifier(hash, RandomNumberGenerator.GetBytes(VoprfClient.OutputSize)))];
        await node.Get<NodeMatcher>().LearnAsync(known, member.OprfVersion, CancellationToken.None);

        Cores.Use(1);
        double identifiers = prepared.Average(shipment => shipment.Hashes.Length);
        KnownCache cache = node.Get<KnownCache>();
        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Screening by the node: {shipments.Length:N0} rows of the sample manifest, {identifiers:F1} identifiers each, {known.Length:N0} distinct ones, one core; load average {Machine.Load()}"));
        Measurement keys = Measurement.Of(shipments.Length, () => shipments.Sum(shipment => (long)KeysOf.Of(shipment, ScreeningScope.Default).Identifiers.Count));
        Measurement hashing = Measurement.Of(shipments.Length, () => prepared.Sum(shipment => shipment.Keys.Identifiers.Sum(derived => (long)(ulong)cache.HashOf(derived.Identifier) & 1)));
        Measurement prepare = Measurement.Of(shipments.Length, () => shipments.Sum(shipment => (long)screener.Prepare(shipment).Hashes.Length));
        Measurement decide = Measurement.Of(shipments.Length, () => prepared.Sum(shipment => (long)screener.DecideAsync(shipment, CancellationToken.None).AsTask().GetAwaiter().GetResult().Decision));
        Measurement both = Measurement.Of(shipments.Length, () => shipments.Sum(shipment => (long)screener.DecideAsync(screener.Prepare(shipment), CancellationToken.None).AsTask().GetAwaiter().GetResult().Decision));
        table.Note("Prepare and Decide", Rates(both), "shipments/s");
        table.Note("  normalisation and keys (KeysOf.Of)", Microseconds(keys), "µs");
        table.Note("  hashing", Microseconds(hashing), "µs");
        table.Note("  Prepare: both of these", Microseconds(prepare), "µs");
        table.Note("  Decide: look-ups and the answer's message", Microseconds(decide), "µs");
        output.WriteLine();
    }

    private static double[] Microseconds(Measurement taken) => [taken.Fastest / 1_000, taken.Median / 1_000, taken.Slowest / 1_000];

    private static double[] Rates(Measurement taken) => [1e9 / taken.Slowest, 1e9 / taken.Median, 1e9 / taken.Fastest];

    /// <summary>The rows of the sample manifest.</summary>
    public static IEnumerable<Shipment> Manifest()
    {
        SampleSource source = SampleSource.Open(SamplesFolder());
        SampleOptions options = new();
        return new ManifestComposer(source, options, new ActorComposer(source, options).Published).Shipments().Select(shipment => ToShipment(shipment.Row));
    }

    internal static DirectoryInfo SamplesFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) return new DirectoryInfo(Path.Combine(folder.FullName, "samples"));
        }

        throw new DirectoryNotFoundException("The samples are read from the source tree: run the bench from a build inside it.");
    }

    private static Shipment ToShipment(ShipmentRow row) => new()
    {
        Id = row.Id,
        HsCode = row.Hs6,
        CountryOfDeparture = row.Departure,
        CountryOfOrigin = row.Origin,
        Arrival = DateOnly.TryParse(row.Arrival, CultureInfo.InvariantCulture, out DateOnly day) ? day : null,
        References = [.. Stated((IdentifierType.Container, row.Container), (IdentifierType.AirWaybill, row.AirWaybill), (IdentifierType.PostalItem, row.PostalItem))],
        Parties = [.. new[] { (PartyRole.Consignor, row.Consignor), (PartyRole.Consignee, row.Consignee), (PartyRole.Seller, row.Seller) }
            .Where(party => party.Item2.Name.Length > 0 || party.Item2.Account.Length > 0)
            .Select(party => (party.Item1, ToParty(party.Item2)))],
    };

    private static Party ToParty(PartyFields fields) => new()
    {
        Kind = fields.Kind switch { "ORGANISATION" => PartyKind.Organisation, "PERSON" => PartyKind.Person, _ => PartyKind.Unknown },
        Name = fields.Name,
        Street = fields.Address.Street,
        City = fields.Address.City,
        Postcode = fields.Address.Postcode,
        Country = fields.Address.Country,
        Identifiers = [.. Stated(
            (IdentifierType.Email, fields.Email), (IdentifierType.Phone, fields.Phone), (IdentifierType.Vat, fields.Vat), (IdentifierType.CompanyRegistration, fields.Registration),
            (IdentifierType.TaxNumber, fields.TaxNumber), (IdentifierType.Domain, fields.Website), (IdentifierType.MarketplaceAccount, fields.Account))],
    };

    private static IEnumerable<StatedIdentifier> Stated(params (IdentifierType Type, string Value)[] values) =>
        values.Where(value => value.Value.Length > 0).Select(value => new StatedIdentifier(value.Type, value.Value));
}
