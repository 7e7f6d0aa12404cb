using Gateway.Protocol.V1;

namespace Gateway.Protocol;

/// <summary>The limits of a RecordBody (record.proto). What reads an open record relies on its lengths: a contributor must not be able to break a reader's program with them.</summary>
internal static class BodyRules
{
    private const int SourceSize = 8;
    private const int EncodedTextSize = 128;
    private const int MaximumLinks = 16;
    private const uint LastType = 767;

    /// <summary>Whether they hold.</summary>
    /// <param name="body">The body.</param>
    /// <param name="size">Its length in bytes, as sealed.</param>
    public static bool Hold(RecordBody body, int size) =>
        size <= RecordFormat.MaximumBody
        && body.Identifiers.All(identifier => identifier.Type is > 0 and <= LastType && identifier.Tag.Length == Tag.Size && identifier.Source.Length == SourceSize)
        && body.Texts.All(text => text.Clk.Length == EncodedTextSize)
        && body.LinkedRecordIds.Count <= MaximumLinks
        && body.LinkedRecordIds.All(link => link.Length == RecordId.Size);
}
