namespace Gateway.Matching.Comparison;

/// <summary>A field that is compared after opening.</summary>
public enum ComparedField : byte
{
    /// <summary>Name.</summary>
    Name = 0,

    /// <summary>Day of birth.</summary>
    BirthDate = 1,

    /// <summary>Name of the street.</summary>
    Street = 2,

    /// <summary>Number in the street.</summary>
    StreetNumber = 3,

    /// <summary>Postcode.</summary>
    Postcode = 4,

    /// <summary>City.</summary>
    City = 5,
}
