using System.Globalization;

namespace Gateway.Cli.Samples;

/// <summary>Makes a manifest out of the customs declarations: parties for their codes, references for some, published actors for a few.</summary>
public sealed class ManifestComposer
{
    private readonly SampleSource _source;
    private readonly SampleOptions _options;
    private readonly PartyRegister _register;

    /// <summary>Prepares the parties.</summary>
    /// <param name="source">The real data.</param>
    /// <param name="options">How large.</param>
    /// <param name="actors">Published actors, to plant and to keep apart from everybody else.</param>
    public ManifestComposer(SampleSource source, SampleOptions options, IReadOnlyList<PublishedActor> actors)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(actors);
        (_source, _options) = (source, options);
        _register = new PartyRegister(source, options, actors.Select(actor => actor.Row));
        Plants = new Planting(_register, source.Places, options).Choose(actors);
    }

    /// <summary>What is planted, in the order of the manifest.</summary>
    public IReadOnlyList<Plant> Plants { get; }

    /// <summary>The shipments, each with what was planted in it.</summary>
    public IEnumerable<(ShipmentRow Row, Plant? Plant, string Role)> Shipments()
    {
        Dictionary<int, int> places = Positions();
        ReferenceBook references = new(_options);
        int number = 0;
        foreach (Declaration declaration in _source.Declarations)
        {
            int houses = Houses(declaration);
            for (int house = 0; house < houses; house++, number++)
            {
                ShipmentRow row = references.Refer(Row(declaration, house, houses), declaration);
                if (!places.TryGetValue(number, out int plant))
                {
                    yield return (row, null, "");
                    continue;
                }

                // One in five sells through somebody else, who is the consignor.
                bool asSeller = plant % 5 == 4;
                yield return asSeller
                    ? (row with { Seller = Plants[plant].Party }, Plants[plant], "seller")
                    : (row with { Consignor = Plants[plant].Party }, Plants[plant], "consignor");
            }
        }
    }

    // What goes by courier is many small parcels under one declaration, so those are taken apart into two to four house consignments.
    private int Houses(Declaration declaration) =>
        declaration.CourierId.Length == 0 ? 1 : 2 + SplitMix64.For(_options.Seed, "houses/" + declaration.Id).Below(3);

    private Dictionary<int, int> Positions()
    {
        int total = _source.Declarations.Sum(Houses);
        SplitMix64 random = SplitMix64.For(_options.Seed, "positions");
        Dictionary<int, int> positions = [];
        for (int i = 0; i < Plants.Count; i++)
        {
            int from = (int)((long)total * i / Plants.Count), to = (int)((long)total * (i + 1) / Plants.Count);
            positions.Add(from + random.Below(to - from), i);
        }

        return positions;
    }

    private ShipmentRow Row(Declaration declaration, int house, int houses)
    {
        string id = houses == 1 ? declaration.Id : string.Create(CultureInfo.InvariantCulture, $"{declaration.Id}-{house + 1:00}");
        SplitMix64 random = SplitMix64.For(_options.Seed, "shipment/" + id);
        return new ShipmentRow
        {
            Id = id,
            Arrival = declaration.Date,
            Mode = ModeOf(declaration.Mode),
            Hs6 = declaration.Hs6,
            Departure = CountryOf(declaration.Departure),
            Origin = CountryOf(declaration.Origin),
            MassKg = Part(declaration.MassKg, house, houses),
            Value = Part(declaration.Value, house, houses),
            Currency = "KRW",
            Consignor = _register.ConsignorOf(declaration),
            Consignee = _register.ConsigneeOf(declaration, house),
            Seller = houses > 1 && random.Chance(35) ? _register.MarketplaceSeller(random.Below(_options.MarketplaceSellers)) : PartyFields.None,
        };
    }

    private static decimal Part(decimal whole, int house, int houses)
    {
        decimal part = Math.Round(whole / houses, 2, MidpointRounding.ToZero);
        return house == houses - 1 ? whole - (part * (houses - 1)) : part;
    }

    // UN/ECE Recommendation 19 in the tens digit. 90 is "unknown".
    private static string ModeOf(string code) => code switch { "10" => "SEA", "20" => "RAIL", "30" => "ROAD", "40" => "AIR", "50" => "POST", _ => "" };

    // The data writes ZZ for unknown.
    private static string CountryOf(string code) => code == "ZZ" ? "" : code;
}
