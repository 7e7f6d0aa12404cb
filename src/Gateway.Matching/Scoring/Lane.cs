namespace Gateway.Matching.Scoring;

/// <summary>Where a shipment goes. Always shown with its word, never by colour alone.</summary>
public enum Lane : byte
{
    /// <summary>Release.</summary>
    Green = 0,

    /// <summary>Look at the documents.</summary>
    Yellow = 1,

    /// <summary>Examine the goods.</summary>
    Red = 2,
}
