namespace Gateway.Storage.Node;

/// <summary>How far a contribution has come. The numbers are stored.</summary>
public enum OutboxState
{
    /// <summary>Draft: identifiers may still wait for evaluation.</summary>
    Draft = 1,

    /// <summary>Sealed: its submission goes to the broker until it answers.</summary>
    Sealed = 2,

    /// <summary>The broker gave a receipt; the own tree does not hold it yet.</summary>
    Acknowledged = 3,

    /// <summary>Stands in the own tree, under an accepted checkpoint.</summary>
    Closed = 4,

    /// <summary>Refused for good.</summary>
    Refused = 5,

    /// <summary>Withdrawn again.</summary>
    Withdrawn = 6,

    /// <summary>Stands in the own tree, under a checkpoint that is not accepted yet: published, and kept whole until it is.</summary>
    Logged = 7,
}
