using System.Collections.Frozen;

namespace Gateway.Broker.Access;

/// <summary>Who may call an RPC.</summary>
public enum AccessRule
{
    /// <summary>Anybody, without a certificate.</summary>
    Anonymous,

    /// <summary>A member's node.</summary>
    Member,

    /// <summary>An operator of the broker.</summary>
    Operator,

    /// <summary>A member's node or an operator.</summary>
    MemberOrOperator,

    /// <summary>An evaluator other than the broker.</summary>
    Evaluator,

    /// <summary>A member's node or an evaluator: the latter is shown network-wide entries only.</summary>
    MemberOrEvaluator,
}

/// <summary>The one table of who may call what. An RPC that is not in it is refused to everybody, and a test fails.</summary>
public static class AccessRules
{
    private const string Exchange = "/gateway.v1.ExchangeService/", Pseudonyms = "/gateway.v1.PseudonymsService/", LogService = "/gateway.v1.LogService/", Membership = "/gateway.v1.MembershipService/", Administration = "/gateway.v1.AdministrationService/",
        Evaluators = "/gateway.v1.EvaluatorsService/", Operations = "/gateway.v1.OperationsService/";

    private static readonly FrozenDictionary<string, AccessRule> Table = new Dictionary<string, AccessRule>
    {
        [Exchange + "Publish"] = AccessRule.Member,
        [Exchange + "Follow"] = AccessRule.MemberOrEvaluator,
        [Exchange + "Withdraw"] = AccessRule.Member,
        [Pseudonyms + "Evaluate"] = AccessRule.Member,
        [Pseudonyms + "GetUsage"] = AccessRule.MemberOrOperator,
        [Evaluators + "AdmitEvaluator"] = AccessRule.Operator,
        [Evaluators + "RenewEvaluatorCertificate"] = AccessRule.Evaluator,
        [Evaluators + "GetShareOffer"] = AccessRule.Evaluator,
        [Evaluators + "AcceptShare"] = AccessRule.Evaluator,
        [Operations + "GetBrokerStatus"] = AccessRule.Operator,

        // Checkpoints are public and served from memory's worth of reading; proofs read tiles, which a stranger shall not make the broker do.
        [LogService + "GetCheckpoint"] = AccessRule.Anonymous,
        [LogService + "GetInclusionProof"] = AccessRule.MemberOrOperator,
        [LogService + "GetConsistencyProof"] = AccessRule.MemberOrOperator,
        [Membership + "Enrol"] = AccessRule.Anonymous,

        // Proven by the member key in the request, because the certificate may have ended.
        [Membership + "RenewCertificate"] = AccessRule.Anonymous,
        [Membership + "GetDirectory"] = AccessRule.MemberOrOperator,
        [Membership + "CreateInvitation"] = AccessRule.Operator,
        [Membership + "CreateCircle"] = AccessRule.Operator,
        [Membership + "ProposeEpoch"] = AccessRule.Member,
        [Membership + "ListProposals"] = AccessRule.Member,
        [Membership + "CountersignEpoch"] = AccessRule.Member,
        [Administration + "ProposeChange"] = AccessRule.Operator,
        [Administration + "ApproveChange"] = AccessRule.Operator,
        [Administration + "RejectChange"] = AccessRule.Operator,
        [Administration + "ListChanges"] = AccessRule.Operator,
    }.ToFrozenDictionary();

    /// <summary>The rule of an RPC by its full name, e.g. <c>/gateway.v1.ExchangeService/Publish</c>; null when it has none.</summary>
    public static AccessRule? Of(string method) => Table.TryGetValue(method, out AccessRule rule) ? rule : null;

    /// <summary>Every RPC that has a rule.</summary>
    public static IEnumerable<string> Methods => Table.Keys;
}
