using System.Runtime.CompilerServices;
using Gateway.Protocol.V1;
using Google.Protobuf.Reflection;

namespace Gateway.Cli.Output;

/// <summary>The codes of an enumeration of the protos as people write them: the names without the enumeration's prefix, e.g. FOOTWEAR. Read from the descriptor when the first is asked for.</summary>
/// <param name="file">The proto file it stands in.</param>
/// <param name="prefix">Its prefix, e.g. GOODS_CATEGORY_.</param>
public sealed class Codes<T>(Func<FileDescriptor> file, string prefix)
    where T : struct, Enum
{
    private readonly CodeTable _table = new(file, typeof(T).Name, prefix);

    /// <summary>All codes in the order of their numbers.</summary>
    public IReadOnlyList<string> All => _table.All;

    /// <summary>The value of a code, in any case.</summary>
    public bool TryParse(string code, out T value)
    {
        bool isOne = _table.Numbers.TryGetValue(code.Trim(), out int number);
        value = Unsafe.BitCast<int, T>(number);
        return isOne;
    }

    /// <summary>The value of a code that is known to be one; unspecified for an empty one.</summary>
    public T Parse(string code) => code.Length == 0 ? default : Unsafe.BitCast<int, T>(_table.Numbers[code]);

    /// <summary>The code of a value; empty when unspecified.</summary>
    public string Of(T value) => _table.Names.GetValueOrDefault(Unsafe.BitCast<T, int>(value), "");
}

/// <summary>One enumeration by its numbers: dictionaries of the enumerations themselves would be compiled anew for each of thirty at every start.</summary>
internal sealed class CodeTable(Func<FileDescriptor> file, string enumeration, string prefix)
{
    private Dictionary<string, int>? _numbers;
    private Dictionary<int, string>? _names;
    private string[]? _all;

    public IReadOnlyList<string> All => _all ??= [.. Numbers.Keys];

    public Dictionary<string, int> Numbers => _numbers ??= Read();

    public Dictionary<int, string> Names => _names ??= Numbers.ToDictionary(pair => pair.Value, pair => pair.Key);

    private Dictionary<string, int> Read()
    {
        Dictionary<string, int> numbers = new(StringComparer.OrdinalIgnoreCase);
        foreach (EnumValueDescriptor value in file().FindTypeByName<EnumDescriptor>(enumeration).Values)
        {
            if (value.Number != 0) numbers.Add(value.Name[prefix.Length..], value.Number);
        }

        return numbers;
    }
}

/// <summary>The enumerations that files and the command line name.</summary>
public static class Codes
{
    /// <summary>Record kinds.</summary>
    public static Codes<RecordKind> Kinds { get; } = new(() => RecordReflection.Descriptor, "RECORD_KIND_");

    /// <summary>Evidence grades.</summary>
    public static Codes<EvidenceGrade> Evidence { get; } = new(() => RecordReflection.Descriptor, "EVIDENCE_GRADE_");

    /// <summary>Goods categories.</summary>
    public static Codes<GoodsCategory> Categories { get; } = new(() => RecordReflection.Descriptor, "GOODS_CATEGORY_");

    /// <summary>Transport modes.</summary>
    public static Codes<TransportMode> Modes { get; } = new(() => RecordReflection.Descriptor, "TRANSPORT_MODE_");

    /// <summary>Severities.</summary>
    public static Codes<Severity> Severities { get; } = new(() => RecordReflection.Descriptor, "SEVERITY_");

    /// <summary>Kinds of subject.</summary>
    public static Codes<SubjectKind> Subjects { get; } = new(() => RecordReflection.Descriptor, "SUBJECT_KIND_");

    /// <summary>Roles of members.</summary>
    public static Codes<MemberRole> Roles { get; } = new(() => LogReflection.Descriptor, "MEMBER_ROLE_");

    /// <summary>Members' standings.</summary>
    public static Codes<MemberStanding> Standings { get; } = new(() => LogReflection.Descriptor, "MEMBER_STANDING_");

