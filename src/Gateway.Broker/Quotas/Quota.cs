using Gateway.Protocol.V1;

namespace Gateway.Broker.Quotas;

/// <summary>Names of what is counted, as the store keeps them.</summary>
public static class Quota
{
    /// <summary>Records published.</summary>
    public const string Records = "records";

    /// <summary>Elements of class STRONG evaluated.</summary>
    public const string Strong = "strong";

    /// <summary>Elements of class COMPOUND evaluated.</summary>
    public const string Compound = "compound";

    /// <summary>Elements of class NAME evaluated.</summary>
    public const string Name = "name";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Records, Strong, Compound, Name];

    /// <summary>The quota that evaluations of a class count against; null for no class.</summary>
    public static string? Of(IdentifierClass identifierClass) => identifierClass switch
    {
        IdentifierClass.Strong => Strong,
        IdentifierClass.Compound => Compound,
        IdentifierClass.Name => Name,
        _ => null,
    };
}
