using System.Text;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Administration;

/// <summary>Withdraws a record in the broker's own name, without the record key's signature and with a legal basis that everybody in the circle reads: an end that its contributor does not or cannot bring about.</summary>
internal sealed class RecordWithdrawalExecutor(IBrokerStore store) : IChangeExecutor
{
    private const int LongestReference = 512;

    public Change.KindOneofCase Kind => Change.KindOneofCase.RecordWithdrawal;

    public async ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation)
    {
        RecordWithdrawalChange withdrawal = change.RecordWithdrawal;
        if (!Enum.IsDefined(withdrawal.LegalBasis) || withdrawal.LegalBasis == WithdrawalBasis.Unspecified) return Refusal.Invalid("LEGAL_BASIS_INVALID", "The change names no legal basis of the protocol.", "legal_basis", "Name one of them.");
        if (string.IsNullOrWhiteSpace(withdrawal.CaseReference) || Encoding.UTF8.GetByteCount(withdrawal.CaseReference) > LongestReference)
        {
            return Refusal.Invalid("CASE_REFERENCE_INVALID", $"A withdrawal by the broker states a case of 1 to {LongestReference} bytes.", "case_reference", "Name the order, the request or the dispute.");
        }

        if (await FindAsync(withdrawal, cancellation).ConfigureAwait(false) is not { } record) return Refusal.NotFound("RECORD_UNKNOWN", "There is no such record in the log.", "record_id", "Check the id.");
        return record.WithdrawnAt is { } at ? Refusal.Precondition("RECORD_WITHDRAWN", $"The record was withdrawn at leaf {at}.", $"record {record.Id.Prefix}", "There is nothing left to do.") : null;
    }

    public async ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation)
    {
        PublishedRecord record = (await FindAsync(change.RecordWithdrawal, cancellation).ConfigureAwait(false))!;
        return new ChangeEffect
        {
            Withdrawals =
            [
                (record.Id, new RecordWithdrawn
                {
                    RecordId = change.RecordWithdrawal.RecordId,
                    Reason = WithdrawalReason.Legal,
                    CircleId = record.Circle.ToByteString(),
                    Epoch = record.Epoch,
                    LegalBasis = change.RecordWithdrawal.LegalBasis,
                }),
            ],
        };
    }

    private async ValueTask<PublishedRecord?> FindAsync(RecordWithdrawalChange withdrawal, CancellationToken cancellation) =>
        RecordId.TryFromBytes(withdrawal.RecordId.Span, out RecordId id) ? await store.FindRecordAsync(id, cancellation).ConfigureAwait(false) : null;
}
