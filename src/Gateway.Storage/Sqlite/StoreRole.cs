namespace Gateway.Storage.Sqlite;

/// <summary>Whose store a file is. The number stands in the file's header as its application_id.</summary>
internal enum StoreRole
{
    /// <summary>"GwBr".</summary>
    Broker = 0x47774272,

    /// <summary>"GwNo".</summary>
    Node = 0x47774E6F,
}
