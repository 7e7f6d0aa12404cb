using System.Runtime.CompilerServices;
using Gateway.Matching.Index;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Watch;

/// <summary>The member's own sellers, registered once and watched from then on: every record that arrives is compared with them, and they are compared with every record already here.</summary>
public sealed class SellerBook(INodeStore store, NodeMatcher matcher, Screener screener, WatchSeal seal, SellerEvaluation evaluation, TimeProvider time)
{
    /// <summary>Longest reference, in characters.</summary>
    public const int LongestReference = 128;

    private const string Label = "seller";
    private const int LongestName = 500;
    private const int MostAliases = 64;

    /// <summary>Registers a seller and decides by what is known now. When this returns, the registration is durable and no record that arrives later can miss the seller.</summary>
    /// <exception cref="RefusalException">The seller cannot be taken.</exception>
    public async ValueTask<(V1.SellerRegistration Registration, PreparedShipment Prepared)> RegisterAsync(V1.Seller seller, CancellationToken cancellation)
    {
        PreparedShipment prepared = Prepare(seller, out Refusal? refusal);
        if (refusal is not null) throw new RefusalException(refusal);
        IReadOnlyList<(SellerChange Change, StoredSeller Seller)> saved = await store.SaveSellersAsync([RowOf(seller, prepared)], cancellation);
        evaluation.Wake();
        await matcher.CatchUpAsync(cancellation); // What another process had stored before, the decision knows.
        return ((V1.SellerRegistration)saved[0].Change, prepared);
    }

    /// <summary>Registers many. Records they meet already are told by alerts, since nobody reads a decision for each.</summary>
    public async ValueTask<IReadOnlyList<V1.SellerOutcome>> RegisterAsync(IReadOnlyList<V1.Seller> sellers, CancellationToken cancellation)
    {
        V1.SellerOutcome[] outcomes = new V1.SellerOutcome[sellers.Count];
        List<(int Place, StoredSeller Row)> rows = [];
        for (int i = 0; i < outcomes.Length; i++)
        {
            PreparedShipment prepared = Prepare(sellers[i], out Refusal? refusal);
            outcomes[i] = new V1.SellerOutcome { Reference = sellers[i].Reference, Registration = V1.SellerRegistration.Refused, Error = refusal?.ToDetail() };
            outcomes[i].RejectedFields.AddRange(prepared.Keys.Rejections.Select(rejection => Translation.ToMessage(rejection, "")));
            if (refusal is null) rows.Add((i, RowOf(sellers[i], prepared)));
        }

        IReadOnlyList<(SellerChange Change, StoredSeller Seller)> saved = await store.SaveSellersAsync([.. rows.Select(row => row.Row)], cancellation);
        for (int i = 0; i < saved.Count; i++) outcomes[rows[i].Place].Registration = (V1.SellerRegistration)saved[i].Change;
        await matcher.CatchUpAsync(cancellation);
        List<StoredHit> met = await screener.MeetingsOfAsync(rows.SelectMany(row => row.Row.Hashes), cancellation);
        if (met.Count > 0)
        {
            await store.AddMeetingsAsync([.. met.Distinct()], cancellation);
            matcher.Met.Set();
        }

        evaluation.Wake();
        return outcomes;
    }

    /// <summary>The sellers, oldest first, or those of some references.</summary>
    public async IAsyncEnumerable<V1.SellerLine> ListAsync(IReadOnlyCollection<string> references, bool check, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (StoredSeller row in ReadAsync(references, cancellation))
        {
            V1.RememberedSeller seller = Open(row);
            V1.SellerLine line = new()
            {
                Reference = seller.Reference,
                Name = seller.Party.Name,
                RegisteredDay = row.RegisteredDay.Number,
                Identifiers = (uint)row.Hashes.Count,
                PendingIdentifiers = (uint)row.Hashes.Count(hash => matcher.Known.Find(hash) == KnownState.Unknown),
            };
            if (check) line.Result = await screener.DecideAsync(screener.Prepare(Translation.ToParty(seller.Party)), cancellation);
            yield return line;
        }
    }

    /// <summary>Ends registrations.</summary>
    /// <returns>The references that were registered.</returns>
    public async Task<IReadOnlyList<string>> RemoveAsync(IEnumerable<string> references, CancellationToken cancellation)
    {
        List<string> removed = [];
        foreach (string reference in references)
        {
            if (await store.RemoveSellerAsync(DigestOf(reference), cancellation)) removed.Add(reference);
        }

        return removed;
    }

    /// <summary>The sellers that have an identifier, ready to be decided.</summary>
    public async ValueTask<IReadOnlyList<WatchedSubject>> FindAsync(UInt128 hash, CancellationToken cancellation) => [.. (await store.FindSellersAsync(hash, cancellation)).Select(SubjectOf)];

