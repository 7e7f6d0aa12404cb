using System.Collections.Frozen;
using Gateway.Protocol.Errors;

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

/// <summary>Which right in a circle an RPC needs besides; the state of the network says who has it (<see cref="Publishing.CircleAccess"/>).</summary>
public enum CircleRight
{
    /// <summary>None: it acts in no circle.</summary>
    None,

    /// <summary>To belong to the circle and to publish there.</summary>
    Publish,

    /// <summary>To have published the record.</summary>
    OwnRecord,

    /// <summary>To belong to the circle, or to have been given the epoch's key; what is not the reader's it gets as leaf data alone.</summary>
    Read,

    /// <summary>To hold the key of the record's epoch, and not to have contributed it.</summary>
    SeenRecord,

    /// <summary>To belong to the circle with a role that reads there.</summary>
    ReadNow,

    /// <summary>To be named by the circle's policy to decide disputes, and not to have contributed the record.</summary>
    Desk,

    /// <summary>To be the circle's steward.</summary>
    Steward,

    /// <summary>To be a member of the circle other than its steward.</summary>
    SecondMember,
}

/// <summary>The one table of who may call what. An RPC that is not in it is refused to everybody, and a test fails.</summary>
public static class AccessRules
{
    private const string Exchange = "/gateway.v1.ExchangeService/", Pseudonyms = "/gateway.v1.PseudonymsService/", LogService = "/gateway.v1.LogService/", Membership = "/gateway.v1.MembershipService/", Administration = "/gateway.v1.AdministrationService/", Certificates = "/gateway.v1.CertificatesService/",
        Evaluators = "/gateway.v1.EvaluatorsService/", Operations = "/gateway.v1.OperationsService/", Disputes = "/gateway.v1.DisputesService/", Outcomes = "/gateway.v1.OutcomesService/", Cases = "/gateway.v1.CasesService/", Witness = "/gateway.v1.WitnessService/", Acknowledgements = "/gateway.v1.AcknowledgementsService/", Misbinding = "/gateway.v1.MisbindingService/";

