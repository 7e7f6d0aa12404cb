using Gateway.Cli.Output;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Screening;

/// <summary>A record with a name like a party's, as results show it. It decides nothing.</summary>
/// <param name="RecordId">The record's id, hex.</param>
/// <param name="Circle">The circle's name.</param>
/// <param name="Evidence">Evidence grade.</param>
/// <param name="Field">Field of the shipment.</param>
/// <param name="Likeness">0 to 100.</param>
/// <param name="Bits">Weight of the words alone.</param>
/// <param name="Text">One sentence.</param>
public sealed record SimilarLine(string RecordId, string Circle, string Evidence, string Field, uint Likeness, double Bits, string Text)
{
    /// <summary>Of a message.</summary>
    public static SimilarLine Of(SimilarName name) => new(
        Convert.ToHexStringLower(name.RecordId.Span), name.Circle, Codes.Evidence.Of(name.Summary?.EvidenceGrade ?? EvidenceGrade.Unspecified), name.Field, name.Likeness, Math.Round(name.Bits, 2), name.Text);
}
