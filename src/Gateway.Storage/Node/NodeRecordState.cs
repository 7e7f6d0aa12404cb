namespace Gateway.Storage.Node;

/// <summary>How a record stands at a node. The numbers are stored.</summary>
public enum NodeRecordState
{
    /// <summary>Indexed and matched.</summary>
    Live = 1,

    /// <summary>Withdrawn: item, tags and hits are gone.</summary>
    Withdrawn = 2,

    /// <summary>Expired: item, tags and hits are gone.</summary>
    Expired = 3,

    /// <summary>A check failed: kept, not matched.</summary>
    Quarantined = 4,

    /// <summary>Its item was gone when the feed brought it; the withdrawal is promised.</summary>
    AwaitingWithdrawal = 5,

    /// <summary>Of a circle that this member has left: as good as gone for every reader, and deleted as ended records are, once the log that says so is accepted.</summary>
    Left = 6,
}