    private static readonly FrozenDictionary<string, AccessRule> Table = new Dictionary<string, AccessRule>
    {
        [Exchange + "Publish"] = AccessRule.Member,
        [Exchange + "Follow"] = AccessRule.MemberOrEvaluator,
        [Exchange + "Withdraw"] = AccessRule.Member,
        [Acknowledgements + "Acknowledge"] = AccessRule.Member,
        [Acknowledgements + "GetDeletions"] = AccessRule.Member,
        [Acknowledgements + "ListAcknowledgements"] = AccessRule.Operator,
        [Misbinding + "ReportMisbound"] = AccessRule.Member,
        [Misbinding + "ListMisbound"] = AccessRule.Operator,
        [Pseudonyms + "Evaluate"] = AccessRule.Member,
        [Pseudonyms + "GetUsage"] = AccessRule.MemberOrOperator,
        [Evaluators + "AdmitEvaluator"] = AccessRule.Operator,
        [Evaluators + "RenewEvaluatorCertificate"] = AccessRule.Evaluator,
        [Evaluators + "GetShareOffer"] = AccessRule.Evaluator,
        [Evaluators + "AcceptShare"] = AccessRule.Evaluator,
        [Operations + "GetBrokerStatus"] = AccessRule.Operator,

        [Witness + "ExchangeCosignatures"] = AccessRule.Member,

        // Checkpoints are public and served from memory's worth of reading; proofs read tiles, which a stranger shall not make the broker do.
        [LogService + "GetCheckpoint"] = AccessRule.Anonymous,
        [LogService + "GetInclusionProof"] = AccessRule.MemberOrOperator,
        [LogService + "GetConsistencyProof"] = AccessRule.MemberOrOperator,
        [Membership + "Enrol"] = AccessRule.Anonymous,

        // Proven by the member key in the request, because the certificate may have ended.
        [Membership + "RenewCertificate"] = AccessRule.Anonymous,
        [Membership + "GetDirectory"] = AccessRule.MemberOrOperator,
        [Membership + "ListApplications"] = AccessRule.Member,
        [Membership + "SponsorApplication"] = AccessRule.Member,
        [Membership + "Depart"] = AccessRule.Member,
        [Membership + "ProposeEpoch"] = AccessRule.Member,
        [Membership + "ListProposals"] = AccessRule.Member,
        [Membership + "CountersignEpoch"] = AccessRule.Member,
        [Membership + "AcceptCircle"] = AccessRule.Member,
        [Membership + "LeaveCircle"] = AccessRule.Member,
        [Membership + "ListCircleStatements"] = AccessRule.Member,
        [Administration + "ProposeChange"] = AccessRule.Operator,
        [Administration + "ApproveChange"] = AccessRule.Operator,
        [Administration + "RejectChange"] = AccessRule.Operator,
        [Administration + "ListChanges"] = AccessRule.Operator,

        // Whoever verifies certificates needs the list, before he can show one.
        [Certificates + "GetDenyList"] = AccessRule.Anonymous,
        [Certificates + "DenyCertificate"] = AccessRule.Operator,
        [Certificates + "ListCertificates"] = AccessRule.Operator,
        [Certificates + "PrepareAuthority"] = AccessRule.Operator,
        [Administration + "RenewOperatorCertificate"] = AccessRule.Operator,
        [Disputes + "OpenDispute"] = AccessRule.Member,
        [Disputes + "ResolveDispute"] = AccessRule.Member,

        // Whoever is listed objects without being a member; he is limited by address.
        [Disputes + "ListDesks"] = AccessRule.Anonymous,
        [Disputes + "FileObjection"] = AccessRule.Anonymous,
        [Disputes + "ReadObjections"] = AccessRule.Member,
        [Disputes + "CloseObjection"] = AccessRule.Member,
        [Outcomes + "ReportOutcomes"] = AccessRule.Member,
        [Outcomes + "ListOutcomeGrades"] = AccessRule.Member,
        [Outcomes + "ListOwnOutcomes"] = AccessRule.Member,
        [Administration + "GetAudit"] = AccessRule.Operator,

        // Who may write in which thread, CaseDesk says: it takes the record's contributor to know.
        [Cases + "SendCaseMessage"] = AccessRule.Member,
        [Cases + "FetchCaseMessages"] = AccessRule.Member,
        [Cases + "AcknowledgeCaseMessages"] = AccessRule.Member,
        [Cases + "GetCaseDeliveries"] = AccessRule.Member,
        [Cases + "PutCaseChunk"] = AccessRule.Member,
        [Cases + "GetCaseChunk"] = AccessRule.Member,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, CircleRight> InCircles = new Dictionary<string, CircleRight>
    {
        [Exchange + "Publish"] = CircleRight.Publish,
        [Exchange + "Withdraw"] = CircleRight.OwnRecord,
        [Exchange + "Follow"] = CircleRight.Read,
        [Cases + "SendCaseMessage"] = CircleRight.Read,
        [Acknowledgements + "Acknowledge"] = CircleRight.Read,
        [Acknowledgements + "GetDeletions"] = CircleRight.Read,
        [Misbinding + "ReportMisbound"] = CircleRight.Read,
        [Membership + "ProposeEpoch"] = CircleRight.Steward,
        [Membership + "ListProposals"] = CircleRight.SecondMember,
        [Membership + "CountersignEpoch"] = CircleRight.SecondMember,
        [Disputes + "OpenDispute"] = CircleRight.SeenRecord,
        [Disputes + "ResolveDispute"] = CircleRight.Desk,
        [Outcomes + "ReportOutcomes"] = CircleRight.SeenRecord,
        [Outcomes + "ListOutcomeGrades"] = CircleRight.ReadNow,
    }.ToFrozenDictionary();

    // What an operator only looks at is not kept in the audit chain, unless it is refused.
    private static readonly FrozenSet<string> Looking = new[] { Administration + "ListChanges", Acknowledgements + "ListAcknowledgements", Misbinding + "ListMisbound", Membership + "GetDirectory", LogService + "GetInclusionProof", LogService + "GetConsistencyProof" }.ToFrozenSet();

    /// <summary>Whether an operator's call of an RPC is kept when it is done.</summary>
    public static bool ChangesSomething(string method) => !Looking.Contains(method);

    /// <summary>Why a peer that is identified, and served, may not call an RPC; null where it may.</summary>
    public static Refusal? RefusalOf(Peer peer, AccessRule rule, string method) => rule switch
    {
        AccessRule.Anonymous => null,
        AccessRule.MemberOrOperator when peer.Member is not null || peer.IsOperator => null,
        AccessRule.Operator when peer.IsOperator => null,
        AccessRule.Member when peer.Member is not null => null,
        AccessRule.Evaluator when peer.Evaluator is not null => null,
        AccessRule.MemberOrEvaluator when peer.Member is not null || peer.Evaluator is not null => null,
        AccessRule.Operator => Refusal.Denied("OPERATORS_ONLY", "Only an operator of the broker may do this.", method, "Call with an operator's certificate."),
        AccessRule.Evaluator => Refusal.Denied("EVALUATORS_ONLY", "Only an evaluator may do this.", method, "Call with the evaluator's certificate."),
        _ => Refusal.Denied("MEMBERS_ONLY", "Only a member's node may do this.", method, "Call with the node's certificate."),
    };

    /// <summary>The rule of an RPC by its full name, e.g. <c>/gateway.v1.ExchangeService/Publish</c>; null when it has none.</summary>
    public static AccessRule? Of(string method) => Table.TryGetValue(method, out AccessRule rule) ? rule : null;

    /// <summary>The right in a circle that an RPC needs.</summary>
    public static CircleRight CircleRightOf(string method) => InCircles.GetValueOrDefault(method);

    /// <summary>Every RPC that has a rule.</summary>
    public static IEnumerable<string> Methods => Table.Keys;
}
