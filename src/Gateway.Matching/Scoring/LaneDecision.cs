using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>From a probability, and from what met, to a lane. Every rule that holds a lane back or changes it says so.</summary>
internal sealed class LaneDecision
{
    private readonly Weights _weights;
    private readonly LaneSetting? _office;

    internal LaneDecision(Weights weights, LaneSetting? office)
    {
        _weights = weights;
        _office = office;
        office?.On(weights.Thresholds); // Refused here, not at the first shipment.
    }

    internal Lane Decide(RecordMatch match, List<Evidence> counted, double bits, List<Reason> reasons)
    {
        LaneThresholds product = _weights.Thresholds;
        LaneThresholds circle = match.Circle?.FaultOn(product) is null ? match.Circle?.On(product) ?? product : product;
        LaneThresholds set = _office is null || _office.FaultOn(circle) is not null ? circle : _office.On(circle);
        List<Reason> why = [];
        Lane lane = Decide(match, counted, bits, set, why);
        Lane otherwise = Decide(match, counted, bits, product, []);
        reasons.AddRange(why);
        if (lane != otherwise)
        {
            bool byCircle = Decide(match, counted, bits, circle, []) == lane;
            string who = byCircle ? "circle" : "office";
            reasons.Add(new Reason(0, $"{Word(lane)} instead of {Word(otherwise)} by the {who}'s own thresholds: documents from {set.DocumentsScore} (product: {product.DocumentsScore}), examination from {set.ExamineScore} (product: {product.ExamineScore}){NamesAlone(set, product)}"));
        }

        return lane;
    }

    internal static string Word(Lane lane) => lane switch
    {
        Lane.Red => "RED (examine)",
        Lane.Yellow => "YELLOW (documents)",
        _ => "GREEN",
    };

    private Lane Decide(RecordMatch match, List<Evidence> counted, double bits, LaneThresholds thresholds, List<Reason> reasons)
    {
        RecordFacts record = match.Record;
        double score = 100 * Prior.ProbabilityOf(bits);
        Lane lane = score >= thresholds.ExamineScore ? Lane.Red : score >= thresholds.DocumentsScore ? Lane.Yellow : Lane.Green;
        if (counted.TrueForAll(e => Identifier.ClassOf(e.RecordType) == IdentifierClass.Name))
        {
            Lane highest = thresholds.NamesAloneAskForDocuments ? Lane.Yellow : Lane.Green;
            reasons.Add(new Reason(0, "Unverified name similarity: words of a name alone decide nothing"));
            lane = lane > highest ? highest : lane;
        }
        else if (!counted.Exists(Scorer.IsStrong))
        {
            int groups = counted.Count(e => Identifier.ClassOf(e.RecordType) == IdentifierClass.Compound);
            bool enough = groups >= thresholds.ExamineGroupsWithoutStrong && score >= thresholds.ExamineScoreWithoutStrong;
            lane = enough ? lane : Cap(lane, Lane.Yellow, "Only combinations of names and places met, and not enough independent ones to examine the goods", reasons);
        }

        StatementWeight grade = _weights.Grades[record.Grade];
        lane = Cap(lane, grade.HighestLane, $"{char.ToUpperInvariant(grade.Label[0])}{grade.Label[1..]} is not enough to examine the goods", reasons);
        lane = record.Disputed ? Cap(lane, _weights.Disputed.HighestLane, "The record is under dispute: not to be examined on it alone", reasons) : lane;
        return Cap(lane, _weights.Kinds[record.Kind].HighestLane, KindSentence(record.Kind), reasons);
    }

    private string KindSentence(RecordKind kind) => kind == RecordKind.AuthorisedTrader
        ? "The party is an authorised trader: this record speaks for it"
        : $"The record names {_weights.Kinds[kind].Label}, which does not lead further";

    private static string NamesAlone(LaneThresholds set, LaneThresholds product) =>
        set.NamesAloneAskForDocuments == product.NamesAloneAskForDocuments ? "" : set.NamesAloneAskForDocuments ? ", names alone may ask for documents" : ", names alone ask for nothing";

    private static Lane Cap(Lane lane, Lane highest, string why, List<Reason> reasons)
    {
        if (lane <= highest)
        {
            return lane;
        }

        reasons.Add(new Reason(0, why));
        return highest;
    }
}
