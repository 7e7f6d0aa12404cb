namespace Gateway.Cli.Samples;

/// <summary>A party to plant: a published actor in disguise, and what the screening ought to make of it.</summary>
/// <param name="Actor">Who it is.</param>
/// <param name="Form">The disguise, e.g. EMAIL_TAG.</param>
/// <param name="Detail">Which variant of the form, or empty.</param>
/// <param name="Fields">The party's fields that come from the actor.</param>
/// <param name="Expected">The class of identifier that ought to hit: STRONG or COMPOUND.</param>
/// <param name="Party">What the manifest says.</param>
public sealed record Plant(PublishedActor Actor, string Form, string Detail, IReadOnlyList<string> Fields, string Expected, PartyFields Party);

/// <summary>Chooses actors and disguises.</summary>
internal sealed class Planting
{
    private readonly PartyRegister _register;
    private readonly Places _places;
    private readonly SampleOptions _options;

    public Planting(PartyRegister register, Places places, SampleOptions options) => (_register, _places, _options) = (register, places, options);

    /// <summary>The plants in the order in which they go into the manifest.</summary>
    public List<Plant> Choose(IReadOnlyList<PublishedActor> actors)
    {
        // Shares of 150; a form with too few actors gives way to the others.
        (string Form, int Share, Func<PublishedActor, SplitMix64, Plant?> Make)[] forms =
        [
            ("EMAIL_TAG", 12, EmailTag), ("PHONE_FORMAT", 20, PhoneFormat), ("REGISTRATION_PUNCTUATED", 20, RegistrationPunctuated), ("NAME_TYPO_SAME_ADDRESS", 20, NameTypo),
            ("ALIAS", 15, Alias), ("SPACING", 15, Spacing), ("CASE", 15, Case), ("WEBSITE_FORM", 15, WebsiteForm), ("VERBATIM", 18, Verbatim),
        ];
        List<Plant> plants = [];
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach ((string form, int share, Func<PublishedActor, SplitMix64, Plant?> make) in forms)
        {
            int wanted = share * _options.Planted / 150;
            List<PublishedActor> order = [.. actors];
            SplitMix64.For(_options.Seed, "plant/" + form).Shuffle(order);

            // First those whom no other form has taken, then anybody.
            foreach (PublishedActor actor in order.Where(actor => !used.Contains(actor.Row.Reference)).Concat(order.Where(actor => used.Contains(actor.Row.Reference))).ToList())
            {
                if (wanted == 0)
                {
                    break;
                }

                if (make(actor, SplitMix64.For(_options.Seed, $"plant/{form}/{actor.Row.Reference}")) is { } plant)
                {
                    plants.Add(plant);
                    used.Add(actor.Row.Reference);
                    wanted--;
                }
            }
        }

        SplitMix64.For(_options.Seed, "plants").Shuffle(plants);
        return plants;
    }

    private static Plant? Verbatim(PublishedActor actor, SplitMix64 random)
    {
        ActorRow row = actor.Row;
        PartyFields party = SameAddress(row, row.Name) with
        {
            Email = First(row.Emails),
            Phone = First(row.Phones),
            Vat = First(row.Vat),
            Registration = First(row.Registrations),
            TaxNumber = First(row.TaxNumbers),
            Website = First(row.Websites),
        };
        return HasStrong(party) ? new Plant(actor, "VERBATIM", "", Stated(party), "STRONG", party) : null;
    }

    private static Plant? Spacing(PublishedActor actor, SplitMix64 random)
    {
        ActorRow row = actor.Row;
        PartyFields party = SameAddress(row, "  " + row.Name.Replace(" ", "  ", StringComparison.Ordinal)) with
        {
            Email = row.Emails.Count > 0 ? $" {row.Emails[0]} " : "",
            Registration = row.Registrations.Count > 0 && IsPlain(row.Registrations[0]) ? Separated(row.Registrations[0], ' ') : "",
            TaxNumber = row.TaxNumbers.Count > 0 && IsPlain(row.TaxNumbers[0]) ? Separated(row.TaxNumbers[0], ' ') : "",
        };
        return HasStrong(party) ? new Plant(actor, "SPACING", "", Stated(party), "STRONG", party) : null;
    }

    private static Plant? Case(PublishedActor actor, SplitMix64 random)
    {
        ActorRow row = actor.Row;
        PartyFields party = SameAddress(row, Lower(row.Name)) with
        {
            Email = First(row.Emails).ToUpperInvariant(),
            Website = First(row.Websites).ToUpperInvariant(),
            Registration = row.Registrations.Count > 0 && row.Registrations[0][3..].Any(char.IsAsciiLetter) ? Lower(row.Registrations[0]) : "",
        };
        return HasStrong(party) ? new Plant(actor, "CASE", "", Stated(party), "STRONG", party) : null;
    }

    private Plant? EmailTag(PublishedActor actor, SplitMix64 random)
    {
        foreach (string email in actor.Row.Emails)
        {
            int at = email.IndexOf('@', StringComparison.Ordinal);
            string box = email[..at], provider = email[(at + 1)..];

            // Only where the provider itself ignores the tag, and at Gmail the dots: elsewhere it may be another person's mailbox.
            bool gmail = provider.Equals("gmail.com", StringComparison.OrdinalIgnoreCase);
            bool tags = gmail || new[] { "outlook.com", "hotmail.com", "protonmail.com" }.Contains(provider, StringComparer.OrdinalIgnoreCase);
            if (!tags || box.Contains('+', StringComparison.Ordinal) || box.Length < 4)
            {
                continue;
            }

            bool dotted = gmail && random.Chance(50) && !box.Contains('.', StringComparison.Ordinal);
            string written = (dotted ? $"{box[..3]}.{box[3..]}" : box) + (dotted && random.Chance(50) ? "" : "+" + random.Pick(["orders", "kr", "shop2"])) + "@" + provider;
            PartyFields party = Stranger(actor.Row, random) with { Email = written };
            return new Plant(actor, "EMAIL_TAG", dotted ? "DOTS" : "TAG", ["email"], "STRONG", party);
        }

        return null;
    }

