using System.Runtime.CompilerServices;
using Gateway.Node.Disputes;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Watch;

/// <summary>The alerts of a node, for its people: listed, followed, acknowledged, dismissed.</summary>
public sealed class AlertList(INodeStore store, SellerBook sellers, PastShipments past, Screener screener, Dismissals dismissals, WatchSeal seal, TimeProvider time, DisputeBook? disputes = null)
{
    private const string About = "alert", Opened = "alert-hit", Seen = "alert-seen";
    private const int LongestName = 128;
    private const int LongestNote = 500;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Alerts in the order of their changes, in pages of at most 200; with <paramref name="follow"/> it goes on until it is cancelled.</summary>
    public async IAsyncEnumerable<IReadOnlyList<V1.Alert>> ReadAsync(ulong afterChange, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        const int mostAlerts = 200;
        long after = (long)Math.Min(afterChange, long.MaxValue);
        do
        {
            List<V1.Alert> page = [];
            await foreach (StoredAlert row in store.ReadAlertsAsync(after, cancellation))
            {
                after = row.Change;
                page.Add(AlertOf(row));
                if (page.Count < mostAlerts) continue;
                yield return page;
                page = [];
            }

            if (page.Count > 0) yield return page;
            if (follow) await Task.Delay(Poll, time, cancellation);
        }
        while (follow);
    }

    /// <summary>The record of an alert, 32 bytes.</summary>
    /// <exception cref="RefusalException">There is no such alert.</exception>
    public async Task<ByteString> RecordOfAsync(ulong id, CancellationToken cancellation) => OpenAbout(await FindAsync(id, cancellation)).RecordId;

    /// <summary>Notes that somebody has seen alerts.</summary>
    /// <returns>The numbers that exist.</returns>
    public async Task<IReadOnlyList<ulong>> AcknowledgeAsync(IEnumerable<ulong> ids, string by, string note, CancellationToken cancellation)
    {
        Dismissals.RequireText(by, LongestName, "by", "Say who has seen them.");
        if (note.Length > LongestNote) throw new RefusalException(Refusal.Invalid("TEXT_INVALID", $"The text is longer than {LongestNote} characters.", "note", "Shorten it."));
        List<ulong> acknowledged = [];
        foreach (ulong id in ids.Distinct())
        {
            if (id > long.MaxValue || await store.FindAlertAsync((long)id, cancellation) is not { } row) continue;
            byte[] seen = new V1.AlertAcknowledgement { By = by, Note = note, At = time.GetUtcNow().ToUnixTimeSeconds() }.ToByteArray();
            if (await store.AcknowledgeAlertAsync(row.Id, seal.Seal(Seen, ContextOf(row), seen), cancellation)) acknowledged.Add(id);
        }

        return acknowledged;
    }

    /// <summary>Dismisses a record for a seller, a past shipment, or the subject of an alert, which is acknowledged with it.</summary>
    /// <returns>The dismissal's number.</returns>
    /// <exception cref="RefusalException">The subject or the record is unknown, or they do not meet.</exception>
    public async Task<ulong> DismissAsync(V1.DismissRequest request, CancellationToken cancellation)
    {
        StoredAlert? alert = request.SubjectCase == V1.DismissRequest.SubjectOneofCase.AlertId ? await FindAsync(request.AlertId, cancellation) : null;
        V1.RememberedAlert? about = alert is null ? null : OpenAbout(alert);
        ByteString recordBytes = about?.RecordId ?? request.RecordId;
        if (!RecordId.TryFromBytes(recordBytes.Span, out RecordId record)) throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 32 bytes.", "record_id", "Copy the id from the hit."));
        bool isShipment = alert is null ? request.SubjectCase == V1.DismissRequest.SubjectOneofCase.ShipmentId : alert.Kind == AlertSubject.Shipment;
        string reference = about?.Reference ?? (isShipment ? request.ShipmentId : request.SellerReference);
        WatchedSubject subject = isShipment ? await FindShipmentAsync(reference, cancellation) : await FindSellerAsync(reference, cancellation);
        IReadOnlyList<int> met = await screener.FindMetAsync(subject.Prepared, record, cancellation);
        if (met.Count == 0)
        {
            throw new RefusalException(Refusal.NotFound("HIT_UNKNOWN", "The record does not meet it, or no longer.", $"record {record.Prefix}", "Copy the record's id from the hit; a withdrawn record need not be dismissed."));
        }

        ulong id = await dismissals.AddAsync(subject, record, met, request.By, request.Reason, cancellation);
        if (alert is not null) await AcknowledgeAsync([(ulong)alert.Id], request.By, request.Reason, cancellation);
        return id;
    }