    /// <summary>Reasons for which a standing changes.</summary>
    public static Codes<MembershipReason> Reasons { get; } = new(() => LogReflection.Descriptor, "MEMBERSHIP_REASON_");

    /// <summary>What became of a proposal.</summary>
    public static Codes<ChangeState> Changes { get; } = new(() => AdministrationReflection.Descriptor, "CHANGE_STATE_");

    /// <summary>Reasons to withdraw.</summary>
    public static Codes<WithdrawalReason> Withdrawals { get; } = new(() => LogReflection.Descriptor, "WITHDRAWAL_REASON_");

    /// <summary>On what ground the broker withdraws.</summary>
    public static Codes<WithdrawalBasis> WithdrawalBases { get; } = new(() => LogReflection.Descriptor, "WITHDRAWAL_BASIS_");

    /// <summary>Checks at a record's opening.</summary>
    public static Codes<MisbindCheck> MisbindChecks { get; } = new(() => MisbindingReflection.Descriptor, "MISBIND_CHECK_");

    /// <summary>What a member holds of a subject.</summary>
    public static Codes<SubjectHoldingKind> Holdings { get; } = new(() => LifeReflection.Descriptor, "SUBJECT_HOLDING_KIND_");

    /// <summary>Reasons why a membership ends.</summary>
    public static Codes<MembershipReason> MembershipReasons { get; } = new(() => LogReflection.Descriptor, "MEMBERSHIP_REASON_");

    /// <summary>Reasons to trace a record.</summary>
    public static Codes<RevealReason> RevealReasons { get; } = new(() => LogReflection.Descriptor, "REVEAL_REASON_");

    /// <summary>Which names a circle exchanges.</summary>
    public static Codes<NameMatching> NameMatchings { get; } = new(() => LogReflection.Descriptor, "NAME_MATCHING_");

    /// <summary>Decisions of screening.</summary>
    public static Codes<ScreeningDecision> Decisions { get; } = new(() => ScreeningReflection.Descriptor, "SCREENING_DECISION_");

    /// <summary>Lanes.</summary>
    public static Codes<Lane> Lanes { get; } = new(() => ScreeningReflection.Descriptor, "LANE_");

    /// <summary>How alerts stand.</summary>
    public static Codes<AlertState> AlertStates { get; } = new(() => WatchReflection.Descriptor, "ALERT_STATE_");

    /// <summary>Whom alerts concern.</summary>
    public static Codes<AlertSubjectKind> AlertSubjects { get; } = new(() => WatchReflection.Descriptor, "ALERT_SUBJECT_KIND_");

    /// <summary>What an objection says.</summary>
    public static Codes<DisputeGround> DisputeGrounds { get; } = new(() => LogReflection.Descriptor, "DISPUTE_GROUND_");

    /// <summary>How a dispute was decided.</summary>
    public static Codes<DisputeDecision> DisputeDecisions { get; } = new(() => LogReflection.Descriptor, "DISPUTE_DECISION_");

    /// <summary>Why a dispute was decided so.</summary>
    public static Codes<DisputeReason> DisputeReasons { get; } = new(() => LogReflection.Descriptor, "DISPUTE_REASON_");

    /// <summary>What came of a hit.</summary>
    public static Codes<Outcome> Outcomes { get; } = new(() => OutcomesReflection.Descriptor, "OUTCOME_");

    /// <summary>Why.</summary>
    public static Codes<OutcomeReason> OutcomeReasons { get; } = new(() => OutcomesReflection.Descriptor, "OUTCOME_REASON_");

    /// <summary>How good a record's hits have turned out.</summary>
    public static Codes<OutcomeGrade> OutcomeGrades { get; } = new(() => OutcomesReflection.Descriptor, "OUTCOME_GRADE_");

    /// <summary>How far a contribution has come.</summary>
    public static Codes<ContributionState> Contributions { get; } = new(() => ContributionsReflection.Descriptor, "CONTRIBUTION_STATE_");
}
