using Gateway.Protocol.V1;

namespace Gateway.Cli.Circles;

/// <summary>The policies that circles are usually founded with. What the command line states replaces what stands here.</summary>
public static class CircleTemplate
{
    /// <summary>Names of the templates.</summary>
    public static IReadOnlyList<string> Names { get; } = ["acx", "customs-protocol", "operation", "rights-holders"];

    /// <summary>The policy of a template, without name, steward and members; null if there is none of this name.</summary>
    public static CirclePolicy? Find(string template) => template switch
    {
        // Retailers share confirmed counterfeiters through an independent third party; platforms' service providers and rights holders take part, each decides alone.
        "acx" => new CirclePolicy
        {
            Purpose = "Retailers and their service providers tell each other of confirmed counterfeiters; each decides alone what follows.",
            LegalBasis = "Legitimate interest in preventing fraud, GDPR Article 6(1)(f), under the exchange's agreement",
            PublishingRoles = { MemberRole.Retailer, MemberRole.RightsHolder, MemberRole.Intermediary },
            ReadingRoles = { MemberRole.Retailer, MemberRole.RightsHolder, MemberRole.Intermediary },
            MinimumEvidenceGrade = EvidenceGrade.Suspected,
            MaximumRetentionDays = 730,
            NameMatching = NameMatching.CompoundOnly,
        },

        // Customs and police with those who can tell them what is false; natural-person consignees are screened because seizures are addressed to them.
        "customs-protocol" => new CirclePolicy
        {
            Purpose = "Customs, police, rights holders, retailers and intermediaries exchange risks about shipments and traders of counterfeit goods.",
            LegalBasis = "Regulation (EU) 608/2013 and the parties' protocol; GDPR Article 6(1)(e) and (f)",
            PublishingRoles = { MemberRole.Customs, MemberRole.Police, MemberRole.Retailer, MemberRole.RightsHolder, MemberRole.Intermediary },
            ReadingRoles = { MemberRole.Customs, MemberRole.Police, MemberRole.Retailer, MemberRole.RightsHolder, MemberRole.Intermediary },
            MinimumEvidenceGrade = EvidenceGrade.Suspected,
            MaximumRetentionDays = 1_095,
            NameMatching = NameMatching.CompoundOnly,
        },
        // A joint operation: who takes part reads and publishes, on its days and not longer; what it found goes on elsewhere.
        "operation" => new CirclePolicy
        {
            Purpose = "Customs and police, with intermediaries and rights holders who take part, exchange risks during a joint operation.",
            LegalBasis = "Regulation (EU) 608/2013 and the operation's order; GDPR Article 6(1)(e)",
            PublishingRoles = { MemberRole.Customs, MemberRole.Police, MemberRole.RightsHolder, MemberRole.Intermediary },
            ReadingRoles = { MemberRole.Customs, MemberRole.Police, MemberRole.RightsHolder, MemberRole.Intermediary },
            MinimumEvidenceGrade = EvidenceGrade.Suspected,
            MaximumRetentionDays = 180,
            NameMatching = NameMatching.FuzzyOrganisations,
        },

        // Rights holders tell authorities and intermediaries what is theirs, who is authorised and what they have bought; they do not read what others report.
        "rights-holders" => new CirclePolicy
        {
            Purpose = "Rights holders state rights, authorised traders and confirmed counterfeiters for those who act on them.",
            LegalBasis = "Regulation (EU) 608/2013, applications for action; GDPR Article 6(1)(f)",
            PublishingRoles = { MemberRole.RightsHolder },
            ReadingRoles = { MemberRole.Customs, MemberRole.Police, MemberRole.Retailer, MemberRole.RightsHolder, MemberRole.Intermediary },
            MinimumEvidenceGrade = EvidenceGrade.TestPurchase,
            MaximumRetentionDays = 730,
            NameMatching = NameMatching.CompoundOnly,
        },
        _ => null,
    };
}
