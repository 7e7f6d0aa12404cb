using Gateway.Broker.Evaluators;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Administration;

/// <summary>
/// Shares the OPRF keys out anew with another evaluator. The approval makes the offer, in the transaction that closes the change; the entry of the log follows when the evaluator has proved that it
/// holds its share, since a key in the log that nobody holds would end all evaluation.
/// </summary>
internal sealed class OprfKeysExecutor(ShareDealer dealer) : IChangeExecutor
{
    public Change.KindOneofCase Kind => Change.KindOneofCase.OprfKeys;

    public async ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation) => change.OprfKeys.ShareWith.Length == 0 || change.OprfKeys.OprfKeys is not null
        ? Refusal.Invalid("OPRF_CHANGE_INVALID", "A change of the OPRF keys names the evaluator to share with, and nothing else.", "oprf_keys", "Use `gateway evaluator share` or `gateway evaluator rotate`.")
        : await dealer.CheckAsync(change.OprfKeys.ShareWith, cancellation).ConfigureAwait(false);

    public async ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation)
    {
        StoredShareOffer offer = await dealer.MakeAsync(change.OprfKeys.ShareWith, cancellation).ConfigureAwait(false);
        return new ChangeEffect { Decide = decision => decision with { ShareOffer = offer } };
    }
}
