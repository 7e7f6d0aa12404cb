using System.Collections.Frozen;
using Gateway.Protocol;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Outcomes;

/// <summary>What the broker last told of outcomes: grades of the circles' records, and figures of this member's own. In memory; a node that starts asks again.</summary>
public sealed class OutcomeGrades
{
    private volatile FrozenDictionary<ByteString, V1.OutcomeGrade> _grades = FrozenDictionary<ByteString, V1.OutcomeGrade>.Empty;
    private volatile Told _own = new([], null);

    /// <summary>The figures of this member's own records.</summary>
    public IReadOnlyList<V1.OwnOutcomes> Own => _own.Records;

    /// <summary>When the broker told them; null: not since the start.</summary>
    public DateTimeOffset? AsOf => _own.At;

    /// <summary>Adds a record's grade to a hit. It is shown and weighs nothing: the weights were learnt without it.</summary>
    public void Heed(V1.Hit hit)
    {
        ArgumentNullException.ThrowIfNull(hit);
        hit.OutcomeGrade = _grades.GetValueOrDefault(hit.RecordId, V1.OutcomeGrade.None);
        string? sentence = hit.OutcomeGrade switch
        {
            V1.OutcomeGrade.Good => "Of the shipments that it led to, over all members, most were seized",
            V1.OutcomeGrade.Mixed => "Of the shipments that it led to, over all members, some were seized and some were not",
            V1.OutcomeGrade.Poor => "Of the shipments that it led to, over all members, at least half had nothing to do with it",
            _ => null,
        };
        if (sentence is not null) hit.Reasons.Add(new V1.Reason { Text = sentence });
    }

    internal void Set(IEnumerable<V1.GradedRecord> grades, IReadOnlyList<V1.OwnOutcomes> own, DateTimeOffset at)
    {
        _grades = grades.DistinctBy(grade => grade.RecordId).ToFrozenDictionary(grade => grade.RecordId, grade => grade.Grade);
        _own = new Told(own, at);
    }

    private sealed record Told(IReadOnlyList<V1.OwnOutcomes> Records, DateTimeOffset? At);
}
