using System.Globalization;

namespace Gateway.Cli.Samples;

/// <summary>An actor that at least one retailer publishes.</summary>
/// <param name="Row">The row as the first of its publishers has it.</param>
/// <param name="References">The references it is published under: one, or one at each retailer.</param>
public sealed record PublishedActor(ActorRow Row, IReadOnlyList<string> References);

/// <summary>Makes the retailers' actors files out of the listed entities.</summary>
public sealed class ActorComposer
{
    private static readonly (string Category, string[] HsCodes)[] Goods =
    [
        ("FOOTWEAR", ["64", "640411"]), ("CLOTHING", ["61", "62"]), ("LEATHER_GOODS", ["42", "420221"]), ("WATCHES", ["91", "910211"]), ("JEWELLERY", ["71", "711719"]),
        ("COSMETICS", ["330499", "33"]), ("PERFUME", ["330300"]), ("ELECTRONICS", ["85", "851762"]), ("TOYS", ["950300", "95"]), ("MEDICINES", ["30", "300490"]),
        ("AUTO_PARTS", ["870899", "84"]), ("TOBACCO", ["24", "240220"]), ("FOOD", ["21", "20"]), ("SPORTS_GOODS", ["950691", "95"]), ("HOUSEHOLD", ["73", "69"]), ("OTHER", ["39"]),
    ];

    // The grade of each hundred: the middle grades are the common ones.
    private static readonly (string Grade, int UpTo)[] Grades =
        [("COURT_DECISION", 8), ("SEIZURE_CONFIRMED", 30), ("RIGHTS_HOLDER_CONFIRMED", 55), ("TEST_PURCHASE", 75), ("ACCOUNT_CLOSED", 90), ("SUSPECTED", 100)];

    private static readonly string[] Transits = ["AE", "CN", "HK", "KR", "NL", "SG", "TR"];

    private readonly SampleOptions _options;
    private readonly Places _places;
    private readonly List<PublishedActor> _published = [];
    private readonly List<ActorRow> _one = [];
    private readonly List<ActorRow> _two = [];

    /// <summary>Chooses the actors and shares them out.</summary>
    public ActorComposer(SampleSource source, SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _places = source.Places;

        // Those who can be reached are the likeliest to meet in a manifest, so they come first.
        List<ActorRow> usable = [.. source.Entities.Select(entity => RowOf(entity)).OfType<ActorRow>()
            .OrderBy(row => row.Emails.Count + row.Phones.Count + row.Websites.Count == 0)
            .ThenBy(row => SplitMix64.For(options.Seed, "choice/" + row.Reference).Next())];
        Spare = [.. (usable.Count > options.Actors ? usable.Skip(options.Actors) : usable).Take(14)];
        foreach (ActorRow row in usable.Take(options.Actors).OrderBy(row => int.Parse(row.Reference, CultureInfo.InvariantCulture)))
        {
            Share(row);
        }
    }

    /// <summary>Every published actor.</summary>
    public IReadOnlyList<PublishedActor> Published => _published;

    /// <summary>Rows of the first retailer.</summary>
    public IReadOnlyList<ActorRow> RetailerOne => _one;

    /// <summary>Rows of the second retailer.</summary>
    public IReadOnlyList<ActorRow> RetailerTwo => _two;

    /// <summary>Good rows for the file with errors, of entities that neither retailer publishes unless every one is published.</summary>
    public IReadOnlyList<ActorRow> Spare { get; }

    private void Share(ActorRow row)
    {
        SplitMix64 random = SplitMix64.For(_options.Seed, "share/" + row.Reference);
        string one = "R1-" + row.Reference, two = "R2-" + row.Reference;
        if (random.Chance(_options.OverlapPercent))
        {
            ActorRow first = Graded(row, one);
            _one.Add(first);
            _two.Add(AsOtherRetailerKnowsIt(Graded(row, two)));
            _published.Add(new PublishedActor(first, [one, two]));
        }
        else
        {
            bool isFirst = random.Chance(50);
            ActorRow only = Graded(row, isFirst ? one : two);
            (isFirst ? _one : _two).Add(only);
            _published.Add(new PublishedActor(only, [only.Reference]));
        }
    }

