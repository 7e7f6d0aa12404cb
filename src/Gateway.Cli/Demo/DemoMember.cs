using Gateway.Protocol.V1;

namespace Gateway.Cli.Demo;

/// <summary>A member of the demo's network.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">Its folder below the demo's.</param>
/// <param name="Role">Its role.</param>
/// <param name="Circles">The circles it is in.</param>
internal sealed record DemoMember(string Name, string Folder, MemberRole Role, IReadOnlyList<string> Circles)
{
    /// <summary>The circle of the retailers.</summary>
    public const string Acx = "acx";

    /// <summary>The circle of customs and its partners.</summary>
    public const string CustomsProtocol = "customs-protocol";

    /// <summary>The first retailer, steward of acx.</summary>
    public static DemoMember RetailerOne { get; } = new("Retailer One", "retailer-one", MemberRole.Retailer, [Acx, CustomsProtocol]);

    /// <summary>The second retailer.</summary>
    public static DemoMember RetailerTwo { get; } = new("Retailer Two", "retailer-two", MemberRole.Retailer, [Acx, CustomsProtocol]);

    /// <summary>The customs administration, steward of customs-protocol.</summary>
    public static DemoMember Customs { get; } = new("Customs", "customs", MemberRole.Customs, [CustomsProtocol]);

    /// <summary>The rights holder.</summary>
    public static DemoMember RightsHolder { get; } = new("Rights Holder", "rights-holder", MemberRole.RightsHolder, [CustomsProtocol]);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<DemoMember> All { get; } = [RetailerOne, RetailerTwo, Customs, RightsHolder];
}
