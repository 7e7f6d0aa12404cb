namespace Gateway.Matching.Identifiers;

/// <summary>
/// The kinds of identifier, by the number that is hashed into an identifier (protocol §3) and stands in a record's body. The numbers are the wire
/// format: never reuse one. 1–255 are STRONG, 256–511 COMPOUND, 512–767 NAME.
/// </summary>
public enum IdentifierType : ushort
{
    /// <summary>No type: never valid in an identifier.</summary>
    None = 0,

    /// <summary>E-mail address, canonical mailbox (case, tags and ignored dots removed where the provider ignores them).</summary>
    Email = 1,

    /// <summary>Telephone number, E.164 with the leading "+".</summary>
    Phone = 2,

    /// <summary>IBAN (ISO 13616), upper case without spaces, check digits verified.</summary>
    Iban = 3,

    /// <summary>Other bank account: "CC:number".</summary>
    BankAccount = 4,

    /// <summary>VAT number with its country prefix.</summary>
    Vat = 5,

    /// <summary>Other tax number: "CC:number".</summary>
    TaxNumber = 6,

    /// <summary>EORI number with its country prefix.</summary>
    Eori = 7,

    /// <summary>Company registration: "CC:number"; the Chinese unified social credit code is "CN:code" with its check character verified.</summary>
    CompanyRegistration = 8,

    /// <summary>Account on a marketplace or social platform: "platform:handle".</summary>
    MarketplaceAccount = 9,

    /// <summary>Account at a payment service or a digital-currency address: "service:account".</summary>
    PaymentAccount = 10,

    /// <summary>Identity document: "CC:kind:number".</summary>
    IdentityDocument = 11,

    /// <summary>Registrable or full domain name of a site, IDNA A-label form, without "www.".</summary>
    Domain = 12,

    /// <summary>Page of a store on somebody else's site: host and path.</summary>
    StoreUrl = 13,

    /// <summary>Freight container number (ISO 6346), check digit verified.</summary>
    Container = 14,

    /// <summary>Air waybill number: eleven digits, check digit verified.</summary>
    AirWaybill = 15,

    /// <summary>Postal item (UPU S10), check digit verified.</summary>
    PostalItem = 16,

    /// <summary>GTIN and serial number of one item: "gtin14:serial".</summary>
    GtinSerial = 17,

    /// <summary>Phonetic pair of a person's given name and surname, with the postcode.</summary>
    PersonNamePostcode = 256,

    /// <summary>Surname key with street number and postcode.</summary>
    SurnameStreetNumberPostcode = 257,

    /// <summary>Company-name skeleton with street number and postcode.</summary>
    CompanyStreetNumberPostcode = 258,

    /// <summary>Company-name skeleton with the city.</summary>
    CompanyCity = 259,

    /// <summary>Name key with the area part of a telephone number.</summary>
    NamePhoneArea = 260,

    /// <summary>Company-name skeleton with the country, for names of at least three distinctive words.</summary>
    CompanyCountry = 261,

    /// <summary>Phonetic pair of a person's given name and surname, with city.</summary>
    PersonNameCity = 262,

    /// <summary>One distinctive word of a name with the address (docs/keys.md): the words that a misspelt one leaves alone.</summary>
    NameWordAddress = 263,

    /// <summary>First or last letters of the distinctive part of a name with the address (docs/keys.md): the half that a typo leaves alone.</summary>
    NameFragmentAddress = 264,

    /// <summary>Phonetic pair of a person's given name and surname, with the birth date.</summary>
    PersonNameBirthDate = 265,

    /// <summary>One word of a person's name, spelt by its sound, with the birth date: the word that errors in the others leave alone.</summary>
    NameWordBirthDate = 266,

    /// <summary>Birth date with the postcode, the street, or the street number: whoever states another name.</summary>
    BirthDateAddress = 267,

    /// <summary>Phonetic pair of a person's given name and surname, with the street.</summary>
    PersonNameStreet = 268,

    /// <summary>One word of a person's name, spelt by its sound, with street and number.</summary>
    NameWordStreetNumber = 269,

    /// <summary>First letter of a word of a person's name, with the street and the postcode or the city.</summary>
    NameInitialStreet = 270,

    /// <summary>One word of a name in plain Latin letters, or that word with one letter left out: both in one space of values, so that a letter too many meets.</summary>
    NameWord = 512,

    /// <summary>Skeleton of one word: what is left of it however it is romanised (docs/keys.md).</summary>
    NameSkeleton = 513,

    /// <summary>Coarser sound of one word, for scripts that keep fewer sounds apart than Latin letters do (docs/keys.md).</summary>
    NamePhonetic = 514,

    /// <summary>Initials of a name's words, or a short word that may be such initials.</summary>
    NameInitials = 515,
}
