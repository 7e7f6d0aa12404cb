namespace Gateway.Matching.Comparison;

/// <summary>What an encoded text of a record is. The numbers are the wire format's.</summary>
public enum TextKind : byte
{
    /// <summary>Not stated: compared with nothing.</summary>
    Unknown = 0,

    /// <summary>A name, without legal forms.</summary>
    Name = 1,

    /// <summary>Words of the street, without its type and number.</summary>
    Address = 2,

    /// <summary>Day of birth, eight digits.</summary>
    BirthDate = 3,

    /// <summary>Postcode, without a country prefix.</summary>
    Postcode = 4,

    /// <summary>City.</summary>
    City = 5,

    /// <summary>Number in the street.</summary>
    StreetNumber = 6,
}
