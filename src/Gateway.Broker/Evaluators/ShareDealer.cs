using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Evaluators;

/// <summary>
/// Shares the OPRF keys out between the broker and another evaluator without changing their sum: draws a random difference, keeps its own share less that, and seals the difference to the evaluator, who
/// adds it to its own. An evaluator without a share begins with the difference; done again, it gives both a fresh share. Nothing is in force before the evaluator has proved that it holds its new share,
/// and both sides hold old and new until the log has named the new ones.
/// </summary>
public sealed class ShareDealer(NetworkView view, IBrokerStore store, Sequencer sequencer, ShareRing shares, RandomSource random, TimeProvider time)
{
    private readonly KeyedLock<string> _one = new();

    /// <summary>Null where an offer can be made to an evaluator; else why not.</summary>
    public async ValueTask<Refusal?> CheckAsync(string evaluator, CancellationToken cancellation) => await FindAdmittedAsync(evaluator, cancellation).ConfigureAwait(false) is null
        ? Refusal.NotFound("EVALUATOR_NOT_ADMITTED", "No evaluator of this name was admitted.", $"evaluator {evaluator}", "Admit it with `gateway evaluator admit`.")
        : shares.Announced(view.Current.OprfKeys!) is null ? Missing().Refusal : null;

    /// <summary>Makes an offer to an admitted evaluator. It counts once it is stored; until then, and if it never is, the broker holds a share more than it needs.</summary>
    /// <exception cref="RefusalException">The evaluator was not admitted, or its address cannot stand in the log.</exception>
    public async Task<StoredShareOffer> MakeAsync(string evaluator, CancellationToken cancellation)
    {
        using KeyedLock<string>.Holding held = await _one.EnterAsync("", cancellation).ConfigureAwait(false);
        if (await CheckAsync(evaluator, cancellation).ConfigureAwait(false) is { } refusal) throw new RefusalException(refusal);
        StoredEvaluator admitted = (await FindAdmittedAsync(evaluator, cancellation).ConfigureAwait(false))!;
        OprfKeys before = view.Current.OprfKeys!;
        OprfShare own = shares.Announced(before) ?? throw Missing();
        byte[] replaces = OprfKeySet.HashOf(before);
        using OprfShare difference = OprfShare.Create(before.Version, replaces, random);
        OprfShare next = own.Subtract(difference, replaces, random);
        OprfKeys after = Combine(before, next.ToKeys(), SumOf(OprfKeySet.Find(before, evaluator), difference.ToKeys(evaluator, admitted.Address)));
        if (OprfKeySet.FindFaultOfResharing(before, after) is { } fault) throw new RefusalException(Refusal.Precondition("STATE_CONTRADICTED", fault, $"evaluator {evaluator}", "Follow the log to its end and try again from the state it has."));

        ShareOffer offer = new()
        {
            Keys = after,
            Replaces = ByteString.CopyFrom(replaces),
            SealedDifference = ByteString.CopyFrom(difference.SealTo(BoxPublicKey.FromBytes(admitted.BoxKey))),
            Probe = ByteString.CopyFrom(NewElement().ToArray()),
        };

        // First: an offer whose counterpart the broker does not hold would lose the key for good.
        shares.Add(next);
        return new StoredShareOffer(evaluator, offer.ToByteArray(), time.GetUtcNow());
    }

    /// <summary>What waits for an evaluator; null when nothing does that would still fit the log.</summary>
    public async Task<ShareOffer?> FindAsync(string evaluator, CancellationToken cancellation)
    {
        StoredShareOffer? stored = await store.ReadShareOfferAsync(cancellation).ConfigureAwait(false);
        if (stored is null || stored.Evaluator != evaluator) return null;
        ShareOffer offer = ShareOffer.Parser.ParseFrom(stored.Offer);
        return IsCurrent(view.Current, offer) ? offer : null;
    }

