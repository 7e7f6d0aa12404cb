using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>A withdrawal of the member's own.</summary>
/// <param name="Record">The record.</param>
/// <param name="Request">The WithdrawRequest as sent.</param>
/// <param name="Receipt">The Receipt, once acknowledged.</param>
/// <param name="Refusal">The ErrorDetail, when refused.</param>
/// <param name="CreatedAt">When it was put here.</param>
public sealed record OutboxWithdrawal(RecordId Record, byte[] Request, byte[]? Receipt, byte[]? Refusal, DateTimeOffset CreatedAt);
