namespace Gateway.Matching.Comparison;

/// <summary>A text of a record as it is compared after opening.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Clk">Its encoding under the record's key, 128 bytes.</param>
public readonly record struct EncodedText(TextKind Kind, ReadOnlyMemory<byte> Clk);