    private Plant? PhoneFormat(PublishedActor actor, SplitMix64 random)
    {
        if (actor.Row.Phones.Count == 0 || _places.OfNumber(actor.Row.Phones[0]) is not { } country)
        {
            return null;
        }

        string phone = actor.Row.Phones[0];
        PartyFields party = Stranger(actor.Row, random);

        // The national form can be read only beside the right country.
        int form = party.Address.Country == country.Code && random.Chance(60) ? 0 : 1 + random.Below(2);
        (string detail, string written) = form switch
        {
            0 => ("NATIONAL", PhoneForms.National(phone, country)),
            1 => ("DOUBLE_ZERO", PhoneForms.WithDoubleZero(phone)),
            _ => ("PUNCTUATED", PhoneForms.Punctuated(phone, country)),
        };
        return new Plant(actor, "PHONE_FORMAT", detail, ["phone"], "STRONG", party with { Phone = written });
    }

    private Plant? RegistrationPunctuated(PublishedActor actor, SplitMix64 random)
    {
        bool tax = actor.Row.Registrations.Count == 0;
        string number = First(tax ? actor.Row.TaxNumbers : actor.Row.Registrations);
        if (number.Length == 0 || !IsPlain(number))
        {
            return null;
        }

        PartyFields party = Stranger(actor.Row, random);
        bool bare = party.Address.Country == number[..2] && random.Chance(50);
        string written = Separated(number, random.Pick(['-', '.', ' ', '/']));
        written = bare ? written[3..] : written;
        return new Plant(
            actor, "REGISTRATION_PUNCTUATED", bare ? "BARE" : "PREFIXED", [tax ? "tax_number" : "registration"], "STRONG",
            tax ? party with { TaxNumber = written } : party with { Registration = written });
    }

    private Plant? WebsiteForm(PublishedActor actor, SplitMix64 random)
    {
        if (actor.Row.Websites.Count == 0 || ListedIdentifiers.HostOf(actor.Row.Websites[0]) is not { } host)
        {
            return null;
        }

        (string detail, string written) = random.Below(4) switch
        {
            0 => ("PATH", $"http://www.{host}/en/products/index.html"),
            1 => ("UPPER_CASE", $"HTTP://WWW.{host.ToUpperInvariant()}/"),
            2 => ("QUERY", $"https://{host}/contact?lang=en"),
            _ => ("BARE", host),
        };
        return new Plant(actor, "WEBSITE_FORM", detail, ["website"], "STRONG", Stranger(actor.Row, random) with { Website = written });
    }

    private static Plant? NameTypo(PublishedActor actor, SplitMix64 random)
    {
        if (!IsLocated(actor.Row))
        {
            return null;
        }

        (string detail, string name) = Typo.In(actor.Row.Name, random);
        return detail.Length == 0 ? null : new Plant(
            actor, "NAME_TYPO_SAME_ADDRESS", detail, ["name", "street", "city", "postcode", "country"], "COMPOUND", SameAddress(actor.Row, name));
    }

    private static Plant? Alias(PublishedActor actor, SplitMix64 random) => actor.Row.Aliases.Count == 0 || !IsLocated(actor.Row)
        ? null
        : new Plant(
            actor, "ALIAS", "", ["name", "street", "city", "postcode", "country"], "COMPOUND", SameAddress(actor.Row, random.Pick(actor.Row.Aliases)));

    /// <summary>Another name at another address, in the actor's country where one can be made up there.</summary>
    private PartyFields Stranger(ActorRow row, SplitMix64 random)
    {
        PartyFields stranger = _register.Stranger(_places.HasCities(row.Address.Country) ? row.Address.Country : "CN", random);
        return _places.HasCities(row.Address.Country) ? stranger : stranger with { Address = new Address("", "", "", row.Address.Country) };
    }

    private static PartyFields SameAddress(ActorRow row, string name) => new() { Kind = row.Subject, Name = name, Address = row.Address };

    private static bool IsLocated(ActorRow row) => row.Address.Postcode.Length > 0 && ListedAddress.HasPlainNumber(row.Address.Street);

    private static bool IsPlain(string number) => number[3..].All(char.IsAsciiLetterOrDigit);

    private static string Separated(string number, char separator) => number[..3] + PhoneForms.Grouped(number[3..], separator, 3);

    private static string First(IReadOnlyList<string> values) => values.Count > 0 ? values[0] : "";

    private static bool HasStrong(PartyFields party) => (party.Email + party.Phone + party.Vat + party.Registration + party.TaxNumber + party.Website).Length > 0;

    private static List<string> Stated(PartyFields party) =>
        [.. PartyFields.Header.Zip(party.Fields()).Where(pair => pair.First != "kind" && pair.Second.Length > 0).Select(pair => pair.First)];

    private static string Lower(string text) => string.Create(text.Length, text, static (span, source) => source.AsSpan().ToLowerInvariant(span));
}
