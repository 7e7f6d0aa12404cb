using System.CommandLine;
using Gateway.Cli.Input;
using Gateway.Matching.Identifiers;
using Gateway.Protocol.Errors;
using Party = Gateway.Protocol.V1.Party;
using StatedIdentifier = Gateway.Protocol.V1.StatedIdentifier;

namespace Gateway.Cli.Commands;

/// <summary>The options by which a person states a party: name, address, identifiers.</summary>
internal sealed class PartyOptions
{
    private readonly Option<string?> _name = Text("--name", "Name in full."), _street = Text("--street", "Street and number."), _postcode = Text("--postcode", "Postcode."), _city = Text("--city", "City.");
    private readonly Option<string?> _country = new("--country") { Description = "ISO 3166-1 alpha-2.", HelpName = "CC" };

    private readonly (Option<string?> Option, IdentifierType Type)[] _identifiers =
    [
        (Text("--email", "E-mail address."), IdentifierType.Email),
        (Text("--phone", "Telephone number."), IdentifierType.Phone),
        (Text("--registration", "Company registration, CC:number."), IdentifierType.CompanyRegistration),
        (Text("--vat", "VAT number."), IdentifierType.Vat),
        (Text("--iban", "Bank account."), IdentifierType.Iban),
        (Text("--website", "Site, or the seller's page on a marketplace."), IdentifierType.Domain),
        (Text("--account", "Marketplace account, platform:handle."), IdentifierType.MarketplaceAccount),
    ];

    /// <summary>Adds the options to a command.</summary>
    public Command On(Command command)
    {
        foreach (Option<string?> option in (Option<string?>[])[_name, _street, _postcode, _city, _country, .. _identifiers.Select(identifier => identifier.Option)]) command.Add(option);
        return command;
    }

    /// <summary>Whether any of them was stated.</summary>
    public bool AreStated(ParseResult parsed) => ((Option<string?>[])[_name, _street, _postcode, _city, _country, .. _identifiers.Select(identifier => identifier.Option)]).Any(option => parsed.GetValue(option) is not null);

    /// <summary>The party that was stated.</summary>
    /// <exception cref="RefusalException">The country is none, or a site names no seller.</exception>
    public Party Read(ParseResult parsed)
    {
        string land = parsed.GetValue(_country)?.ToUpperInvariant() ?? "";
        if (land.Length > 0 && !Countries.IsCode(land)) throw new RefusalException(Refusal.Invalid("COUNTRY_UNKNOWN", "This is no ISO 3166-1 alpha-2 code.", "--country", "Give two letters such as CN or DE."));
        Party party = new()
        {
            Name = parsed.GetValue(_name) ?? "", Street = parsed.GetValue(_street) ?? "", Postcode = parsed.GetValue(_postcode) ?? "", City = parsed.GetValue(_city) ?? "", Country = land,
        };
        foreach ((Option<string?> option, IdentifierType type) in _identifiers)
        {
            if (parsed.GetValue(option) is { Length: > 0 } value) party.Identifiers.Add(new StatedIdentifier { Type = (uint)TypeOf(type, value), Value = value, Country = land });
        }

        return party;
    }

    private static Option<string?> Text(string name, string description) => new(name) { Description = description, HelpName = "TEXT" };

    private static IdentifierType TypeOf(IdentifierType type, string value) => type != IdentifierType.Domain ? type : WebAddress.TypeOf(value)
        ?? throw new RefusalException(Refusal.Invalid("WEBSITE_NOT_A_SELLER", "The address names a marketplace and no seller on it.", "--website", "Give the seller's own page there, or --account."));
}
