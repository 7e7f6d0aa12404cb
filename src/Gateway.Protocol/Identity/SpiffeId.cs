using System.Diagnostics.CodeAnalysis;

namespace Gateway.Protocol.Identity;

/// <summary>
/// The one URI name in a certificate (protocol §2): <c>spiffe://network/member-id/node</c> for a node, <c>spiffe://network/operators/name</c> for an operator of the
/// broker, <c>spiffe://network/broker/name</c> for the broker, <c>spiffe://network/evaluator/name</c> for an evaluator under an operator of its own.
/// </summary>
public sealed record SpiffeId
{
    private SpiffeId(string network, string kind, string name)
    {
        Network = network;
        Kind = kind;
        Name = name;
    }

    /// <summary>Trust domain: the network's name.</summary>
    public string Network { get; }

    private string Kind { get; }

    /// <summary>Name of the node, the operator or the broker process: [a-z0-9-], 1 to 63 characters.</summary>
    public string Name { get; }

    /// <summary>The member, for a node; else null.</summary>
    public MemberId? Member => MemberId.TryParse(Kind, out MemberId member) ? member : null;

    /// <summary>Whether it names an operator of the broker.</summary>
    public bool IsOperator => Kind == "operators";

    /// <summary>Whether it names the broker.</summary>
    public bool IsBroker => Kind == "broker";

    /// <summary>Whether it names an evaluator other than the broker.</summary>
    public bool IsEvaluator => Kind == "evaluator";

    /// <summary>The name of a member's node.</summary>
    public static SpiffeId ForNode(string network, MemberId member, string name) => Make(network, member.ToString(), name);

    /// <summary>The name of an operator.</summary>
    public static SpiffeId ForOperator(string network, string name) => Make(network, "operators", name);

    /// <summary>The name of the broker.</summary>
    public static SpiffeId ForBroker(string network, string name) => Make(network, "broker", name);

    /// <summary>The name of an evaluator other than the broker.</summary>
    public static SpiffeId ForEvaluator(string network, string name) => Make(network, "evaluator", name);

    /// <summary>Reads a URI; false for anything that is not exactly one of the four forms.</summary>
    public static bool TryParse([NotNullWhen(true)] string? uri, [NotNullWhen(true)] out SpiffeId? id)
    {
        id = null;
        const string scheme = "spiffe://";
        if (uri is null || !uri.StartsWith(scheme, StringComparison.Ordinal)) return false;
        string[] parts = uri[scheme.Length..].Split('/');
        if (parts.Length != 3 || !IsNetwork(parts[0]) || !IsName(parts[2])) return false;
        if (parts[1] is not ("operators" or "broker" or "evaluator") && !(MemberId.TryParse(parts[1], out MemberId member) && member.ToString() == parts[1])) return false;
        id = new SpiffeId(parts[0], parts[1], parts[2]);
        return true;
    }

    /// <summary>Whether a name can be a network's: labels of [a-z0-9-] with dots between, at most 63 characters.</summary>
    public static bool IsNetwork(string name) => name.Length is > 0 and <= 63 && name.Split('.').All(IsName);

    /// <summary>Whether a name can be a node's or an operator's.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 63 && name.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-') && name[0] != '-' && name[^1] != '-';

    /// <summary>The URI.</summary>
    public override string ToString() => $"spiffe://{Network}/{Kind}/{Name}";

    private static SpiffeId Make(string network, string kind, string name)
    {
        if (!IsNetwork(network)) throw new ArgumentException($"'{network}' cannot be a network's name: use lower-case letters, digits, '-' and '.', at most 63.", nameof(network));
        if (!IsName(name)) throw new ArgumentException($"'{name}' cannot be a name here: use lower-case letters, digits and '-', at most 63.", nameof(name));
        return new SpiffeId(network, kind, name);
    }
}
