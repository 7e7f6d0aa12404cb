namespace Gateway.Cli.Samples;

/// <summary>One row of an actors file (docs/formats.md).</summary>
public sealed record ActorRow
{
    /// <summary>The columns in the order of docs/formats.md.</summary>
    public static IReadOnlyList<string> Header { get; } =
    [
        "reference", "subject", "name", "aliases", "street", "city", "postcode", "country", "emails", "phones", "websites", "vat", "eori", "ibans", "registrations",
        "tax_numbers", "identity_documents", "accounts", "payment_accounts", "containers", "air_waybills", "postal_items", "kind", "category", "evidence", "hs_codes",
        "route_countries", "severity", "first_seen", "last_seen", "expires", "birth_date",
    ];

    /// <summary>The publisher's own reference.</summary>
    public required string Reference { get; init; }

    /// <summary>ORGANISATION, PERSON or empty.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Name in full.</summary>
    public required string Name { get; init; }

    /// <summary>Other names.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Where the actor sits.</summary>
    public Address Address { get; init; }

    /// <summary>E-mail addresses.</summary>
    public IReadOnlyList<string> Emails { get; init; } = [];

    /// <summary>Telephone numbers, E.164.</summary>
    public IReadOnlyList<string> Phones { get; init; } = [];

    /// <summary>Sites.</summary>
    public IReadOnlyList<string> Websites { get; init; } = [];

    /// <summary>VAT numbers.</summary>
    public IReadOnlyList<string> Vat { get; init; } = [];

    /// <summary>IBANs.</summary>
    public IReadOnlyList<string> Ibans { get; init; } = [];

    /// <summary>Registrations, "CC:number".</summary>
    public IReadOnlyList<string> Registrations { get; init; } = [];

    /// <summary>Tax numbers, "CC:number".</summary>
    public IReadOnlyList<string> TaxNumbers { get; init; } = [];

    /// <summary>Identity documents, "CC:kind:number".</summary>
    public IReadOnlyList<string> IdentityDocuments { get; init; } = [];

    /// <summary>Payment accounts, "service:account".</summary>
    public IReadOnlyList<string> PaymentAccounts { get; init; } = [];

    /// <summary>Containers.</summary>
    public IReadOnlyList<string> Containers { get; init; } = [];

    /// <summary>Goods category.</summary>
    public string Category { get; init; } = "";

    /// <summary>Evidence grade.</summary>
    public string Evidence { get; init; } = "";

    /// <summary>HS chapters or HS6.</summary>
    public IReadOnlyList<string> HsCodes { get; init; } = [];

    /// <summary>Countries on the route.</summary>
    public IReadOnlyList<string> RouteCountries { get; init; } = [];

    /// <summary>LOW, MEDIUM, HIGH or empty.</summary>
    public string Severity { get; init; } = "";

    /// <summary>First day seen, or empty.</summary>
    public string FirstSeen { get; init; } = "";

    /// <summary>Last day seen, or empty.</summary>
    public string LastSeen { get; init; } = "";

    /// <summary>The number of identifiers that open a record by themselves.</summary>
    public int StrongIdentifiers => Emails.Count + Phones.Count + Websites.Count + Vat.Count + Registrations.Count + TaxNumbers.Count + IdentityDocuments.Count + PaymentAccounts.Count;

    /// <summary>The fields in the order of <see cref="Header"/>.</summary>
    public IEnumerable<string> Fields() =>
    [
        Reference, Subject, Name, Several(Aliases), Address.Street ?? "", Address.City ?? "", Address.Postcode ?? "", Address.Country ?? "", Several(Emails), Several(Phones),
        Several(Websites), Several(Vat), "", Several(Ibans), Several(Registrations), Several(TaxNumbers), Several(IdentityDocuments), "", Several(PaymentAccounts),
        Several(Containers), "", "", "", Category, Evidence, Several(HsCodes), Several(RouteCountries), Severity, FirstSeen, LastSeen, "", "",
    ];

    private static string Several(IReadOnlyList<string> values) => string.Join(';', values);
}
