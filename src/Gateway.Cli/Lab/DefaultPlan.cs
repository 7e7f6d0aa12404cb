namespace Gateway.Cli.Lab;

/// <summary>The network that is described where nobody describes another: the demo's, and that of docker-compose.yml.</summary>
internal static class DefaultPlan
{
    /// <summary>The circle of the retailers.</summary>
    public const string Acx = "acx";

    /// <summary>The circle of customs and its partners.</summary>
    public const string CustomsProtocol = "customs-protocol";

    /// <summary>The first retailer, steward of acx.</summary>
    public static LabMember RetailerOne { get; } = new() { Name = "Retailer One", Role = "RETAILER" };

    /// <summary>The second retailer.</summary>
    public static LabMember RetailerTwo { get; } = new() { Name = "Retailer Two", Role = "RETAILER" };

    /// <summary>The customs administration, steward of customs-protocol.</summary>
    public static LabMember Customs { get; } = new() { Name = "Customs", Role = "CUSTOMS" };

    /// <summary>The rights holder.</summary>
    public static LabMember RightsHolder { get; } = new() { Name = "Rights Holder", Role = "RIGHTS_HOLDER" };

    /// <summary>All of it.</summary>
    public static LabPlan Plan { get; } = new()
    {
        Network = "demo.gateway.test",
        Members = [RetailerOne, RetailerTwo, Customs, RightsHolder],
        Circles =
        [
            new LabCircle { Name = Acx, Steward = RetailerOne.Name, Members = [RetailerOne.Name, RetailerTwo.Name] },
            new LabCircle { Name = CustomsProtocol, Steward = Customs.Name, Members = [RetailerOne.Name, RetailerTwo.Name, Customs.Name, RightsHolder.Name] },
        ],
    };
}
