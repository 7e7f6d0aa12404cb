namespace Gateway.Storage.Sql;

/// <summary>Whose store it is. The number stands in the header of an SQLite file as its application_id.</summary>
internal enum StoreRole
{
    /// <summary>"GwBr".</summary>
    Broker = 0x47774272,

    /// <summary>"GwNo".</summary>
    Node = 0x47774E6F,
}
