namespace Gateway.Storage.Node;

/// <summary>The tags of a live record.</summary>
/// <param name="Number">The record's number.</param>
/// <param name="Tags">16 bytes each.</param>
public readonly record struct RecordTags(int Number, byte[] Tags);
