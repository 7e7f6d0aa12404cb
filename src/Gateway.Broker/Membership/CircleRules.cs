using System.Text;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Gateway.Broker.Membership;

/// <summary>What the policy of a circle must hold, new or changed.</summary>
internal static class CircleRules
{
    private const int MaximumName = 32, MaximumText = 512, MaximumFounders = 256;
    private const uint LongestRetention = 3_650;
    private const uint LongestDeletion = 720;

    /// <summary>The first rule that a policy breaks, or null.</summary>
    public static Refusal? Check(CirclePolicy policy, NetworkState state)
    {
        NetworkCircle? known = null;
        if (!policy.CircleId.IsEmpty && !(CircleId.TryFromBytes(policy.CircleId.Span, out CircleId id) && state.Circles.TryGetValue(id, out known)))
        {
            return Invalid("circle_id", "There is no circle with this id; the broker draws the id of a new one.", "Leave it empty to found a circle.");
        }

        if (policy.Name.Length is 0 or > MaximumName || !policy.Name.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-'))
        {
            return Invalid("name", $"A circle's name has 1 to {MaximumName} characters of a–z, 0–9 and '-'.", "Choose a short name people can type.");
        }

        if (state.FindCircle(policy.Name) is { } named && named != known) return Refusal.Precondition("CIRCLE_NAME_TAKEN", "Another circle has this name.", "policy.name", "Choose another name.");
        if (!IsText(policy.Purpose)) return Invalid("purpose", $"The purpose has 1 to {MaximumText} bytes of UTF-8.", "Say what the circle is for.");
        if (!IsText(policy.LegalBasis)) return Invalid("legal_basis", $"The legal basis has 1 to {MaximumText} bytes of UTF-8.", "Name the law or agreement the exchange rests on.");
        if ((known is { Epochs.Count: > 0 } ? CheckSteward(policy, known, state) : CheckPeople(policy, state)) is { } people) return people;
        if (!AreRoles(policy.PublishingRoles)) return Invalid("publishing_roles", "At least one role publishes, each named once.", "Name the roles that may publish.");
        if (!AreRoles(policy.ReadingRoles)) return Invalid("reading_roles", "At least one role reads, each named once.", "Name the roles that may read.");
        if (policy.MinimumEvidenceGrade is < EvidenceGrade.CourtDecision or > EvidenceGrade.Suspected) return Invalid("minimum_evidence_grade", "The policy names no weakest grade.", "Name one of the grades.");
        if (policy.MaximumRetentionDays is 0 or > LongestRetention) return Invalid("maximum_retention_days", $"Records are kept for 1 to {LongestRetention} days.", "Choose a retention within these limits.");
        if (policy.DeletionLimitHours > LongestDeletion) return Invalid("deletion_limit_hours", $"Members have at most {LongestDeletion} hours to delete what has ended.", "Choose a shorter limit, or 0 for 24 hours.");
        if (policy.NameMatching is < NameMatching.CompoundOnly or > NameMatching.FuzzyAll) return Invalid("name_matching", "The policy names no way of matching names.", "Name one; COMPOUND_ONLY is the careful one.");
        if (policy.NotAfterDay != 0 && policy.NotAfterDay < policy.NotBeforeDay) return Invalid("not_after_day", "The circle's last day comes before its first.", "Give days in order, or 0 for no limit.");
        if (policy.Lanes is { } lanes && (lanes.DocumentsScore > 100 || lanes.ExamineScore > 100 || (lanes.ExamineScore != 0 && lanes.ExamineScore < lanes.DocumentsScore)))
        {
            return Invalid("lanes", "Lanes begin at scores from 1 to 100, documents not above examination.", "Correct the scores, or leave them 0.");
        }

        if (policy.Disputes is { } disputes && CheckDisputes(disputes, state) is { } dispute) return dispute;
        if (policy.Outcomes is { } outcomes && (outcomes.MinimumOutcomes is > 0 and < 5 or > 1_000 || outcomes.MinimumMembers is 1 or > 256 || outcomes.FalsePositivePercent > 100))
        {
            return Invalid("outcomes", "Outcomes are shown over 5 to 1,000 of 2 to 256 members, and a contributor is reminded from 1 to 100 percent.", "Correct the figures, or leave them 0.");
        }

        return policy.ReleaseWindowSeconds != 0
            ? Invalid("release_window_seconds", "This broker releases records at once and cannot promise to spread them.", "Leave it 0.")
            : null;
    }

    private static Refusal? CheckPeople(CirclePolicy policy, NetworkState state)
    {
        if (!IsMember(policy.StewardId, state)) return Invalid("steward_id", "The steward is not an active member of the network.", "Name a member by its id.");
        if (policy.FoundingMemberIds.Count is < 2 or > MaximumFounders) return Invalid("founding_member_ids", $"A circle has 2 to {MaximumFounders} founding members.", "Name the steward and at least one other member.");
        if (!policy.FoundingMemberIds.All(id => IsMember(id, state))) return Invalid("founding_member_ids", "A founding member is not an active member of the network.", "Name members by their ids.");
        if (policy.FoundingMemberIds.Distinct().Count() != policy.FoundingMemberIds.Count) return Invalid("founding_member_ids", "A founding member is named twice.", "Name each once.");
        return policy.FoundingMemberIds.Contains(policy.StewardId) ? null : Invalid("founding_member_ids", "The steward is not among the founding members.", "Name the steward too.");
    }

    private static Refusal? CheckDisputes(DisputeRules rules, NetworkState state)
    {
        if (rules.DeskIds.Count > DisputeTerms.MostDesks || rules.DeskIds.Distinct().Count() != rules.DeskIds.Count) return Invalid("disputes.desk_ids", $"A circle has at most {DisputeTerms.MostDesks} dispute desks, none named twice.", "Name fewer.");
        if (!rules.DeskIds.All(id => IsMember(id, state))) return Invalid("disputes.desk_ids", "A dispute desk is not an active member of the network.", "Name members by their ids.");
        return rules.DeadlineDays > DisputeTerms.LongestDeadlineDays ? Invalid("disputes.deadline_days", $"A dispute is decided within {DisputeTerms.LongestDeadlineDays} days.", "Choose a shorter deadline; 0 means 30 days.") : null;
    }

    // Once a circle has keys, its members come and go by their own signatures: the policy names the steward among them, and its founders stay what they were.
    private static Refusal? CheckSteward(CirclePolicy policy, NetworkCircle circle, NetworkState state)
    {
        if (!IsMember(policy.StewardId, state) || !circle.Members.Contains(MemberId.FromBytes(policy.StewardId.Span))) return Invalid("steward_id", "The steward is not a member of the circle.", "Name a member of the circle by its id.");
        return policy.FoundingMemberIds.Equals(circle.Policy.FoundingMemberIds) ? null : Invalid("founding_member_ids", "The founding members of a circle that has begun do not change.", "Leave them as they are.");
    }

    private static bool IsMember(ByteString id, NetworkState state) => MemberId.TryFromBytes(id.Span, out MemberId member) && state.Members.TryGetValue(member, out NetworkMember? known) && known.IsActive;

    private static bool IsText(string text) => !string.IsNullOrWhiteSpace(text) && Encoding.UTF8.GetByteCount(text) <= MaximumText;

    private static bool AreRoles(RepeatedField<MemberRole> roles) =>
        roles.Count > 0 && roles.Distinct().Count() == roles.Count && roles.All(role => role is >= MemberRole.Retailer and <= MemberRole.Intermediary);

    private static Refusal Invalid(string field, string what, string remedy) => Refusal.Invalid("POLICY_INVALID", what, $"policy.{field}", remedy);
}
