namespace Gateway.Matching.Scoring;

/// <summary>How well the contributor's statement is founded, strongest first (protocol §5). Mapped from the protocol's enum by the node.</summary>
public enum EvidenceGrade : byte
{
    /// <summary>Not stated.</summary>
    Unknown = 0,

    /// <summary>A court has decided.</summary>
    CourtDecision = 1,

    /// <summary>Goods were seized and found counterfeit.</summary>
    SeizureConfirmed = 2,

    /// <summary>The rights holder has confirmed it.</summary>
    RightsHolderConfirmed = 3,

    /// <summary>Somebody bought and checked the goods.</summary>
    TestPurchase = 4,

    /// <summary>A platform closed the account.</summary>
    AccountClosed = 5,

    /// <summary>A suspicion.</summary>
    Suspected = 6,
}