    /// <summary>The seller of a reference, ready to be decided; null when there is none.</summary>
    public async ValueTask<WatchedSubject?> FindAsync(string reference, CancellationToken cancellation) => await store.FindSellerAsync(DigestOf(reference), cancellation) is { } row ? SubjectOf(row) : null;

    private async IAsyncEnumerable<StoredSeller> ReadAsync(IReadOnlyCollection<string> references, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (references.Count == 0)
        {
            await foreach (StoredSeller seller in store.ListSellersAsync(cancellation)) yield return seller;
            yield break;
        }

        foreach (string reference in references)
        {
            yield return await store.FindSellerAsync(DigestOf(reference), cancellation)
                ?? throw new RefusalException(Refusal.NotFound("SELLER_UNKNOWN", "No seller is registered under this reference.", "reference", "See `gateway watch list`."));
        }
    }

    private WatchedSubject SubjectOf(StoredSeller row)
    {
        V1.RememberedSeller seller = Open(row);
        return new WatchedSubject(AlertSubject.Seller, seller.Reference, row.Reference, row.RegisteredDay, screener.Prepare(Translation.ToParty(seller.Party)), []);
    }

    private V1.RememberedSeller Open(StoredSeller row) => Open(seal, row);

    internal static V1.RememberedSeller Open(WatchSeal seal, StoredSeller row) => seal.TryOpen(Label, row.Reference, row.Sealed, out byte[]? content)
        ? V1.RememberedSeller.Parser.ParseFrom(content)
        : throw new StoreCorruptException("sellers", row.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private PreparedShipment Prepare(V1.Seller seller, out Refusal? refusal)
    {
        V1.Party party = seller.Party ?? new V1.Party();
        refusal = FaultOf(seller.Reference, party);
        PreparedShipment prepared = screener.Prepare(refusal is null ? Translation.ToParty(party) : new Gateway.Matching.Identifiers.Party());
        if (refusal is null && prepared.Hashes.Length == 0)
        {
            string why = prepared.Keys.Rejections.Count == 0 ? "nothing in it identifies anybody" : prepared.Keys.Rejections[0].Message;
            refusal = Refusal.Invalid("NOTHING_IDENTIFIES", $"The seller cannot be met by anything: {why}.", "party", "Give at least one identifier, or the name with an address.");
        }

        return prepared;
    }

    private static Refusal? FaultOf(string reference, V1.Party party)
    {
        if (reference.Length is 0 or > LongestReference) return Refusal.Invalid("REFERENCE_INVALID", $"The reference is empty or longer than {LongestReference} characters.", "reference", "Give the account's own number.");
        if (party.Name.Length > LongestName || party.Aliases.Any(alias => alias.Length > LongestName))
        {
            return Refusal.Invalid("NAME_TOO_LONG", $"A name is longer than {LongestName} characters.", "name", "Give the name alone; a description does not belong here.");
        }

        if (party.Aliases.Count > MostAliases) return Refusal.Invalid("TOO_MANY_ALIASES", $"The seller has {party.Aliases.Count} aliases, more than {MostAliases}.", "aliases", "Give the ones in use.");
        return Translation.FaultOf(party.Identifiers, "identifiers");
    }

    private StoredSeller RowOf(V1.Seller seller, PreparedShipment prepared)
    {
        byte[] reference = DigestOf(seller.Reference);
        byte[] content = new V1.RememberedSeller { Reference = seller.Reference, Party = seller.Party }.ToByteArray();
        return new StoredSeller
        {
            Reference = reference,
            Content = seal.DigestOf("seller-content", content),
            Sealed = seal.Seal(Label, reference, content),
            RegisteredDay = UtcDay.Of(time.GetUtcNow()),
            Hashes = [.. prepared.Hashes.Distinct()],
        };
    }

    private byte[] DigestOf(string reference) => seal.DigestOf(Label, reference);
}

/// <summary>A seller or a past shipment that a record may meet.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="Reference">The seller's reference or the shipment's id.</param>
/// <param name="Digest">Its keyed digest, 32 bytes.</param>
/// <param name="Day">Day of the registration or of the screening.</param>
/// <param name="Prepared">Its identifiers, ready to be decided.</param>
/// <param name="Shown">First 8 bytes of the ids of records its result showed already.</param>
public sealed record WatchedSubject(AlertSubject Kind, string Reference, byte[] Digest, UtcDay Day, PreparedShipment Prepared, IReadOnlyList<ulong> Shown)
{
    /// <summary>The kind alone: references may be personal data.</summary>
    public override string ToString() => Kind.ToString();
}