    /// <summary>An alert as a row of the store.</summary>
    internal static StoredAlert RowOf(WatchSeal seal, WatchedSubject subject, int record, V1.Hit hit, DateTimeOffset now)
    {
        StoredAlert row = new() { Kind = subject.Kind, Subject = subject.Digest, Record = record, Weight = (long)(hit.Bits * 1_000), RaisedAt = now, About = [] };
        V1.RememberedAlert about = new() { Reference = subject.Reference, RecordId = hit.RecordId, SubjectDay = subject.Day.Number };
        return row with { About = seal.Seal(About, ContextOf(row), about.ToByteArray()), Opened = seal.Seal(Opened, ContextOf(row), hit.ToByteArray()) };
    }

    private async Task<StoredAlert> FindAsync(ulong id, CancellationToken cancellation) =>
        (id > long.MaxValue ? null : await store.FindAlertAsync((long)id, cancellation)) ?? throw new RefusalException(Refusal.NotFound("ALERT_UNKNOWN", "There is no alert of this number.", $"alert {id}", "See `gateway alerts`."));

    private async Task<WatchedSubject> FindShipmentAsync(string id, CancellationToken cancellation)
    {
        await past.FlushAsync(cancellation);
        return await past.FindAsync(id, cancellation)
            ?? throw new RefusalException(Refusal.NotFound("SHIPMENT_UNKNOWN", "This node does not remember a shipment of this id.", "shipment_id", "Screen it again; how long shipments are remembered is past_shipment_days in node.json."));
    }

    private async Task<WatchedSubject> FindSellerAsync(string reference, CancellationToken cancellation) =>
        await sellers.FindAsync(reference, cancellation) ?? throw new RefusalException(Refusal.NotFound("SELLER_UNKNOWN", "No seller is registered under this reference.", "reference", "See `gateway watch list`."));

    private V1.Alert AlertOf(StoredAlert row)
    {
        V1.RememberedAlert about = OpenAbout(row);
        V1.Alert alert = new()
        {
            Id = (ulong)row.Id,
            Change = (ulong)row.Change,
            Subject = (V1.AlertSubjectKind)row.Kind,
            Reference = about.Reference,
            SubjectDay = about.SubjectDay,
            RaisedAt = row.RaisedAt.ToUnixTimeSeconds(),
            RecordId = about.RecordId,
            State = row.Ended switch
            {
                null => row.Acknowledged is null ? V1.AlertState.Open : V1.AlertState.Acknowledged,
                NodeRecordState.Withdrawn => V1.AlertState.Withdrawn,
                NodeRecordState.Expired => V1.AlertState.Expired,
                NodeRecordState.Left => V1.AlertState.Left,
                _ => V1.AlertState.Quarantined,
            },
        };
        if (row.Opened is not null) alert.Hit = V1.Hit.Parser.ParseFrom(Open(Opened, row, row.Opened));
        if (alert.Hit is not null) disputes?.Heed(alert.Hit);
        if (row.Acknowledged is not null) alert.Acknowledgement = V1.AlertAcknowledgement.Parser.ParseFrom(Open(Seen, row, row.Acknowledged));
        return alert;
    }

    private V1.RememberedAlert OpenAbout(StoredAlert row) => V1.RememberedAlert.Parser.ParseFrom(Open(About, row, row.About));

    private byte[] Open(string label, StoredAlert row, byte[] sealedContent) => seal.TryOpen(label, ContextOf(row), sealedContent, out byte[]? content)
        ? content
        : throw new StoreCorruptException("alerts", row.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static byte[] ContextOf(StoredAlert row) => [(byte)row.Kind, .. row.Subject, (byte)(row.Record >> 24), (byte)(row.Record >> 16), (byte)(row.Record >> 8), (byte)row.Record];
}