    private ActorRow? RowOf(ListedEntity entity)
    {
        // A street with one plain number and a postcode serves best; a city alone serves a little.
        var located = entity.Addresses
            .Select(address => (Country: _places.Named(address.Country), address.Street, address.City))
            .Where(address => address.Country is not null)
            .Select(address => (Country: address.Country!, Address: ListedAddress.Split(address.Street, address.City, address.Country!.Code)))
            .OrderByDescending(place => (place.Address.Postcode.Length > 0 && ListedAddress.HasPlainNumber(place.Address.Street) ? 4 : 0)
                + (place.Address.Street.Length > 0 ? 2 : 0) + (place.Address.City.Length > 0 ? 1 : 0))
            .ToList();
        if (located.Count == 0 || located[0].Address.City.Length == 0)
        {
            return null;
        }

        ListedIdentifiers read = ListedIdentifiers.Of(entity, _places, [.. located.Select(place => place.Country).Distinct()]);
        ActorRow row = new()
        {
            Reference = entity.Id,
            Subject = entity.IsPerson ? "PERSON" : "ORGANISATION",
            Name = entity.Name,
            Aliases = [.. entity.Aliases.Where(alias => alias.Length >= 4 && !alias.Contains(';', StringComparison.Ordinal)).Distinct().Take(5)],
            Address = located[0].Address,
            Emails = read.Emails,
            Phones = read.Phones,
            Websites = read.Websites,
            Vat = read.Vat,
            Registrations = read.Registrations,
            TaxNumbers = read.TaxNumbers,
            IdentityDocuments = read.IdentityDocuments,
            PaymentAccounts = read.PaymentAccounts,
        };
        return row.StrongIdentifiers == 0 ? null : row;
    }

    /// <summary>The row with what the sample makes up: what kind of goods, how sure, when. The listing says nothing of the sort.</summary>
    private ActorRow Graded(ActorRow row, string reference)
    {
        SplitMix64 goods = SplitMix64.For(_options.Seed, "goods/" + row.Reference);
        SplitMix64 random = SplitMix64.For(_options.Seed, "case/" + reference);
        (string category, string[] codes) = goods.Pick(Goods);
        int grade = random.Below(100);
        DateOnly first = new DateOnly(2025, 1, 1).AddDays(random.Below(365));
        return row with
        {
            Reference = reference,
            Category = category,
            HsCodes = random.Chance(60) ? codes[..1] : codes,
            Evidence = Grades.First(pair => grade < pair.UpTo).Grade,
            RouteCountries = [.. new[] { row.Address.Country, random.Pick(Transits) }.Distinct()],
            Severity = random.Pick(["", "LOW", "MEDIUM", "HIGH"]),
            FirstSeen = Day(first),
            LastSeen = random.Chance(70) ? Day(first.AddDays(random.Below(120))) : "",
        };
    }

    /// <summary>The same actor as somebody else wrote it down: fewer identifiers, other spelling, other order.</summary>
    private ActorRow AsOtherRetailerKnowsIt(ActorRow row)
    {
        SplitMix64 random = SplitMix64.For(_options.Seed, "other/" + row.Reference);
        return row with
        {
            Name = random.Chance(50) ? CultureInfo.InvariantCulture.TextInfo.ToTitleCase(Lower(row.Name)) : row.Name,
            Aliases = [.. row.Aliases.Reverse().Take(3)],
            Emails = [.. row.Emails.Select(email => random.Chance(50) ? email.ToUpperInvariant() : email).Reverse()],
            Phones = [.. row.Phones.Select(phone => _places.OfNumber(phone) is { } country ? PhoneForms.Punctuated(phone, country) : phone).Take(3)],
            Websites = [.. row.Websites.Take(2)],
            IdentityDocuments = [.. row.IdentityDocuments.Take(1)],
        };
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // ToTitleCase leaves words in capitals alone, so they are made small first.
    private static string Lower(string text) => string.Create(text.Length, text, static (span, source) => source.AsSpan().ToLowerInvariant(span));
}
