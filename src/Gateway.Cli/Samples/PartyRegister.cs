using System.Globalization;

namespace Gateway.Cli.Samples;

/// <summary>Gives every seller and every importer of the customs data, who are only codes there, a name, an address and identifiers; always the same ones.</summary>
internal sealed class PartyRegister
{
    private readonly SampleSource _source;
    private readonly SampleOptions _options;
    private readonly TradeNames _tradeNames;
    private readonly HashSet<string> _reserved;
    private readonly Dictionary<string, string> _traderOfSeller = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PartyFields> _traders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PartyFields> _consignees = new(StringComparer.Ordinal);
    private readonly Dictionary<int, PartyFields> _sellers = [];

    /// <summary>Shares about <see cref="SampleOptions.Traders"/> traders among the sellers, country by country.</summary>
    /// <param name="source">The real data.</param>
    /// <param name="options">How many traders.</param>
    /// <param name="actors">Published actors: nobody made up may carry a number of theirs.</param>
    public PartyRegister(SampleSource source, SampleOptions options, IEnumerable<ActorRow> actors)
    {
        (_source, _options, _tradeNames) = (source, options, new TradeNames(source.Names));
        _reserved = [.. actors.SelectMany(actor => actor.Phones.Concat(actor.Registrations).Concat(actor.Vat))];

        var sellers = source.Declarations.GroupBy(SellerKey).Select(group => (Seller: group.Key, Country: CountryOf(group.First()))).ToList();
        foreach (var country in sellers.GroupBy(seller => seller.Country))
        {
            int traders = Math.Max(1, options.Traders * country.Count() / sellers.Count);
            foreach ((int rank, (string seller, string code)) in country.Index())
            {
                _traderOfSeller[seller] = string.Create(CultureInfo.InvariantCulture, $"{code}/{rank % traders}");
            }
        }
    }

    /// <summary>The consignor of a declaration.</summary>
    public PartyFields ConsignorOf(Declaration declaration)
    {
        string trader = _traderOfSeller[SellerKey(declaration)];
        if (!_traders.TryGetValue(trader, out PartyFields? party))
        {
            party = MakeTrader(trader[..2], SplitMix64.For(_options.Seed, "trader/" + trader));
            _traders.Add(trader, party);
        }

        return party;
    }

    /// <summary>A trader who occurs nowhere else, to carry one identifier of a published actor.</summary>
    public PartyFields Stranger(string country, SplitMix64 random)
    {
        PartyFields made = MakeTrader(country, random);
        return new PartyFields { Kind = made.Kind, Name = made.Name, Address = made.Address };
    }

    /// <summary>The consignee of a declaration, or of one of its house consignments.</summary>
    /// <param name="declaration">The declaration.</param>
    /// <param name="house">0 for the importer of the declaration, else the number of the house consignment.</param>
    public PartyFields ConsigneeOf(Declaration declaration, int house)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"{declaration.ImporterId}/{house}");
        if (!_consignees.TryGetValue(key, out PartyFields? party))
        {
            party = MakeConsignee(_consignees.Count, SplitMix64.For(_options.Seed, "importer/" + key), mayBeCompany: house == 0);
            _consignees.Add(key, party);
        }

        return party;
    }

    /// <summary>One of the sellers on marketplaces.</summary>
    public PartyFields MarketplaceSeller(int number)
    {
        if (!_sellers.TryGetValue(number, out PartyFields? party))
        {
            SplitMix64 random = SplitMix64.For(_options.Seed, string.Create(CultureInfo.InvariantCulture, $"seller/{number}"));
            Address address = _source.Places.MakeUp(random.Pick(["CN", "CN", "CN", "HK", "US", "VN"]), random);
            string name = _tradeNames.Next(address, random);
            string domain = _tradeNames.DomainFor(name);
            party = new PartyFields
            {
                Kind = "ORGANISATION",
                Name = name,
                Address = address,
                Email = random.Chance(60) ? "service@" + domain : "",
                Account = $"{random.Pick(["bazaar", "souk", "marktplatz"])}:{domain[..domain.IndexOf('.', StringComparison.Ordinal)]}",
            };
            _sellers.Add(number, party);
        }

        return party;
    }

    private PartyFields MakeTrader(string country, SplitMix64 random)
    {
        Address address = _source.Places.MakeUp(country, random);
        string phone = random.Chance(65) ? Written(FreePhone(country, random), country, random) : "";
        if (random.Chance(12))
        {
            int person = _source.Names.Count - 1 - random.Below(3000);
            string mail = string.Create(CultureInfo.InvariantCulture, $"seller{random.Below(1_000_000):000000}@post.example");
            return new PartyFields { Kind = "PERSON", Name = _source.Names[person].Full, Address = address, Phone = phone, Email = random.Chance(70) ? mail : "" };
        }

        string name = _tradeNames.Next(address, random);
        string domain = _tradeNames.DomainFor(name);
        return new PartyFields
        {
            Kind = "ORGANISATION",
            Name = name,
            Address = address,
            Email = random.Chance(85) ? $"{random.Pick(["info", "sales", "export", "office"])}@{domain}" : "",
            Phone = phone,
            Website = random.Chance(35) ? "https://www." + domain : "",
            Registration = random.Chance(50) ? FreeRegistration(country, random) : "",
            Vat = random.Chance(60) ? CompanyNumbers.Vat(country, random) : "",
        };
    }

    private PartyFields MakeConsignee(int number, SplitMix64 random, bool mayBeCompany)
    {
        Address address = _source.Places.MakeUp("KR", random);
        if (mayBeCompany && random.Chance(6))
        {
            string name = _tradeNames.Next(address, random);
            return new PartyFields
            {
                Kind = "ORGANISATION",
                Name = name,
                Address = address,
                Email = random.Chance(50) ? "import@" + _tradeNames.DomainFor(name) : "",
                Registration = random.Chance(50) ? FreeRegistration("KR", random) : "",
            };
        }

        return new PartyFields
        {
            Kind = "PERSON",
            Name = _source.Names[number % _source.Names.Count].Full,
            Address = address,
            Phone = random.Chance(70) ? Written(FreePhone("KR", random), "KR", random) : "",
        };
    }

    private string FreePhone(string country, SplitMix64 random)
    {
        Country of = _source.Places.Coded(country)!;
        string phone;
        do
        {
            phone = "+" + of.CallingCode + Places.MakeUpNumber(of, random);
        }
        while (_reserved.Contains(phone));
        return phone;
    }

    private string FreeRegistration(string country, SplitMix64 random)
    {
        string registration;
        do
        {
            registration = CompanyNumbers.Registration(country, random);
        }
        while (_reserved.Contains(registration));
        return registration;
    }

    // Most declarations write numbers internationally, some in groups, some as at home.
    private string Written(string e164, string country, SplitMix64 random) => random.Below(10) switch
    {
        < 6 => e164,
        < 8 => PhoneForms.Punctuated(e164, _source.Places.Coded(country)!),
        _ => PhoneForms.National(e164, _source.Places.Coded(country)!),
    };

    // Declarations without a seller are taken for direct sales of the declarant's client.
    private static string SellerKey(Declaration declaration) => declaration.SellerId.Length > 0 ? declaration.SellerId : "declarant/" + declaration.DeclarantId;

    private string CountryOf(Declaration declaration) => _source.Places.HasCities(declaration.Departure) ? declaration.Departure : "CN";
}
