namespace Gateway.Matching.Identifiers;

/// <summary>Whether a party is known to be a person or an organisation; it decides which keys its name yields.</summary>
public enum PartyKind : byte
{
    /// <summary>Not stated: the keys of both are made.</summary>
    Unknown = 0,

    /// <summary>A natural person.</summary>
    Person = 1,

    /// <summary>A company or another organisation.</summary>
    Organisation = 2,
}

/// <summary>What a declaration, a form or a list says about one party, as it was written. Nothing here is normalised.</summary>
public sealed record Party
{
    /// <summary>Person or organisation, where stated.</summary>
    public PartyKind Kind { get; init; }

    /// <summary>The name in full, first form.</summary>
    public string Name { get; init; } = "";

    /// <summary>Other names of the same party.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Street and number.</summary>
    public string Street { get; init; } = "";

    /// <summary>City.</summary>
    public string City { get; init; } = "";

    /// <summary>Postcode.</summary>
    public string Postcode { get; init; } = "";

    /// <summary>ISO 3166-1 alpha-2 country of the address; also the country of telephone numbers written in national form.</summary>
    public string Country { get; init; } = "";

    /// <summary>Day a natural person was born, or null.</summary>
    public DateOnly? BirthDate { get; init; }

    /// <summary>The STRONG identifiers as written, each with the type its field says it has.</summary>
    public IReadOnlyList<StatedIdentifier> Identifiers { get; init; } = [];

    /// <summary>The kind alone: names and addresses are personal data and stay out of logs.</summary>
    public override string ToString() => $"party ({Kind})";
}

/// <summary>An identifier as somebody wrote it, before normalisation.</summary>
/// <param name="Type">The type the field says it has.</param>
/// <param name="Raw">What is written there.</param>
/// <param name="Country">ISO 3166-1 alpha-2 of the issuing country where the field states one, else empty: the party's country counts.</param>
public readonly record struct StatedIdentifier(IdentifierType Type, string Raw, string Country = "")
{
    /// <summary>The type alone: the value is personal data and stays out of logs.</summary>
    public override string ToString() => Type.ToString();
}