    /// <summary>The evaluator holds its new share: the new keys go into the log.</summary>
    /// <exception cref="RefusalException">The offer is gone, or the evaluator does not prove the share.</exception>
    public async Task AcceptAsync(string evaluator, AcceptShareRequest request, CancellationToken cancellation)
    {
        using KeyedLock<string>.Holding held = await _one.EnterAsync("", cancellation).ConfigureAwait(false);
        StoredShareOffer? stored = await store.ReadShareOfferAsync(cancellation).ConfigureAwait(false);
        ShareOffer? offer = stored?.Evaluator == evaluator ? ShareOffer.Parser.ParseFrom(stored.Offer) : null;
        if (stored is null || offer is null || offer.Replaces != request.Replaces || !IsCurrent(view.Current, offer)) throw Gone();
        if (!IsProven(offer, evaluator, request)) throw new RefusalException(Refusal.Denied("SHARE_UNPROVEN", "The evaluations of the probe do not hold under the new keys.", $"evaluator {evaluator}", "Look at the evaluator's log; nothing has changed."));
        if (!OprfKeySet.Find(offer.Keys, OprfKeySet.Broker)!.ClassKeys.All(key => shares.Find(offer.Keys.Version, key.IdentifierClass, RistrettoElement.FromBytes(key.PublicKey.Span)) is not null)) throw Missing();
        await sequencer.ChangeStateAsync(new StateChange
        {
            Entries = [new Entry { OprfKeys = offer.Keys }],
            Condition = state => IsCurrent(state, offer) ? null : Gone().Refusal,
        }).ConfigureAwait(false);
        await store.DeleteShareOfferAsync(stored.Offer, CancellationToken.None).ConfigureAwait(false);
    }

    private async ValueTask<StoredEvaluator?> FindAdmittedAsync(string evaluator, CancellationToken cancellation) =>
        (await store.ListEvaluatorsAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(other => other.Name == evaluator);

    private static bool IsCurrent(NetworkState state, ShareOffer offer) => state.OprfKeys is { } keys && OprfKeySet.HashOf(keys).AsSpan().SequenceEqual(offer.Replaces.Span);

    private static bool IsProven(ShareOffer offer, string evaluator, AcceptShareRequest request)
    {
        EvaluatorKeys theirs = OprfKeySet.Find(offer.Keys, evaluator)!;
        if (request.Evaluations.Count != OprfKeySet.Classes.Count) return false;
        RistrettoElement[] probe = [RistrettoElement.FromBytes(offer.Probe.Span)];
        for (int i = 0; i < OprfKeySet.Classes.Count; i++)
        {
            EvaluateResponse evaluation = request.Evaluations[i];
            RistrettoElement publicKey = RistrettoElement.FromBytes(OprfKeySet.PublicKeyOf(theirs, OprfKeySet.Classes[i])!.Value.Span);
            if (evaluation.EvaluatedElements.Count != 1
                || !RistrettoElement.TryFromBytes(evaluation.EvaluatedElements[0].Span, out RistrettoElement evaluated)
                || !DleqProof.TryFromBytes(evaluation.Proof.Span, out DleqProof proof)
                || !VoprfClient.VerifyProof(publicKey, probe, [evaluated], proof))
            {
                return false;
            }
        }

        return true;
    }

    private static OprfKeys Combine(OprfKeys before, EvaluatorKeys own, EvaluatorKeys theirs)
    {
        OprfKeys after = new() { Version = before.Version };
        foreach (EvaluatorKeys evaluator in before.Evaluators) after.Evaluators.Add(evaluator.Name == own.Name ? own : evaluator.Name == theirs.Name ? theirs : evaluator);
        if (OprfKeySet.Find(before, theirs.Name) is null) after.Evaluators.Add(theirs);
        return after;
    }

    private static EvaluatorKeys SumOf(EvaluatorKeys? before, EvaluatorKeys difference)
    {
        if (before is null) return difference;
        EvaluatorKeys sum = new() { Name = difference.Name, Address = difference.Address };
        foreach (ClassKey added in difference.ClassKeys)
        {
            ReadOnlyMemory<byte> held = OprfKeySet.PublicKeyOf(before, added.IdentifierClass) ?? throw new InvalidOperationException("The log names an evaluator without a key of each class.");
            if (!RistrettoElement.TryAdd(RistrettoElement.FromBytes(held.Span), RistrettoElement.FromBytes(added.PublicKey.Span), out RistrettoElement key)) throw new InvalidOperationException("Two keys cancel out, which random ones never do.");
            sum.ClassKeys.Add(new ClassKey { IdentifierClass = added.IdentifierClass, PublicKey = ByteString.CopyFrom(key.ToArray()) });
        }

        return sum;
    }

    // Some element nobody chose: the public half of a key that is thrown away.
    private RistrettoElement NewElement()
    {
        using VoprfKey key = VoprfKey.Create(random);
        return key.PublicKey;
    }

    private static RefusalException Missing() => new(Refusal.DataLoss("SHARE_MISSING", "The broker does not hold the share of the OPRF keys that is needed.", "oprf.shares", "Restore the file from a backup made since the last change of the shares."));

    private static RefusalException Gone() => new(Refusal.Precondition("SHARE_OFFER_GONE", "This share is not offered any more.", "replaces", "Read the log to its end, and ask for the offer again."));
}
