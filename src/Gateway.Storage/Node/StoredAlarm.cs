namespace Gateway.Storage.Node;

/// <summary>An alarm.</summary>
/// <param name="RaisedAt">When.</param>
/// <param name="Error">The ErrorDetail.</param>
/// <param name="Evidence">Exportable evidence, e.g. two checkpoints; empty when none.</param>
public sealed record StoredAlarm(DateTimeOffset RaisedAt, byte[] Error, byte[] Evidence);
