namespace Gateway.Matching.Scoring;

/// <summary>What a record says (protocol §5). Mapped from the protocol's enum by the node.</summary>
public enum RecordKind : byte
{
    /// <summary>Not stated.</summary>
    Unknown = 0,

    /// <summary>A confirmed counterfeiter.</summary>
    BadActor = 1,

    /// <summary>A seizure, detention or alert.</summary>
    ShipmentRisk = 2,

    /// <summary>A right somebody holds.</summary>
    Right = 3,

    /// <summary>A trader the rights holder has authorised.</summary>
    AuthorisedTrader = 4,

    /// <summary>Serial numbers of items.</summary>
    Serials = 5,

    /// <summary>A way of working.</summary>
    ModusOperandi = 6,
}
