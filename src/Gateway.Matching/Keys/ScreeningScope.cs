namespace Gateway.Matching.Keys;

/// <summary>Whom a circle's policy allows to be screened.</summary>
/// <param name="NaturalPersonConsignees">Whether consignees who are, or look like, natural persons are screened. By default they are not: the
/// receiver of a parcel is mostly its victim.</param>
public readonly record struct ScreeningScope(bool NaturalPersonConsignees)
{
    /// <summary>Consignees who are natural persons are left out.</summary>
    public static ScreeningScope Default => new(NaturalPersonConsignees: false);

    /// <summary>All parties.</summary>
    public static ScreeningScope AllParties => new(NaturalPersonConsignees: true);
}
