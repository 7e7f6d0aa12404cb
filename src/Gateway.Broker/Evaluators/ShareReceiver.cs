using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Evaluators;

/// <summary>
/// The other side of <see cref="ShareDealer"/>: takes a difference that the broker offers, checks that the keys it leads to add up to the same as before, writes the new share to disk, and only then
/// accepts. Done again after a stop at any point, it comes to the same end.
/// </summary>
public sealed class ShareReceiver(string name, string address, BoxKey box, ShareRing shares, EvaluatorLog log, EvaluatorsService.EvaluatorsServiceClient broker, RandomSource random, ILogger<ShareReceiver> logger)
{
    // Two looks at once would meet at one offer, and the later one would take the earlier one's success for a fault.
    private readonly KeyedLock<string> _one = new();

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks for an offer, and takes it where there is one that fits the log as it has been read.</summary>
    /// <returns>Whether a new share was accepted.</returns>
    /// <exception cref="RefusalException">The offer is not what it should be; nothing has changed.</exception>
    public async Task<bool> LookAsync(CancellationToken cancellation)
    {
        using KeyedLock<string>.Holding held = await _one.EnterAsync("", cancellation).ConfigureAwait(false);
        ShareOffer? offer;
        try
        {
            offer = (await broker.GetShareOfferAsync(new GetShareOfferRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation).ConfigureAwait(false)).Offer;
            if (offer is null || log.View.Current.OprfKeys is not { } before || !OprfKeySet.HashOf(before).AsSpan().SequenceEqual(offer.Replaces.Span)) return false;
            OprfShare share = Open(offer, before);
            shares.Add(share);
            AcceptShareRequest accept = new() { Replaces = offer.Replaces };
            OprfShare next = shares.Find(offer.Keys.Version, IdentifierClass.Strong, share.PublicKeyOf(IdentifierClass.Strong)!.Value)!;
            RistrettoElement[] probe = [RistrettoElement.FromBytes(offer.Probe.Span)];
            foreach (IdentifierClass identifierClass in OprfKeySet.Classes) accept.Evaluations.Add(Gateway.Broker.Services.PseudonymsService.ToResponse(next.ServerOf(identifierClass)!.Evaluate(probe)));
            await broker.AcceptShareAsync(accept, deadline: CallDeadline.After(Patience), cancellationToken: cancellation).ConfigureAwait(false);
            Log.ShareAccepted(logger, offer.Keys.Version);
            return true;
        }
        catch (RpcException fault)
        {
            throw new RefusalException(fault.ToRefusal("broker"));
        }
    }

    // Checked here, not believed: a broker that offered keys of another sum would make every pseudonym wrong, and one that named another address would send members elsewhere.
    private OprfShare Open(ShareOffer offer, OprfKeys before)
    {
        if (OprfKeySet.FindFaultOfResharing(before, offer.Keys) is { } fault) throw Invalid(fault);
        EvaluatorKeys? theirs = OprfKeySet.Find(offer.Keys, name);
        if (theirs is null || theirs.Address != address) throw Invalid("The offered keys do not name this evaluator with its address.");
        if (!RistrettoElement.TryFromBytes(offer.Probe.Span, out _)) throw Invalid("The offer's probe is no element.");
        OprfShare? own = OprfKeySet.Find(before, name) is null ? null : shares.Announced(before) ?? throw Invalid("This evaluator does not hold the share that the log names for it: restore oprf.shares from a backup.");
        if (!box.TryOpen(offer.SealedDifference.Span, out byte[] scalars)) throw Invalid("The offered share is not sealed to this evaluator.");
        try
        {
            OprfShare difference = OprfShare.TryRead(before.Version, offer.Replaces.Span, scalars, random) ?? throw Invalid("The offered share is no three scalars.");
            OprfShare next = difference;
            if (own is not null)
            {
                next = own.Add(difference, offer.Replaces.Span, random);
                difference.Dispose();
            }

            return next.IsAnnouncedBy(offer.Keys, name) ? next : throw Invalid("The offered share does not lead to the keys that are to stand in the log.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalars);
        }
    }

    private static RefusalException Invalid(string what) => new(Refusal.DataLoss("SHARE_OFFER_INVALID", what, "share offer", "Tell the broker's operator; nothing has changed here."));
}
